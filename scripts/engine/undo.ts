import { buildCommandLine, buildContext, journalMemory, type CallFacts } from "./context.ts";
import { confirmTarget } from "./confirm.ts";
import { effectHolds, StepFailure } from "./execute-step.ts";
import { refused } from "./failure.ts";
import { listRuns, type Journal } from "./journal.ts";
import { LockOnDemand } from "./lock.ts";
import { verifyPins } from "./pins.ts";
import type { Step, StepContext } from "./step.ts";

/** The newest run that was not taken back; a finished one can be undone too. */
function findUndoable(facts: CallFacts): Journal {
  const runs = listRuns(facts.projectFolder, facts.runbook.name, facts.environment);
  const journal = runs.findLast(({ outcome }) => outcome === "open" || outcome === "done");
  if (journal !== undefined) return journal;
  throw refused(`there is no run of ${facts.runbook.name} for ${facts.environment} to undo`);
}

/** Steps with something to take back, last first. */
async function listUndoable(
  context: StepContext,
  journal: Journal,
  steps: readonly Step[],
): Promise<Step[]> {
  const undoable: Step[] = [];
  for (const step of steps.filter(({ undo }) => undo !== undefined).toReversed()) {
    const state = journal.stateOf(step.name);
    if (state === "done") undoable.push(step);
    if (state === "started" || state === "failed") {
      if (await effectHolds(context, step)) undoable.push(step);
    }
  }
  return undoable;
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
      todo: `Say so: ${buildCommandLine(facts, "undo")} --yes`,
    },
  ]);
}

/**
 * Takes back what the newest run did, last step first, each verified.
 * @throws Failure (exit 3) when there is nothing to undo or it was not confirmed
 */
export async function undo(facts: CallFacts, onJournal: (journal: Journal) => void): Promise<void> {
  const journal = findUndoable(facts);
  onJournal(journal);
  verifyPins(journal, facts);
  const context = buildContext(facts, journal.header.run, journal.folder, journalMemory(journal));
  const steps = await listUndoable(context, journal, facts.runbook.steps);
  if (steps.length > 0) await askFirst(facts, steps);
  const lock = new LockOnDemand(facts.runbook);
  try {
    for (const step of steps) {
      await lock.before(step, context);
      await undoStep(context, journal, step);
    }
  } finally {
    await lock.release();
  }
  journal.append({ type: "run-ended", outcome: "undone" });
  facts.screen.good(
    steps.length === 0 ? "nothing had changed the target; the run is closed" : "undone",
  );
}

async function undoStep(context: StepContext, journal: Journal, step: Step): Promise<void> {
  context.screen.line();
  context.screen.line(`◀ ${step.name}: taking back`);
  try {
    await step.undo?.(context);
  } catch (thrown) {
    throw new StepFailure(step, thrown);
  } finally {
    context.screen.settle();
  }
  journal.append({ type: "step-undone", step: step.name });
  context.screen.event("step-undone", { step: step.name });
  context.screen.good(`${step.name} undone`);
}
