import type { Problem } from "./failure.ts";

/**
 * The answer of one check. `passed` and `noted` let the step go on; `warned` is shown and recorded; `problem`
 * refuses; `not-run` refuses too, because a check that could not run has not passed.
 */
export interface CheckResult {
  readonly outcome: "passed" | "noted" | "warned" | "problem" | "not-run";
  /** The line on the screen, as the seed words it: "On branch 'dev'". Without row values. */
  readonly text: string;
  /** For `problem`, `warned` and `not-run`: where and what to do, details, rows for the report. */
  readonly problem?: Omit<Problem, "what">;
  /** The name under which `--override <name>=<reason>` turns this problem into a recorded warning. */
  readonly overridable?: string;
}

/** A heading with the checks under it: "Git checks". */
export interface CheckSection {
  readonly heading: string;
  readonly results: readonly CheckResult[];
  /** A line under the heading, as in reports. */
  readonly ruled?: boolean;
}

export const passed = (text: string): CheckResult => ({ outcome: "passed", text });
export const noted = (text: string, problem?: CheckResult["problem"]): CheckResult =>
  problem === undefined ? { outcome: "noted", text } : { outcome: "noted", text, problem };
export const warned = (text: string, problem: Omit<Problem, "what"> = {}): CheckResult => ({
  outcome: "warned",
  text,
  problem,
});
export const problem = (text: string, facts: Omit<Problem, "what"> = {}): CheckResult => ({
  outcome: "problem",
  text,
  problem: facts,
});
export const notRun = (text: string, facts: Omit<Problem, "what"> = {}): CheckResult => ({
  outcome: "not-run",
  text,
  problem: facts,
});

/** The results that refuse, as problems; the texts become `what`. */
export function listProblems(sections: readonly CheckSection[]): Problem[] {
  return sections
    .flatMap((section) => section.results)
    .filter((result) => result.outcome === "problem" || result.outcome === "not-run")
    .map((result) => ({ what: result.text, ...result.problem }));
}
