import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  buildCommandLine,
  buildContext,
  journalMemory,
  passingMemory,
  type CallFacts,
} from "./context.ts";
import { StepFailure } from "./execute-step.ts";
import { exitCodes, type ExitCode } from "./failure.ts";
import type { Journal } from "./journal.ts";
import { explainThrown, printFailure, writeReport, type FailureReport } from "./report.ts";
import type { TargetState } from "./step.ts";

/** A call's work gets this to tell in which run it is. */
export type OnJournal = (journal: Journal) => void;

const unknownState: TargetState = {
  sentence: "unknown: the target could not be asked; nothing is assumed",
  unsafe: false,
};

/** Looks at the target after a failure, without the aborted signal. */
async function lookAtTarget(facts: CallFacts, journal: Journal): Promise<TargetState> {
  const calm = { ...facts, signal: new AbortController().signal };
  try {
    return await facts.runbook.lookAtTarget(
      buildContext(calm, journal.header.run, journal.folder, journalMemory(journal)),
    );
  } catch {
    return unknownState;
  }
}

const nothingChanged: TargetState = { sentence: "nothing", unsafe: false };

function decideExitCode(thrown: ExitCode, state: TargetState): ExitCode {
  const stopped =
    thrown === exitCodes.failed ||
    thrown === exitCodes.cancelled ||
    thrown === exitCodes.differences;
  return state.unsafe && stopped ? exitCodes.unsafe : thrown;
}

function nextCommand(
  facts: CallFacts,
  exitCode: ExitCode,
  step: string | undefined,
  verb: string,
): string | undefined {
  if (exitCode === exitCodes.usage) return undefined;
  if (exitCode !== exitCodes.refused) return buildCommandLine(facts, "resume");
  return verb === "step" ? buildCommandLine(facts, "step", step) : buildCommandLine(facts, verb);
}

async function report(
  facts: CallFacts,
  verb: string,
  thrown: unknown,
  journal: Journal | undefined,
): Promise<ExitCode> {
  const step = thrown instanceof StepFailure ? thrown.step : undefined;
  const cause = thrown instanceof StepFailure ? thrown.thrown : thrown;
  const cancelled = facts.signal.aborted;
  const told = explainThrown(cancelled ? new Error("cancelled") : cause);
  const thrownCode = cancelled ? exitCodes.cancelled : told.exitCode;
  const looks =
    journal !== undefined &&
    thrownCode !== exitCodes.usage &&
    step?.name !== facts.runbook.steps[0]?.name;
  const state = looks ? await lookAtTarget(facts, journal) : nothingChanged;
  const exitCode = decideExitCode(thrownCode, state);
  const failure: FailureReport = {
    runbook: facts.runbook.name,
    environment: facts.environment,
    run: journal?.header.run,
    step: step?.name,
    exitCode,
    what: cancelled ? "cancelled; the commands that ran were ended" : told.what,
    problems: cancelled ? [] : told.problems,
    changed: told.changed ?? state.sentence,
    next: state.next ?? told.next ?? nextCommand(facts, exitCode, step?.name, verb),
    ...(told.stack === undefined || cancelled ? {} : { stack: told.stack }),
  };
  const file =
    journal === undefined || cancelled ? undefined : writeReport(failure, journal.folder);
  printFailure(facts.screen, failure, file, facts.options.showRows);
  return exitCode;
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
