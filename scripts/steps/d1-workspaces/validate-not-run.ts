import { Failure } from "../../engine/failure.ts";
import { notRunning, type Finding } from "../../engine/findings.ts";

/** A check that a database did not answer. @throws the error when it is none of a database */
export function explainNotRun(label: string, error: unknown): Finding {
  if (!(error instanceof Failure)) throw error;
  const [first] = error.problems;
  return notRunning(label, {
    where: label,
    todo: "Mend the cause, then validate again.",
    ...first,
    what: `${label}: the check could not run: ${error.message}`,
  });
}
