import { notRun, type CheckResult, type CheckSection } from "../../../engine/check.ts";
import { Failure } from "../../../engine/failure.ts";
import type { StepContext } from "../../../engine/step.ts";
import type { Database } from "../../../postgres/database.ts";
import { readDriverError } from "../../../postgres/errors.ts";
import { describeServerError } from "../../../postgres/server-message.ts";
import type { Scope } from "../scope.ts";

/** What the sections that need both databases look at. */
export interface Sides {
  readonly context: StepContext;
  readonly source: Database;
  readonly target: Database;
}

/** The same, when it is known what moves. */
export interface ScopedSides extends Sides {
  readonly scope: Scope;
}

function describeThrown(heading: string, thrown: unknown): CheckResult {
  const what = `${heading.replace(/:$/, "")}: the check could not run`;
  if (thrown instanceof Failure)
    return notRun(`${what}: ${thrown.message}`, {
      details: thrown.problems.map((each) => each.what),
    });
  if (readDriverError(thrown) !== undefined) {
    const { what: text, ...rest } = describeServerError(what, thrown);
    return notRun(text, rest);
  }
  return notRun(`${what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
}

/**
 * Asks one section. What it throws becomes a check that could not run, so that it does not hide the other sections.
 * @throws the signal's reason when it is aborted
 */
export async function askSection(
  context: StepContext,
  heading: string,
  ask: () => Promise<readonly CheckResult[]> | readonly CheckResult[],
): Promise<CheckSection> {
  context.signal.throwIfAborted();
  context.screen.progress(`checking: ${heading.replace(/:$/, "")}`);
  try {
    return { heading, results: await ask() };
  } catch (thrown) {
    context.signal.throwIfAborted();
    return { heading, results: [describeThrown(heading, thrown)] };
  }
}
