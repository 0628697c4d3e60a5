import { chooseSteps } from "./choose-steps.ts";
import { buildCallWithFlags, buildCommandLine, type CallFacts } from "./context.ts";
import { confirmTarget } from "./confirm.ts";
import { verifyNoneBetween, verifyRunsRead } from "./damaged-runs.ts";
import { StepFailure } from "./execute-step.ts";
import { exitCodes, Failure, refused } from "./failure.ts";
import { listRuns, type Journal } from "./journal.ts";
import { LockOnDemand } from "./lock.ts";
import { verifySafe } from "./look.ts";
import { contextOf, findOpenRun, listDone, noteCall } from "./open-run.ts";
import { listPinDifferences, tellOtherVersion, verifyPins } from "./pins.ts";
import { tryToRecall } from "./recalled-run.ts";
import type { Step, StepContext } from "./step.ts";
import { takeOver, verifyOwn } from "./take-over.ts";
import { beginTakingBack, hasChangedNothing } from "./taking-back.ts";

/** What is taken back of one run. */
interface Undoing {
  readonly facts: CallFacts;
  readonly journal: Journal;
  readonly undoable: readonly Step[];
  /** ` of run …` when it is not the newest one. */
  readonly of: string;
}

/**
 * The run that is taken back: one that the target remembers and this machine has not, or not as far; else the open
 * one; else the newest that was not taken back, because a finished one can be undone too.
 */
async function findUndoable(facts: CallFacts): Promise<Journal> {
  const { recalled, error } = await tryToRecall(facts);
  verifyRunsRead(facts, recalled?.remembered.run);
  const runs = listRuns(facts.projectFolder, facts.runbook.name, facts.environment);
  const journal =
    (await takeOver(facts, recalled)) ??
    findOpenRun(facts) ??
    runs.findLast(({ outcome }) => outcome === "done");
  if (journal !== undefined) return journal;
  // it may be that the target remembers one
  if (error !== undefined) throw error;
  throw new Failure({
    exitCode: exitCodes.refused,
    what: `there is no run of ${facts.runbook.name} for ${facts.environment} to undo`,
    next: buildCommandLine(facts, "status"),
  });
}

/** @param of ` of run …` when it is another run than the newest */
async function askFirst(facts: CallFacts, steps: readonly Step[], of: string): Promise<void> {
  await confirmTarget(facts);
  if (facts.options.yes) return;
  const names = `${steps.map((step) => step.name).join(", ")}${of}`;
  const answer = facts.screen.canAsk
    ? await facts.screen.ask(`Undo ${names}? (y/N)`, facts.signal)
    : "";
  if (/^y(es)?$/i.test(answer)) return;
  const confirmed = `${buildCallWithFlags(facts, "undo", facts.selection)} --yes`;
  throw refused(
    "undo changes the target and was not confirmed",
    [{ what: `it would take back: ${names}`, todo: `Say so: ${confirmed}` }],
    confirmed,
  );
}

/** The steps that can be taken back: all, or those from the last one back to the one that `--until` names. */
function listUndoable(facts: CallFacts): Step[] {
  const { until } = facts.selection ?? {};
  const { steps } = facts.runbook;
  const [last] = until === undefined ? steps : chooseSteps(facts.runbook, { only: until });
  return steps.filter(
    (step, at) => at >= steps.findIndex((one) => one === last) && step.undo !== undefined,
  );
}

async function takeLock(facts: CallFacts, journal: Journal, lock: LockOnDemand): Promise<void> {
  if (await lock.take(contextOf(facts, journal))) await verifyOwn(facts, journal);
}

async function undoAll(
  { facts, journal, undoable, of }: Undoing,
  lock: LockOnDemand,
): Promise<number> {
  const context = contextOf(facts, journal);
  // a run that goes on right now holds the lock; and under it what is there can be asked
  if (journal.wasLocked) await takeLock(facts, journal, lock);
  journal.reread();
  const steps = (await listDone(context, journal, undoable)).toReversed();
  if (steps.length > 0) await askFirst(facts, steps, of);
  for (const step of steps) {
    await lock.before(step, context);
    await undoStep(context, journal, step);
  }
  const isWhole = facts.selection?.until === undefined;
  await verifySafe(facts, journal, isWhole ? "refuse" : "warn");
  if (isWhole && journal.outcome !== "undone")
    journal.append({ type: "run-ended", outcome: "undone" });
  return steps.length;
}

