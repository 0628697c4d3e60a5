import { notRun, type CheckResult, type CheckSection } from "../../engine/check.ts";
import { Failure } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";

function describeThrown(heading: string, thrown: unknown): CheckResult {
  const what = `${heading.replace(/:$/u, "")}: the check could not run`;
  if (!(thrown instanceof Failure))
    return notRun(`${what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  const [first] = thrown.problems;
  return notRun(`${what}: ${thrown.message}`, {
    ...(first?.where === undefined ? {} : { where: first.where }),
    ...(first?.todo === undefined ? {} : { todo: first.todo }),
    details: thrown.problems.map(({ what: text }) => text),
    rows: thrown.problems.flatMap(({ rows = [] }) => rows),
  });
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
  try {
    return { heading, results: await ask() };
  } catch (thrown) {
    context.signal.throwIfAborted();
    return { heading, results: [describeThrown(heading, thrown)] };
  }
}
