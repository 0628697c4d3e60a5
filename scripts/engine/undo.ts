import { chooseSteps } from "./choose-steps.ts";
import { buildCallWithFlags, buildCommandLine, type CallFacts } from "./context.ts";
import { confirmTarget } from "./confirm.ts";
import { StepFailure } from "./execute-step.ts";
import { exitCodes, Failure, refused } from "./failure.ts";
import { listRuns, type Journal } from "./journal.ts";
import { LockOnDemand } from "./lock.ts";
import { contextOf, listDone } from "./open-run.ts";
import { verifyPins } from "./pins.ts";
import type { Step, StepContext } from "./step.ts";

/** The newest run that was not taken back; a finished one can be undone too. */
function findUndoable(facts: CallFacts): Journal {
  const runs = listRuns(facts.projectFolder, facts.runbook.name, facts.environment);
  const journal = runs.findLast(({ outcome }) => outcome === "open" || outcome === "done");
  if (journal !== undefined) return journal;
  throw new Failure({
    exitCode: exitCodes.refused,
    what: `there is no run of ${facts.runbook.name} for ${facts.environment} to undo`,
    next: buildCommandLine(facts, "status"),
  });
}

async function askFirst(facts: CallFacts, steps: readonly Step[]): Promise<void> {
  await confirmTarget(facts);
  if (facts.options.yes) return;
  const names = steps.map((step) => step.name).join(", ");
  const answer = facts.screen.canAsk
    ? await facts.screen.ask(`Undo ${names}? (y/N)`, facts.signal)
    : "";
  if (/^y(es)?$/i.test(answer)) return;
  throw refused("undo changes the target and was not confirmed", [
    {
      what: `it would take back: ${names}`,
      todo: `Say so: ${buildCallWithFlags(facts, "undo", facts.selection)} --yes`,
    },
  ]);
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

async function undoAll(
  facts: CallFacts,
  journal: Journal,
  undoable: readonly Step[],
  lock: LockOnDemand,
): Promise<number> {
  const context = contextOf(facts, journal);
  // a run that goes on right now holds the lock; and under it what is there can be asked
  if (journal.wasLocked) await lock.take(context);
  journal.reread();
  const steps = (await listDone(context, journal, undoable)).toReversed();
  if (steps.length > 0) await askFirst(facts, steps);
  for (const step of steps) {
    await lock.before(step, context);
    await undoStep(context, journal, step);
  }
  if (facts.selection?.until === undefined && journal.outcome !== "undone")
    journal.append({ type: "run-ended", outcome: "undone" });
  return steps.length;
}

/**
 * Takes back what the newest run did, last step first, each verified; with `until` back to that step, which is the
 * last one taken back, and the run stays open.
 * @throws Failure (exit 3) when there is nothing to undo or it was not confirmed
 */
export async function undo(facts: CallFacts, onJournal: (journal: Journal) => void): Promise<void> {
  const undoable = listUndoable(facts);
  const journal = findUndoable(facts);
  verifyPins(journal, facts);
  onJournal(journal);
  const lock = new LockOnDemand(facts.runbook);
  try {
    const count = await undoAll(facts, journal, undoable, lock);
    const isOpen = journal.outcome === "open";
    if (count > 0) facts.screen.good("undone");
    else
      facts.screen.good(`nothing was there to take back; the run is ${isOpen ? "open" : "closed"}`);
  } finally {
    await lock.release();
  }
}

async function undoStep(context: StepContext, journal: Journal, step: Step): Promise<void> {
  context.signal.throwIfAborted();
  context.screen.line();
  context.screen.line(`◀ ${step.name}: taking back`);
  journal.append({ type: "step-undoing", step: step.name, pid: process.pid });
  try {
    await step.undo?.(context);
  } catch (thrown) {
    // refused or waiting means that nothing was changed: the step is done as before, and the run can go on
    if (
      thrown instanceof Failure &&
      (thrown.exitCode === exitCodes.refused || thrown.exitCode === exitCodes.waiting)
    )
      journal.append({ type: "step-done", step: step.name, ms: 0, how: "kept" });
    throw new StepFailure(step, thrown);
  } finally {
    context.screen.settle();
  }
  journal.append({ type: "step-undone", step: step.name });
  context.screen.event("step-undone", { step: step.name });
  context.screen.good(`${step.name} undone`);
}
