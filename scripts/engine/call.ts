import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildCallWithFlags, buildContext, passingMemory, type CallFacts } from "./context.ts";
import { StepFailure } from "./execute-step.ts";
import { exitCodes, UncaughtError, type ExitCode } from "./failure.ts";
import { runsFolder, type Journal } from "./journal.ts";
import { findLeftUnsafe } from "./left-unsafe.ts";
import { lookAtTarget } from "./look.ts";
import { explainThrown, printFailure, writeReport, type FailureReport } from "./report.ts";
import { removeLeftSecrets } from "./secret-files.ts";
import type { Step, TargetState } from "./step.ts";

type Told = ReturnType<typeof explainThrown>;

/** A call's work gets this to tell in which run it is. */
export type OnJournal = (journal: Journal) => void;

const nothingChanged: TargetState = { sentence: "nothing", unsafe: false };

function decideExitCode(thrown: ExitCode, state: TargetState): ExitCode {
  const stopped =
    thrown === exitCodes.failed ||
    thrown === exitCodes.cancelled ||
    thrown === exitCodes.waiting ||
    thrown === exitCodes.differences;
  return state.unsafe && stopped ? exitCodes.unsafe : thrown;
}

/** Whoever waits knows what answers; otherwise the target's need comes first. */
const chooseNext = (exitCode: ExitCode, told?: string, needed?: string): string | undefined =>
  exitCode === exitCodes.waiting ? (told ?? needed) : (needed ?? told);

/** What the operator calls next, when neither the target nor the failure knows better. */
function nextCommand(
  facts: CallFacts,
  verb: string,
  exitCode: ExitCode,
  failure: { readonly step: Step | undefined; readonly journal: Journal | undefined },
): string | undefined {
  if (exitCode === exitCodes.usage) return undefined;
  const { step, journal } = failure;
  const { selection = {} } = facts;
  const again = buildCallWithFlags(facts, verb, selection);
  const isPartial = Object.values(selection).some((name) => name !== undefined);
  const isBegun = facts.runbook.steps.some(({ name }) => journal?.isDone(name) === true);
  if (journal === undefined || (verb !== "run" && verb !== "resume")) return again;
  if (exitCode === exitCodes.refused && !isBegun) return again;
  if (!isPartial) return buildCallWithFlags(facts, "resume");
  if (step === undefined || selection.only !== undefined) return again;
  return buildCallWithFlags(facts, "run", { ...selection, from: step.name });
}

/** Writes the report of a failed run, and of a defect always. @returns its path; undefined when there is none */
function keepReport(
  facts: CallFacts,
  failure: FailureReport,
  journal: Journal | undefined,
): string | undefined {
  if (journal === undefined && failure.stack === undefined) return undefined;
  const folder =
    journal?.folder ?? runsFolder(facts.projectFolder, facts.runbook.name, facts.environment);
  try {
    return writeReport(failure, folder);
  } catch (error) {
    facts.screen.warning(`the report cannot be written: ${(error as Error).message}`);
    return undefined;
  }
}

/** Looks at the target, unless nothing of this call can have reached it. */
async function findState(
  facts: CallFacts,
  exitCode: ExitCode,
  step: Step | undefined,
  journal: Journal | undefined,
): Promise<TargetState> {
  if (journal === undefined || exitCode === exitCodes.usage) return nothingChanged;
  const isFirst = step?.name === facts.runbook.steps[0]?.name;
  return isFirst && findLeftUnsafe(facts.runbook, journal) === undefined
    ? nothingChanged
    : lookAtTarget(facts, journal);
}

/** What ended the call: the operator, a defect that nobody could catch, or what was thrown. */
function findCause(facts: CallFacts, thrown: unknown): Told & { readonly isCancelled: boolean } {
  const { aborted, reason } = facts.signal as { aborted: boolean; reason: unknown };
  if (aborted && !(reason instanceof UncaughtError)) {
    const what = "cancelled; the commands that ran were ended";
    const told = { what, problems: [], changed: undefined, next: undefined };
    return { ...told, exitCode: exitCodes.cancelled, isCancelled: true };
  }
  const cause = thrown instanceof StepFailure ? thrown.thrown : thrown;
  return { ...explainThrown(aborted ? (reason as Error).cause : cause), isCancelled: false };
}

async function report(
  facts: CallFacts,
  verb: string,
  thrown: unknown,
  journal: Journal | undefined,
): Promise<ExitCode> {
  const step = thrown instanceof StepFailure ? thrown.step : undefined;
  const { isCancelled, ...told } = findCause(facts, thrown);
  const state = await findState(facts, told.exitCode, step, journal);
  const exitCode = decideExitCode(told.exitCode, state);
  const failure: FailureReport = {
    ...told,
    runbook: facts.runbook.name,
    environment: facts.environment,
    run: journal?.header.run,
    step: step?.name,
    exitCode,
    changed: told.changed ?? state.sentence,
    next:
      chooseNext(exitCode, told.next, state.next) ??
      nextCommand(facts, verb, exitCode, { step, journal }),
  };
  // nothing went wrong: all there is to say fits the screen
  const isCalm = isCancelled || exitCode === exitCodes.waiting;
  const file = isCalm ? undefined : keepReport(facts, failure, journal);
  printFailure(facts.screen, failure, file, facts.options.showRows);
  return exitCode;
}

const isNotOurs = (error: unknown): boolean =>
  ["ENOENT", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "");

/** Secret files of calls that were killed do not stay; what is not ours to read is not ours to clean. */
function cleanUp(facts: CallFacts): void {
  const folder = runsFolder(facts.projectFolder, facts.runbook.name, facts.environment);
  const clean = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!isNotOurs(error)) throw error;
    }
  };
  clean(() => {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) clean(() => removeLeftSecrets(join(folder, entry.name)));
  });
}

/**
 * The one catch at the top: runs the work of a call and turns whatever is thrown into one screen, a report and an
 * exit code.
 */
export async function call(
  facts: CallFacts,
  verb: string,
  work: (onJournal: OnJournal) => Promise<void>,
): Promise<ExitCode> {
  let journal: Journal | undefined;
  try {
    cleanUp(facts);
    await work((known) => {
      journal = known;
    });
    facts.screen.settle();
    facts.screen.event("ended", { exitCode: exitCodes.done });
    return exitCodes.done;
  } catch (thrown) {
    const exitCode = await report(facts, verb, thrown, journal);
    facts.screen.event("ended", { exitCode });
    return exitCode;
  }
}

/** Runs `work` with a folder that is gone afterwards, for calls that leave nothing behind. */
export async function withPassingFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "movebook-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A context that writes no journal, for `status`. */
export const buildReadingContext = (
  facts: CallFacts,
  journal: Journal | undefined,
  folder: string,
) =>
  buildContext(
    facts,
    journal?.header.run ?? "none",
    journal?.folder ?? folder,
    passingMemory(journal),
  );
