import { notRunning, type Finding, type FindingSection } from "../../engine/findings.ts";
import { readDriverError } from "../../postgres/errors.ts";
import { describeServerError } from "../../postgres/server-message.ts";

/** A check that an error of the server kept from running. @throws the error when it is not the server's */
export function explainNotRun(label: string, error: unknown): Finding {
  if (readDriverError(error) === undefined) throw error;
  return notRunning(label, {
    where: label,
    todo: "mend the cause, then validate again",
    ...describeServerError(`${label}: the check could not run`, error),
  });
}

/** A section; an error of the server makes it one check that could not run. */
export async function findSection(
  heading: string,
  ask: () => Promise<readonly Finding[]>,
): Promise<FindingSection> {
  try {
    return { heading, findings: await ask() };
  } catch (error) {
    return { heading, findings: [explainNotRun(heading.replace(/:$/u, "").toLowerCase(), error)] };
  }
}
