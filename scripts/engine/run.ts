import { chooseSteps, type Selection } from "./choose-steps.ts";
import { confirmTarget } from "./confirm.ts";
import { buildCommandLine, buildContext, passingMemory, type CallFacts } from "./context.ts";
import { verifyRunsRead } from "./damaged-runs.ts";
import { effectHolds, executeStep, printStep, rehearseStep, StepFailure } from "./execute-step.ts";
import { exitCodes, Failure, refused } from "./failure.ts";
import { listRuns, type Journal } from "./journal.ts";
import { LockOnDemand } from "./lock.ts";
import { verifySafe } from "./look.ts";
import {
  beginRun,
  contextOf,
  findOpenRun,
  noteCall,
  supersedeOpenRuns,
  verifyOpen,
} from "./open-run.ts";
import { listPinDifferences, tellOtherVersion, verifyPins } from "./pins.ts";
import { tryToRecall, type Recalled } from "./recalled-run.ts";
import type { Step } from "./step.ts";
import { refuseRemembered, takeOver, verifyOwn } from "./take-over.ts";

/**
 * @param steps that are to run: the one that takes back may go on with that
 * @throws Failure (exit 3): a run that is being taken back is taken back first
 */
function verifyNotUndoing(facts: CallFacts, journal: Journal, steps: readonly Step[]): void {
  const undoing = facts.runbook.steps.filter(
    ({ name }) =>
      journal.stateOf(name) === "undoing" && !steps.some(({ takesBack }) => takesBack === name),
  );
  if (undoing.length === 0) return;
  const names = undoing.map(({ name }) => name).join(", ");
  throw refused(`run ${journal.header.run} is being taken back`, [
    {
      what: `the undo of ${names} was interrupted; the run cannot go on from there`,
      where: journal.folder,
      todo: `Finish it: ${buildCommandLine(facts, "undo")}`,
    },
  ]);
}

/** Steps that have proved something of what this one takes back, and come after it. */
function listStale({ runbook }: CallFacts, journal: Journal, { takesBack }: Step): string[] {
  const at = runbook.steps.findIndex(({ name }) => name === takesBack);
  if (at === -1) return [];
  return runbook.steps
    .slice(at + 1)
    .filter(({ name, changes }) => changes === "nothing" && journal.deedOf(name) === "done")
    .map(({ name }) => name);
}

/** Steps one after the other, under one confirmation and one lock. */
class Execution {
  readonly #facts: CallFacts;
  readonly #journal: Journal;
  readonly #resumed: boolean;
  readonly #lock: LockOnDemand;
  #isConfirmed = false;
  /** Steps whose files were looked for in vain. */
  readonly #gone = new Set<string>();

  constructor(facts: CallFacts, journal: Journal, resumed: boolean) {
    this.#journal = journal;
    this.#resumed = resumed;
    this.#lock = new LockOnDemand(facts.runbook);
    this.#facts = this.#lock.guard(facts);
  }

