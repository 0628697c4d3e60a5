import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { buildCommandLine, buildContext, journalMemory, type CallFacts } from "./context.ts";
import { effectHolds } from "./execute-step.ts";
import { exitCodes, Failure, refused } from "./failure.ts";
import { Journal, listRuns, runsFolder } from "./journal.ts";
import { LockOnDemand } from "./lock.ts";
import { operatorName } from "./operator.ts";
import { listPlainParams } from "./pins.ts";
import { buildRunId } from "./run-id.ts";
import type { Runbook, Step, StepContext } from "./step.ts";
import { movebookVersion } from "./version.ts";

const isUndoing = (runbook: Runbook, journal: Journal): boolean =>
  runbook.steps.some(({ name }) => journal.stateOf(name) === "undoing");

/** Runs that are neither done, undone nor superseded, oldest first; one whose undo was interrupted is open again. */
export const listOpenRuns = (facts: CallFacts): Journal[] =>
  listRuns(facts.projectFolder, facts.runbook.name, facts.environment).filter(
    (journal) =>
      journal.outcome === "open" ||
      (journal.outcome === "done" && isUndoing(facts.runbook, journal)),
  );

/** The newest open run. */
export const findOpenRun = (facts: CallFacts): Journal | undefined => listOpenRuns(facts).at(-1);

/** The context of a run's steps. */
export const contextOf = (facts: CallFacts, journal: Journal): StepContext =>
  buildContext(facts, journal.header.run, journal.folder, journalMemory(journal));

/** Begins a run: its folder and the first line of its journal. */
export function beginRun(facts: CallFacts): Journal {
  const folder = runsFolder(facts.projectFolder, facts.runbook.name, facts.environment);
  const run = buildRunId(Date.now(), existsSync(folder) ? readdirSync(folder) : []);
  return Journal.begin(join(folder, run), {
    run,
    runbook: facts.runbook.name,
    environment: facts.environment,
    steps: facts.runbook.steps.map((step) => step.name),
    params: listPlainParams(facts),
    identity: { ...facts.runbook.identity(facts.settings) },
    movebook: movebookVersion,
    operator: operatorName(),
  });
}

/** Writes down who calls what, with which options and which version; the confirmed name is not kept. */
export function noteCall(journal: Journal, verb: string, facts: CallFacts): void {
  const { confirm: _, ...options } = facts.options;
  journal.append({ type: "options", verb, options, movebook: movebookVersion });
  facts.screen.event("run", {
    run: journal.header.run,
    runbook: facts.runbook.name,
    environment: facts.environment,
    verb,
  });
}

const hasEffect = async (context: StepContext, step: Step): Promise<boolean> =>
  (await step.mayHaveEffect?.(context)) ?? (await effectHolds(context, step));

/**
 * Steps that changed something in this run and were not undone, in the runbook's order. An interrupted one is asked:
 * call this under the lock, which proves that the target can be asked.
 */
export async function listDone(
  context: StepContext,
  journal: Journal,
  steps: readonly Step[],
): Promise<Step[]> {
  const done: Step[] = [];
  for (const step of steps) {
    const deed = journal.deedOf(step.name);
    const isThere =
      deed === "done" ||
      deed === "undoing" ||
      (deed === "started" && (await hasEffect(context, step)));
    if (isThere) done.push(step);
  }
  return done;
}

/**
 * @param mayBeDone the step that follows is one of a finished run too
 * @throws Failure (exit 3) when others have ended the run since it was read
 */
export function verifyOpen(journal: Journal, mayBeDone = false): void {
  journal.reread();
  if (journal.outcome === "open" || (mayBeDone && journal.outcome === "done")) return;
  throw refused(`run ${journal.header.run} is ${journal.outcome}: another call has ended it`, [
    { what: "two calls worked on the same run at once", where: journal.folder },
  ]);
}

function refuseChanged(facts: CallFacts, open: Journal, changes: readonly Step[]): void {
  if (changes.length === 0) return;
  const names = changes.map((step) => step.name).join(", ");
  throw refused(
    `run ${open.header.run} is open and has changed the target (${names} done); it comes first`,
    [
      {
        what: `an open run has changed the target: ${names}`,
        where: open.folder,
        todo: `Go on with it: ${buildCommandLine(facts, "resume")}; or take it back: ${buildCommandLine(facts, "undo")}`,
      },
    ],
  );
}

/** Ends an open run under the lock, unless it has changed the target. */
async function supersede(facts: CallFacts, open: Journal): Promise<void> {
  const lock = new LockOnDemand(facts.runbook);
  const context = contextOf(lock.guard(facts), open);
  // what takes back leaves nothing of its own
  const steps = facts.runbook.steps.filter(
    ({ changes, takesBack }) => changes === "target" && takesBack === undefined,
  );
  try {
    if (open.wasLocked) await lock.take(context);
    open.reread();
    refuseChanged(facts, open, await listDone(context, open, steps));
    if (open.outcome === "open") open.append({ type: "run-ended", outcome: "superseded" });
  } catch (error) {
    const begun = steps.some(({ name }) => open.stateOf(name) !== "not-started");
    const isRefusal = error instanceof Failure && error.exitCode === exitCodes.refused;
    // a target that does not answer is the first step's to report, as long as nothing can have changed in it
    if (begun || isRefusal || facts.signal.aborted) throw error;
  } finally {
    await lock.release();
  }
}

/**
 * A whole run begins anew: open ones are superseded, unless one has changed the target or is at work right now.
 * @throws Failure (exit 3) that names resume and undo, or the holder of the lock
 */
export async function supersedeOpenRuns(facts: CallFacts): Promise<void> {
  for (const open of listOpenRuns(facts)) await supersede(facts, open);
}
