import type { CheckResult, CheckSection } from "./check.ts";
import { exitCodes, Failure, type Problem } from "./failure.ts";
import type { Screen } from "./screen.ts";
import { countOf } from "./wording.ts";

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

/** Prints how many checks ran and the result. */
export function printResult(screen: Screen, { checks, ran, different }: Tally): void {
  screen.line(`${ran} of ${countOf(checks, "check")} ran`);
  screen.rule();
  const passed = checks > 0 && ran === checks && different === 0;
  if (passed) screen.line("RESULT: PASS - All integrity checks passed");
  else
    screen.line(
      `RESULT: FAIL - ${countOf(different, "difference")}, ${countOf(checks - ran, "check")} could not run`,
    );
  screen.rule();
  screen.event("validation", { checks, ran, different, passed });
}

/** @throws Failure (exit 5) with every difference; also when nothing was checked */
export function verifyTally({ checks, ran, different, problems }: Tally): void {
  if (checks === 0)
    throw new Failure({
      exitCode: exitCodes.differences,
      what: "0 checks ran: nothing was validated",
    });
  if (ran === checks && different === 0) return;
  throw new Failure({
    exitCode: exitCodes.differences,
    what: `validation found ${countOf(different, "difference")}; ${ran} of ${countOf(checks, "check")} ran`,
    problems,
  });
}