  async runAll(steps: readonly Step[]): Promise<void> {
    verifyNotUndoing(this.#facts, this.#journal, steps);
    try {
      for (const step of steps) await this.#runOne(step);
    } finally {
      await this.#lock.release();
    }
  }

  async #isDoneBefore(step: Step): Promise<boolean> {
    if (!this.#resumed || !this.#journal.isDone(step.name)) return false;
    if (!(await this.#hasFiles(step))) return false;
    this.#facts.screen.quiet(`✓ ${step.name}: done before`);
    return true;
  }

  /** What a step wrote beside the journal may be on another machine, or gone; as long as it is needed it is looked for. */
  async #hasFiles(step: Step): Promise<boolean> {
    if (step.changes !== "files" || step.disturbsOthers === true) return true;
    const { steps } = this.#facts.runbook;
    const next = steps
      .slice(steps.indexOf(step))
      .find(({ changes, byHand }) => changes === "target" && byHand !== true);
    const deed = next === undefined ? undefined : this.#journal.deedOf(next.name);
    if (deed === "done" || deed === "started") return true;
    if (this.#gone.has(step.name)) return false;
    if (await effectHolds(contextOf(this.#facts, this.#journal), step)) return true;
    this.#gone.add(step.name);
    this.#facts.screen.line(`${step.name}: what it wrote is gone, or not as it was; done again`);
    return false;
  }

  async #runOne(step: Step): Promise<void> {
    if (await this.#isDoneBefore(step)) return;
    if (step.changes === "target" && !this.#isConfirmed) {
      await confirmTarget(this.#facts);
      this.#isConfirmed = true;
    }
    const context = contextOf(this.#facts, this.#journal);
    if (context.signal.aborted) throw new StepFailure(step, context.signal.reason);
    if (await this.#lock.before(step, context)) {
      verifyOpen(this.#journal, step.ofFinishedRun);
      await verifyOwn(this.#facts, this.#journal);
      verifyNotUndoing(this.#facts, this.#journal, [step]);
      this.#journal.append({ type: "locked", pid: process.pid });
      if (await this.#isDoneBefore(step)) return;
    }
    const { selection } = this.#facts;
    await executeStep(context, this.#journal, step, {
      interrupted: this.#journal.isUnsettled(step.name),
      named: [selection?.only, selection?.from].includes(step.name),
      stale: listStale(this.#facts, this.#journal, step),
    });
  }
}

/** @throws Failure (exit 6) when all is done and the target is not safe, unless one step was called by its name */
async function executeAll(
  facts: CallFacts,
  journal: Journal,
  steps: readonly Step[],
  verb: "run" | "step" | "resume",
): Promise<void> {
  await new Execution(facts, journal, verb === "resume").runAll(steps);
  const isSafe = await verifySafe(facts, journal, verb === "step" ? "warn" : "refuse");
  const complete = facts.runbook.steps.every(
    ({ name, byHand, optional }) =>
      byHand === true ||
      (optional === true && journal.deedOf(name) === undefined) ||
      journal.isDone(name),
  );
  if (complete && isSafe) journal.append({ type: "run-ended", outcome: "done" });
}

/** What can be refused now is not refused an hour later: a name that is wrong, or that nobody can be asked for. */
async function confirmEarly(facts: CallFacts, steps: readonly Step[]): Promise<void> {
  const isKnown = facts.options.confirm !== undefined || !facts.screen.canAsk;
  if (isKnown && steps.some((step) => step.changes === "target")) await confirmTarget(facts);
}

/**
 * The newest run, when it is finished and a reading step is asked once more (validate, a day later), or one that takes
 * back what it did: it knows what was before.
 */
function findFinishedRun(facts: CallFacts, steps: readonly Step[]): Journal | undefined {
  const [first] = facts.runbook.steps;
  const joins = (step: Step): boolean =>
    step !== first && (step.changes === "nothing" || step.ofFinishedRun === true);
  if (!steps.every(joins)) return undefined;
  const newest = listRuns(facts.projectFolder, facts.runbook.name, facts.environment).at(-1);
  if (newest?.outcome !== "done" || listPinDifferences(newest, facts).length > 0) return undefined;
  return newest;
}

/**
 * The open run, for a part of one. A run that began with other settings cannot be joined: as long as it has not begun
 * to change the target it gives way to a new one.
 * @throws Failure (exit 3) when it has, with every difference
 */
async function findRunToJoin(
  facts: CallFacts,
  steps: readonly Step[],
  recalled: Recalled | undefined,
): Promise<Journal | undefined> {
  const taken = await takeOver(facts, recalled);
  const open = taken ?? findOpenRun(facts) ?? findFinishedRun(facts, steps);
  if (open === undefined || listPinDifferences(open, facts).length === 0) return open;
  const changing = facts.runbook.steps.filter(({ changes }) => changes === "target");
  if (changing.some(({ name }) => open.stateOf(name) !== "not-started")) verifyPins(open, facts);
  await supersedeOpenRuns(facts);
  facts.screen.line(
    `The open run ${open.header.run} began with other settings and changed nothing: a new run begins.`,
  );
  return undefined;
}

/**
 * Runs a runbook. A whole run begins anew; a part of one (from, until with from, only) joins the open run.
 * @param onJournal told the journal as soon as there is one, for the failure report
 */
export async function run(
  facts: CallFacts,
  selection: Selection,
  verb: "run" | "step",
  onJournal: (journal: Journal) => void,
): Promise<void> {
  const steps = chooseSteps(facts.runbook, selection);
  const joins = selection.from !== undefined || selection.only !== undefined;
  await confirmEarly(facts, steps);
  const { recalled } = await tryToRecall(facts);
  verifyRunsRead(facts, recalled?.remembered.run);
  if (!joins) {
    await refuseRemembered(facts, recalled);
    await supersedeOpenRuns(facts);
  }
  const joined = joins ? await findRunToJoin(facts, steps, recalled) : undefined;
  const journal = joined ?? beginRun(facts);
  onJournal(journal);
  tellOtherVersion(facts, journal);
  noteCall(journal, verb, facts);
  await executeAll({ ...facts, selection }, journal, steps, verb);
}

/** Steps of a run that are left: those by hand only when one was interrupted; never one that takes back. */
const listLeft = (facts: CallFacts, journal: Journal): Step[] =>
  facts.runbook.steps.filter(
    (step) =>
      step.byHand !== true || (step.takesBack === undefined && journal.isUnsettled(step.name)),
  );

/** Goes on with the open run. @throws Failure (exit 3) when there is none, or the settings are others */
export async function resume(
  facts: CallFacts,
  onJournal: (journal: Journal) => void,
): Promise<void> {
  const { recalled, error } = await tryToRecall(facts);
  verifyRunsRead(facts, recalled?.remembered.run);
  const journal = (await takeOver(facts, recalled)) ?? findOpenRun(facts);
  if (journal === undefined) {
    // it may be that the target remembers one
    if (error !== undefined) throw error;
    throw new Failure({
      exitCode: exitCodes.refused,
      what: `there is no open run of ${facts.runbook.name} for ${facts.environment}: nothing to resume`,
      next: buildCommandLine(facts, "run"),
    });
  }
  // only then is the target of the settings the run's own, and may be looked at in its name
  verifyPins(journal, facts);
  onJournal(journal);
  tellOtherVersion(facts, journal);
  const steps = listLeft(facts, journal);
  await confirmEarly(
    facts,
    steps.filter(({ name }) => !journal.isDone(name)),
  );
  noteCall(journal, "resume", facts);
  await executeAll(facts, journal, steps, "resume");
}

/** Prints what a run would send, and runs only the steps that a dry run runs for real. Writes no journal. */
export async function rehearse(
  facts: CallFacts,
  selection: Selection,
  runFolder: string,
): Promise<void> {
  verifyRunsRead(facts);
  const open = findOpenRun(facts);
  const context = buildContext(
    facts,
    open?.header.run ?? "dry-run",
    open?.folder ?? runFolder,
    passingMemory(open),
  );
  for (const step of chooseSteps(facts.runbook, selection)) await rehearseStep(context, step);
}

/** Prints the steps, without connecting anywhere. */
export function printPlan(facts: CallFacts, selection: Selection): void {
  for (const step of chooseSteps(facts.runbook, selection)) printStep(facts.screen, step);
}
