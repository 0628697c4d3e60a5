import { mkdirSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { exitCodes, Failure, type ExitCode, type Problem } from "./failure.ts";
import { redact } from "./redact.ts";
import type { Screen } from "./screen.ts";
import { CommandError } from "./shell.ts";

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

const ways: Readonly<Partial<Record<ExitCode, string>>> = {
  [exitCodes.usage]: "not started",
  [exitCodes.refused]: "refused",
  [exitCodes.waiting]: "waiting",
  [exitCodes.cancelled]: "cancelled",
};

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

/** Writes the report (0600) into a folder, the run's if there is one. @returns its path, absolute */
export function writeReport(report: FailureReport, folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
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

/** A path as it is short to read: from here, unless that leads out of here. */
function shortPath(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith("..") || isAbsolute(path) ? file : path;
}

/** Where the sample rows stand, when there are any. */
function tellRows(all: readonly Problem[], shown: readonly Problem[], showRows: boolean): string {
  const holders = all.filter(({ rows }) => (rows ?? []).length > 0);
  if (holders.length === 0) return "";
  if (!showRows) return "; sample rows are there, not here";
  return holders.every((one) => shown.includes(one))
    ? "; the sample rows too"
    : "; all sample rows are there";
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
  screen.line();
  const title = `${at} ${ways[report.exitCode] ?? "failed"}, exit code ${report.exitCode}`;
  if (report.exitCode === exitCodes.waiting) screen.warning(title);
  else screen.bad(title);
  screen.field("what", report.what);
  // without a report there is no other place to read them
  const shown = file === undefined ? report.problems : report.problems.slice(0, shownProblems);
  for (const [index, problem] of shown.entries()) {
    printProblem(screen, problem, `${index + 1}.`, showRows);
  }
  if (report.problems.length > shown.length) {
    screen.field("", `… and ${report.problems.length - shown.length} more: see the report`);
  }
  screen.field("changed", report.changed);
  if (report.next !== undefined) screen.field("next", report.next);
  if (file !== undefined) {
    screen.field(
      "report",
      `${shortPath(file)} (mode 0600${tellRows(report.problems, shown, showRows)})`,
    );
  }
  screen.event(report.exitCode === exitCodes.waiting ? "waiting" : "failure", {
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

function explainCommand(error: CommandError): Pick<FailureReport, "what" | "problems"> {
  const part = error.part?.title === undefined ? "" : ` in "${error.part.title}"`;
  const rows = error.stderr.trimEnd().split("\n");
  const said =
    error.stderr.trim() === ""
      ? "it said nothing on standard error"
      : "what it said stands in the report";
  return { what: `${error.message}${part}`, problems: [{ what: said, rows }] };
}

const isSystemError = (error: Error): boolean => "errno" in error && "syscall" in error;

function explainUnexpected(error: Error): Pick<FailureReport, "what" | "problems" | "stack"> {
  const defect: Problem = {
    what: "this is a defect of movebook, not of your data or settings",
    todo: "Report it with the stack that stands in the report.",
  };
  return {
    what: redact(isSystemError(error) ? error.message : `unexpected error: ${error.message}`),
    problems: isSystemError(error) ? [] : [defect],
    stack: redact(error.stack ?? ""),
  };
}

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
  const told =
    thrown instanceof CommandError
      ? explainCommand(thrown)
      : explainUnexpected(thrown instanceof Error ? thrown : new Error(String(thrown)));
  return { exitCode: exitCodes.failed, changed: undefined, next: undefined, ...told };
}
