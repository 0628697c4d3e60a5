import { buildReadingContext, withPassingFolder } from "./call.ts";
import { buildCommandLine, type CallFacts } from "./context.ts";
import { noted, passed, warned, type CheckResult, type CheckSection } from "./check.ts";
import { describeUnread, findMattering } from "./damaged-runs.ts";
import { Failure, exitCodes } from "./failure.ts";
import { describeUnasked } from "./left-unsafe.ts";
import { listRuns, type Journal, type StepState } from "./journal.ts";
import { findOpenRun } from "./open-run.ts";
import {
  compareDeeds,
  findLocal,
  tryToRecall,
  withRecalled,
  type Recalled,
  type Recollection,
  type Standing,
} from "./recalled-run.ts";
import type { StepContext, TargetState } from "./step.ts";

const stateText: Readonly<Record<StepState, string>> = {
  "not-started": "not started",
  started: "started and not finished: interrupted, or running now",
  done: "done",
  failed: "failed",
  undoing: "being taken back, and not finished: interrupted, or running now",
  undone: "undone",
};

function describeStep(journal: Journal, step: string): CheckResult {
  const state = journal.stateOf(step);
  const last = journal.records.findLast((entry) => "step" in entry && entry.step === step);
  const isRefused = state === "failed" && journal.isDone(step);
  if (isRefused)
    return passed(`${step}: done; a later call of it was refused (${last?.at ?? "?"})`);
  const isWaiting = last?.type === "step-failed" && last.exitCode === exitCodes.waiting;
  const told = isWaiting ? "waiting for a person or a day" : stateText[state];
  const text = `${step}: ${told}${last === undefined ? "" : ` (${last.at})`}`;
  if (state === "done") return passed(text);
  if (isWaiting) return noted(text);
  return ["failed", "started", "undoing"].includes(state) ? warned(text) : noted(text);
}

function describeRun(facts: CallFacts, journal: Journal | undefined, where = ""): CheckSection {
  if (journal === undefined) {
    return {
      heading: "Run:",
      results: [noted(`none yet; begin with ${buildCommandLine(facts, "run")}`)],
    };
  }
  const { run, at, operator } = journal.header;
  const steps = facts.runbook.steps.filter(
    (step) => step.byHand !== true || journal.stateOf(step.name) !== "not-started",
  );
  return {
    heading: `Run ${run} (${journal.outcome}${where}, begun ${at} by ${operator}):`,
    results: steps.map((step) => describeStep(journal, step.name)),
  };
}

const standingText: Readonly<Record<Standing, string>> = {
  current: "",
  behind: ", as the target remembers it: it went on on another machine",
  diverged: ", as the target remembers it: on this machine it went on otherwise",
};

/** The run that matters: the one that the target remembers, the open one, the newest one. */
interface Shown {
  readonly journal: Journal | undefined;
  /** The target's own memory of it, when this machine has it not, or not as far. */
  readonly recalled?: Recalled;
  readonly where?: string;
}

function chooseRun(facts: CallFacts, { recalled }: Recollection): Shown {
  const runs = listRuns(facts.projectFolder, facts.runbook.name, facts.environment);
  const newest = findOpenRun(facts) ?? runs.at(-1);
  if (recalled === undefined) return { journal: newest };
  const { journal, remembered } = recalled;
  const local = findLocal(facts, remembered.run);
  if (local === undefined) return { journal, recalled, where: ", on another machine" };
  const standing = compareDeeds(local, journal);
  return standing === "current"
    ? { journal: local }
    : { journal, recalled, where: standingText[standing] };
}

async function askTarget(facts: CallFacts, context: StepContext): Promise<TargetState> {
  for (const section of await facts.runbook.status(context)) facts.screen.section(section);
  return facts.runbook.lookAtTarget(context);
}

function printRuns(facts: CallFacts, { journal, where }: Shown, run: string | undefined): void {
  facts.screen.section(describeRun(facts, journal, where));
  const unread = describeUnread(facts, run);
  if (unread.length > 0) facts.screen.section({ heading: "Journals:", results: unread });
}

async function recallQuietly(facts: CallFacts): Promise<Recollection> {
  try {
    return await tryToRecall(facts);
  } catch (error) {
    facts.signal.throwIfAborted();
    return { error };
  }
}

/**
 * Prints the run that the target remembers or the newest one, the target's own state, and the runbook's sections.
 * Writes nothing.
 * @throws Failure (exit 6) when the target is unsafe; (exit 3) when the newest journal cannot be read
 */
export async function printStatus(facts: CallFacts): Promise<void> {
  const { screen } = facts;
  const recollection = await recallQuietly(facts);
  const shown = chooseRun(facts, recollection);
  screen.heading(`Status: ${facts.runbook.name} ${facts.environment}`);
  screen.line();
  printRuns(facts, shown, recollection.recalled?.remembered.run);
  const ask = (context: StepContext): Promise<TargetState> => askTarget(facts, context);
  const state = await (
    shown.recalled === undefined
      ? withPassingFolder((folder) => ask(buildReadingContext(facts, shown.journal, folder)))
      : withRecalled(facts, shown.recalled, ask)
  ).catch((thrown: unknown) => {
    throw facts.signal.aborted ? thrown : tellUnasked(facts, shown.journal, thrown);
  });
  screen.event("target", { ...state });
  if (state.unsafe) throw unsafe(state);
  printState(facts, state);
  if (recollection.error !== undefined) throw recollection.error;
  const unread = findMattering(facts);
  if (unread !== undefined) throw unread.failure;
}

/** A tick only for what is finished: whatever has a next command is not. */
function printState({ screen }: CallFacts, { sentence, next }: TargetState): void {
  if (next === undefined) return screen.good(sentence);
  screen.warning(sentence);
  screen.field("next", next);
}

/** A target that does not answer, after a run that by its journal has left it unsafe: that stays said. */
function tellUnasked(facts: CallFacts, journal: Journal | undefined, thrown: unknown): unknown {
  const { sentence, unsafe: isUnsafe } = describeUnasked(facts.runbook, journal);
  if (!isUnsafe) return thrown;
  const { message } = thrown as Error;
  return new Failure(
    {
      exitCode: exitCodes.unsafe,
      what: sentence,
      problems: [{ what: message }],
      changed: sentence,
    },
    { cause: thrown },
  );
}

const unsafe = ({ sentence, next }: TargetState): Failure =>
  new Failure({
    exitCode: exitCodes.unsafe,
    what: sentence,
    changed: sentence,
    ...(next === undefined ? {} : { next }),
  });
