import type { CheckResult, CheckSection } from "../../engine/check.ts";
import type { Problem } from "../../engine/failure.ts";
import { readDriverError } from "../../postgres/errors.ts";
import { describeServerError } from "../../postgres/server-message.ts";

/** One line of the validation report. */
export interface Finding {
  /**
   * `passed`, `warned` and `different` were checked; `not-run` should have been and counts as a difference; `noted`
   * is no check.
   */
  readonly outcome: "passed" | "warned" | "different" | "not-run" | "noted";
  readonly label: string;
  /** Printed in the right column: a count. */
  readonly value?: string;
  /** For `different` and `not-run`. */
  readonly problem?: Problem;
}

/** A heading of the report with its lines. */
export interface FindingSection {
  readonly heading: string;
  readonly findings: readonly Finding[];
}

export const passing = (label: string, value?: string): Finding => ({
  outcome: "passed",
  label,
  ...(value === undefined ? {} : { value }),
});
export const noting = (label: string, value?: string): Finding => ({
  ...passing(label, value),
  outcome: "noted",
});
export const warning = (label: string, value?: string): Finding => ({
  ...passing(label, value),
  outcome: "warned",
});
export const differing = (label: string, value: string | undefined, problem: Problem): Finding => ({
  ...passing(label, value),
  outcome: "different",
  problem,
});
export const notRunning = (label: string, problem: Problem): Finding => ({
  ...passing(label, "could not run"),
  outcome: "not-run",
  problem,
});

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

const outcomes: Readonly<Record<Finding["outcome"], CheckResult["outcome"]>> = {
  passed: "passed",
  warned: "warned",
  different: "problem",
  "not-run": "not-run",
  noted: "noted",
};

/** The section as the screen prints it: labels to the left, values to the right. */
export function layOut(section: FindingSection): CheckSection {
  const short = section.findings.filter(isShort);
  const labels = Math.max(36, ...short.map(({ label }) => label.length));
  const values = Math.max(3, ...short.map(({ value }) => value?.length ?? 0));
  const text = ({ label, value }: Finding): string =>
    value === undefined ? label : `${label.padEnd(labels)} ${value.padStart(values)}`;
  return {
    heading: section.heading,
    ruled: true,
    results: section.findings.map((finding) => ({
      outcome: outcomes[finding.outcome],
      text: text(finding),
    })),
  };
}

/** One odd name must not push every value out of sight. */
const isShort = ({ label, value }: Finding): boolean =>
  value !== undefined && label.length <= 80 && value.length <= 40;

/** How many checks there are and how many of them ran. */
export interface Tally {
  readonly checks: number;
  readonly ran: number;
  readonly different: number;
  readonly problems: readonly Problem[];
}

export function tallyFindings(sections: readonly FindingSection[]): Tally {
  const all = sections
    .flatMap(({ findings }) => findings)
    .filter(({ outcome }) => outcome !== "noted");
  const notRun = all.filter(({ outcome }) => outcome === "not-run").length;
  return {
    checks: all.length,
    ran: all.length - notRun,
    different: all.filter(({ outcome }) => outcome === "different").length,
    problems: all.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
  };
}
