import { notRun, type CheckResult, type CheckSection } from "../../../engine/check.ts";
import { Failure } from "../../../engine/failure.ts";
import type { StepContext } from "../../../engine/step.ts";
import { withDatabase, type Database } from "../../../postgres/database.ts";
import { readDriverError } from "../../../postgres/errors.ts";
import { LockWaitError } from "../../../postgres/session-errors.ts";
import { describeServerError } from "../../../postgres/server-message.ts";
import { describeHolders } from "../../../postgres/table-holders.ts";
import { applicationName } from "../databases.ts";
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

/** Asked in a session of its own: the one that waited may be in a transaction that has failed. */
const listHolders = (context: StepContext, { endpoint }: LockWaitError): Promise<string[]> =>
  withDatabase(
    endpoint,
    { readOnly: true, applicationName: applicationName(context), signal: context.signal },
    describeHolders,
  ).catch(() => []);

async function describeThrown(
  context: StepContext,
  heading: string,
  thrown: unknown,
): Promise<CheckResult> {
  const what = `${heading.replace(/:$/, "")}: the check could not run`;
  if (thrown instanceof LockWaitError)
    return notRun(`${what}: ${thrown.message}`, { details: await listHolders(context, thrown) });
  if (thrown instanceof Failure)
    return notRun(`${what}: ${thrown.message}`, {
      details: thrown.problems.flatMap(({ what: text, details = [] }) => [text, ...details]),
      ...(thrown.problems[0]?.todo === undefined ? {} : { todo: thrown.problems[0].todo }),
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
    return { heading, results: [await describeThrown(context, heading, thrown)] };
  }
}