/** @returns how many steps were taken back */
async function undoLocked(undoing: Undoing): Promise<number> {
  const lock = new LockOnDemand(undoing.facts.runbook);
  try {
    return await undoAll({ ...undoing, facts: lock.guard(undoing.facts) }, lock);
  } finally {
    await lock.release();
  }
}

/**
 * The run before one that has changed nothing, when it is to be taken back with the same settings; runs that have
 * changed nothing either do not count.
 */
function findRunBefore(
  { runbook, ...facts }: CallFacts,
  newest: Journal,
  undoable: readonly Step[],
): Journal | undefined {
  if (newest.wasTakenBack) return undefined;
  const before = listRuns(facts.projectFolder, runbook.name, facts.environment)
    .filter(({ header }) => header.run < newest.header.run)
    .findLast(
      ({ outcome, wasTakenBack }) =>
        outcome !== "superseded" && (outcome !== "undone" || wasTakenBack),
    );
  verifyNoneBetween({ runbook, ...facts }, before, newest);
  const isLeft = before?.outcome === "done" || before?.outcome === "open";
  if (before === undefined || !isLeft) return undefined;
  const hasDone = undoable.some(({ name }) => isThere(before.deedOf(name)));
  return hasDone && listPinDifferences(before, { runbook, ...facts }).length === 0
    ? before
    : undefined;
}

const isThere = (deed: ReturnType<Journal["deedOf"]>): boolean =>
  deed !== undefined && deed !== "undone";

/** Never in silence: which run it is stands on the screen, and in the question. */
function announce({ screen }: CallFacts, newest: Journal, before: Journal): void {
  const { run, at, operator } = before.header;
  screen.line(`Run ${newest.header.run} has changed nothing, and is closed.`);
  screen.line(
    `The run before it is taken back: ${run} (${before.outcome}, begun ${at} by ${operator}).`,
  );
}

/**
 * Takes back what the newest run did, last step first, each verified; with `until` back to that step, which is the
 * last one taken back, and the run stays open. A newest run that has changed nothing is closed, and the one before it
 * is taken back, when it was made with the same settings.
 * @throws Failure (exit 3) when there is nothing to undo or it was not confirmed
 */
export async function undo(facts: CallFacts, onJournal: (journal: Journal) => void): Promise<void> {
  const undoable = listUndoable(facts);
  const journal = await findUndoable(facts);
  verifyPins(journal, facts);
  onJournal(journal);
  tellOtherVersion(facts, journal);
  noteCall(journal, "undo", facts);
  let count = await undoLocked({ facts, journal, undoable, of: "" });
  const before = count > 0 ? undefined : findRunBefore(facts, journal, undoable);
  if (before !== undefined) {
    if (journal.outcome !== "undone") journal.append({ type: "run-ended", outcome: "undone" });
    announce(facts, journal, before);
    onJournal(before);
    const of = ` of run ${before.header.run}`;
    count = await undoLocked({ facts, journal: before, undoable, of });
  }
  const isOpen = (before ?? journal).outcome === "open";
  if (count > 0) facts.screen.good("undone");
  else
    facts.screen.good(`nothing was there to take back; the run is ${isOpen ? "open" : "closed"}`);
}

async function undoStep(context: StepContext, journal: Journal, step: Step): Promise<void> {
  context.signal.throwIfAborted();
  context.screen.line();
  context.screen.line(`◀ ${step.name}: taking back`);
  const takingBack = beginTakingBack(journal, step.name);
  try {
    await step.undo?.(context);
  } catch (thrown) {
    if (hasChangedNothing(thrown)) takingBack.kept();
    throw new StepFailure(step, thrown);
  } finally {
    context.screen.settle();
  }
  takingBack.undone();
  context.screen.event("step-undone", { step: step.name });
  context.screen.good(`${step.name} undone`);
}
