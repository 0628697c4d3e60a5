import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import {
  buildCommandLine,
  buildContext,
  journalMemory,
  passingMemory,
  type CallFacts,
} from "./context.ts";
import { misused, refused } from "./failure.ts";
import { Journal, listRuns, runsFolder } from "./journal.ts";
import { movebookVersion } from "./version.ts";
import { LockOnDemand } from "./lock.ts";
import { listPlainParams, verifyPins } from "./pins.ts";
import { confirmTarget } from "./confirm.ts";
import { effectHolds, executeStep, printStep, rehearseStep } from "./execute-step.ts";
import type { Runbook, Step } from "./step.ts";

/** Which steps a call runs. */
export interface Selection {
  readonly from?: string;
  readonly until?: string;
  readonly only?: string;
}

function indexOfStep(runbook: Runbook, name: string): number {
  const index = runbook.steps.findIndex((step) => step.name === name);
  if (index >= 0) return index;
  const names = runbook.steps.map((step) => step.name).join(", ");
  throw misused(`${runbook.name} has no step ${name}; its steps are ${names}`);
}

/**
 * The steps of a whole run (those by hand only when they are named), cut by the selection.
 * @throws Failure (exit 2) when a name is none of the runbook's, or `from` comes after `until`
 */
export function chooseSteps(runbook: Runbook, selection: Selection): readonly Step[] {
  if (selection.only !== undefined)
    return runbook.steps.slice(indexOfStep(runbook, selection.only)).slice(0, 1);
  const from = selection.from === undefined ? 0 : indexOfStep(runbook, selection.from);
  const until =
    selection.until === undefined
      ? runbook.steps.length - 1
      : indexOfStep(runbook, selection.until);
  if (from > until)
    throw misused(`--from ${selection.from} comes after --until ${selection.until}`);
  const named = (step: Step): boolean =>
    step.name === selection.from || step.name === selection.until;
  return runbook.steps.slice(from, until + 1).filter((step) => step.byHand !== true || named(step));
}

/** The newest run that is neither done, undone nor superseded. */
export const findOpenRun = (facts: CallFacts): Journal | undefined =>
  listRuns(facts.projectFolder, facts.runbook.name, facts.environment).findLast(
    (journal) => journal.outcome === "open",
  );

/** `20261121T115500Z-1f2e`: sorts by time. */
function makeRunId(): string {
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  return `${time.replaceAll(/[-:]/g, "")}-${randomBytes(2).toString("hex")}`;
}

function operatorName(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // a user id without a name, as in some containers
    return `uid ${process.getuid?.() ?? "?"}@${hostname()}`;
  }
}

function beginRun(facts: CallFacts): Journal {
  const run = makeRunId();
  return Journal.begin(
    join(runsFolder(facts.projectFolder, facts.runbook.name, facts.environment), run),
    {
      run,
      runbook: facts.runbook.name,
      environment: facts.environment,
      steps: facts.runbook.steps.map((step) => step.name),
      params: listPlainParams(facts),
      identity: { ...facts.runbook.identity(facts.settings) },
      movebook: movebookVersion,
      operator: operatorName(),
    },
  );
}

/** Steps that changed the target in this run and were not undone; an interrupted one is asked. */
async function listChanges(facts: CallFacts, journal: Journal): Promise<Step[]> {
  const context = buildContext(facts, journal.header.run, journal.folder, journalMemory(journal));
  const changing: Step[] = [];
  for (const step of facts.runbook.steps.filter(({ changes }) => changes === "target")) {
    const state = journal.stateOf(step.name);
    if (state === "done") changing.push(step);
    if (state === "started" || state === "failed") {
      if (await effectHolds(context, step)) changing.push(step);
    }
  }
  return changing;
}

/** A whole run begins anew, unless the open one has changed the target: then it is finished or taken back first. */
async function supersede(facts: CallFacts): Promise<void> {
  const open = findOpenRun(facts);
  if (open === undefined) return;
  const changes = await listChanges(facts, open);
  if (changes.length === 0) {
    open.append({ type: "run-ended", outcome: "superseded" });
    return;
  }
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

async function executeAll(
  facts: CallFacts,
  journal: Journal,
  steps: readonly Step[],
  resumed: boolean,
): Promise<void> {
  const context = buildContext(facts, journal.header.run, journal.folder, journalMemory(journal));
  const lock = new LockOnDemand(facts.runbook);
  let confirmed = false;
  try {
    for (const step of steps) {
      const state = journal.stateOf(step.name);
      if (resumed && state === "done") {
        facts.screen.quiet(`✓ ${step.name}: done before`);
        continue;
      }
      if (step.changes === "target" && !confirmed) {
        await confirmTarget(facts);
        confirmed = true;
      }
      await lock.before(step, context);
      const interrupted =
        resumed && (state === "started" || state === "failed") ? state : undefined;
      await executeStep(context, journal, step, interrupted);
    }
  } finally {
    await lock.release();
  }
  const complete = facts.runbook.steps.every(
    (step) => step.byHand === true || journal.stateOf(step.name) === "done",
  );
  if (complete) journal.append({ type: "run-ended", outcome: "done" });
}

function noteCall(journal: Journal, verb: string, facts: CallFacts): void {
  const { confirm: _, ...options } = facts.options;
  journal.append({ type: "options", verb, options });
  facts.screen.event("run", {
    run: journal.header.run,
    runbook: facts.runbook.name,
    environment: facts.environment,
    verb,
  });
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
  if (steps.some((step) => step.changes === "target") && !facts.screen.canAsk)
    await confirmTarget(facts);
  if (!joins) await supersede(facts);
  const open = joins ? findOpenRun(facts) : undefined;
  if (open !== undefined) verifyPins(open, facts);
  const journal = open ?? beginRun(facts);
  onJournal(journal);
  noteCall(journal, verb, facts);
  await executeAll(facts, journal, steps, false);
}

/** Goes on with the open run. @throws Failure (exit 3) when there is none, or the settings are others */
export async function resume(
  facts: CallFacts,
  onJournal: (journal: Journal) => void,
): Promise<void> {
  const journal = findOpenRun(facts);
  if (journal === undefined) {
    throw refused(`there is no open run of ${facts.runbook.name} for ${facts.environment}`, [
      { what: "nothing to resume", todo: `Begin one: ${buildCommandLine(facts, "run")}` },
    ]);
  }
  onJournal(journal);
  verifyPins(journal, facts);
  if (!facts.screen.canAsk) await confirmTarget(facts);
  noteCall(journal, "resume", facts);
  await executeAll(facts, journal, chooseSteps(facts.runbook, {}), true);
}

/** Prints what a run would send, and runs only the steps that a dry run runs for real. Writes no journal. */
export async function rehearse(
  facts: CallFacts,
  selection: Selection,
  runFolder: string,
): Promise<void> {
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
