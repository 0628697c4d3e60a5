import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { exitCodes, Failure, type ExitCode, type Problem } from "./failure.ts";
import { redact } from "./redact.ts";
import type { Screen } from "./screen.ts";

/** A failure as it is told: six lines on the screen, the rows in the report. */
export interface FailureReport {
  readonly runbook: string;
  readonly environment: string;
  readonly run: string | undefined;
  readonly step: string | undefined;
  readonly exitCode: ExitCode;
  readonly what: string;
  readonly problems: readonly Problem[];
  /** What has changed so far, one sentence. */
  readonly changed: string;
  readonly next: string | undefined;
  /** For a defect of ours: where it was thrown. */
  readonly stack?: string;
}

const shownProblems = 20;

const listRows = (problem: Problem): string[] =>
  (problem.rows ?? []).length === 0
    ? []
    : ["   rows:", ...(problem.rows ?? []).map((row) => `     ${row}`)];

/** The whole report as text, with sample rows: personal data, for a file of mode 0600 only. */
export function buildReport(report: FailureReport): string {
  const lines = [
    `${report.runbook} ${report.environment}, run ${report.run ?? "-"}, step ${report.step ?? "-"}, exit ${report.exitCode}`,
    `written ${new Date().toISOString()}; this file may hold personal data`,
    "",
    `what     ${report.what}`,
    `changed  ${report.changed}`,
    ...(report.next === undefined ? [] : [`next     ${report.next}`]),
    "",
  ];
  for (const [index, problem] of report.problems.entries()) {
    lines.push(`${index + 1}. ${problem.what}`);
    if (problem.where !== undefined) lines.push(`   where: ${problem.where}`);
    if (problem.todo !== undefined) lines.push(`   do:    ${problem.todo}`);
    lines.push(
      ...(problem.details ?? []).map((detail) => `   ${detail}`),
      ...listRows(problem),
      "",
    );
  }
  if (report.stack !== undefined) lines.push(report.stack, "");
  return redact(lines.join("\n"));
}

/** Writes the report into the run's folder. @returns its path, absolute */
export function writeReport(report: FailureReport, folder: string): string {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const file = join(folder, `report-${report.step ?? "run"}-${stamp}.txt`);
  writeFileSync(file, buildReport(report), { mode: 0o600, flag: "wx" });
  return file;
}

function printProblem(screen: Screen, problem: Problem, label: string, showRows: boolean): void {
  screen.field(label, problem.what);
  if (problem.where !== undefined) screen.field("", problem.where);
  for (const detail of problem.details ?? []) screen.field("", detail);
  if (showRows) for (const row of problem.rows ?? []) screen.field("", row);
  if (problem.todo !== undefined) screen.field("", `→ ${problem.todo}`);
}

/** Prints one screen: what is wrong, where, what has changed, what to do, the next command, the report. */
export function printFailure(
  screen: Screen,
  report: FailureReport,
  file: string | undefined,
  showRows: boolean,
): void {
  screen.settle();
  const at =
    report.step === undefined
      ? report.runbook
      : `${report.step} (${report.runbook} ${report.environment})`;
  const verb =
    report.exitCode === exitCodes.refused
      ? "refused"
      : report.exitCode === exitCodes.cancelled
        ? "cancelled"
        : "failed";
  screen.line();
  screen.bad(`${at} ${verb}, exit code ${report.exitCode}`);
  screen.field("what", report.what);
  for (const [index, problem] of report.problems.slice(0, shownProblems).entries()) {
    printProblem(screen, problem, `${index + 1}.`, showRows);
  }
  if (report.problems.length > shownProblems) {
    screen.field("", `… and ${report.problems.length - shownProblems} more: see the report`);
  }
  screen.field("changed", report.changed);
  if (report.next !== undefined) screen.field("next", report.next);
  if (file !== undefined) {
    screen.field(
      "report",
      `${relative(process.cwd(), file)} (mode 0600; sample rows are there, not here)`,
    );
  }
  screen.event("failure", {
    ...report,
    stack: undefined,
    problems: report.problems.map(withoutRows),
    report: file,
  });
}

const withoutRows = ({ rows, ...rest }: Problem): object => ({
  ...rest,
  sampleRows: rows?.length ?? 0,
});

/** Anything that was thrown, as the facts of a failure; what is no Failure is a defect of ours and says so. */
export function explainThrown(thrown: unknown): Pick<
  FailureReport,
  "exitCode" | "what" | "problems" | "next" | "stack"
> & {
  readonly changed: string | undefined;
} {
  if (thrown instanceof Failure) {
    return {
      exitCode: thrown.exitCode,
      what: thrown.message,
      problems: thrown.problems,
      changed: thrown.changed,
      next: thrown.next,
    };
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return {
    exitCode: exitCodes.failed,
    what: redact(error.message),
    problems: [],
    changed: undefined,
    next: undefined,
    stack: redact(error.stack ?? ""),
  };
}
