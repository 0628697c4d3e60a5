import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { buildCommandLine, type CallFacts } from "./context.ts";
import { refused } from "./failure.ts";
import { Journal, runsFolder, syncFolder } from "./journal.ts";
import { LockOnDemand } from "./lock.ts";
import { listOpenRuns } from "./open-run.ts";
import { verifyPins } from "./pins.ts";
import {
  compareDeeds,
  findLocal,
  listChanges,
  recallRun,
  tryToRecall,
  withRecalled,
  type Recalled,
} from "./recalled-run.ts";
import { movebookVersion } from "./version.ts";

/** Writes a file so that it is there whole or not at all, also after a crash. */
function writeWhole(file: string, text: string): void {
  const passing = `${file}.${process.pid}.part`;
  const handle = openSync(passing, "w", 0o600);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(passing, file);
}

/** A journal that gives way is kept beside the new one. */
function keepJournal(folder: string): string | undefined {
  const file = Journal.file(folder);
  if (!existsSync(file)) return undefined;
  const until = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const kept = join(folder, `journal-until-${until}.jsonl`);
  copyFileSync(file, kept);
  return kept;
}

/** The files first, the journal last: a folder without a journal is no run yet. */
function writeRun(facts: CallFacts, { remembered }: Recalled): Journal {
  const runs = runsFolder(facts.projectFolder, facts.runbook.name, facts.environment);
  const folder = join(runs, remembered.run);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, contents] of Object.entries(remembered.files))
    writeWhole(join(folder, name), contents);
  const kept = keepJournal(folder);
  writeWhole(Journal.file(folder), remembered.journal);
  for (const entry of [folder, runs]) syncFolder(entry);
  if (kept !== undefined) facts.screen.line(`This machine's older journal of it is kept: ${kept}`);
  const journal = Journal.open(folder);
  journal.append({ type: "options", verb: "take over", options: {}, movebook: movebookVersion });
  return journal;
}

const describeRun = ({ journal }: Recalled): string => {
  const { run, operator, at } = journal.header;
  return `Run ${run} of operator ${operator}, begun ${at}`;
};

/** Another run of this machine that is open gives way when it has not begun to change the target. */
function closeOthers(facts: CallFacts, recalled: Recalled): void {
  const changing = facts.runbook.steps.filter(({ changes }) => changes === "target");
  const others = listOpenRuns(facts).filter(({ header }) => header.run !== recalled.remembered.run);
  const begun = others.find((open) => changing.some(({ name }) => open.deedOf(name) !== undefined));
  if (begun !== undefined)
    throw refused(
      `run ${begun.header.run} is open on this machine, and the target is in the middle of another one`,
      [
        { what: "this run has begun to change the target", where: begun.folder },
        {
          what: `the target remembers run ${recalled.remembered.run} of operator ${recalled.journal.header.operator}, and no other`,
          todo: `When the first one was finished or taken back elsewhere, move its folder away, and call again.`,
        },
      ],
    );
  for (const open of others) {
    open.append({ type: "run-ended", outcome: "superseded" });
    facts.screen.line(`The open run ${open.header.run} has changed nothing, and is closed.`);
  }
}

/** @returns true when the target's journal is to be written here. @throws Failure (exit 3) when nobody can say */
function isWanted(facts: CallFacts, { remembered, journal }: Recalled): boolean {
  const local = findLocal(facts, remembered.run);
  if (local === undefined) return true;
  const standing = compareDeeds(local, journal);
  const isOver = local.outcome === "undone" || local.outcome === "superseded";
  if (standing === "current" && !isOver) return false;
  if (standing === "behind") return true;
  const here = isOver ? `here it is ${local.outcome}` : "here it went on otherwise than there";
  throw refused(
    `run ${remembered.run} is not the same on this machine as the target remembers it`,
    [
      { what: here, where: local.folder },
      {
        what: "the target remembers it as not finished",
        where: facts.runbook.targetNames(facts.settings)[0] ?? "the target",
        todo: `Look at both: ${buildCommandLine(facts, "status")}. When the target is right, move the folder away (keep it), and call again: the run is then taken over from the target.`,
      },
    ],
  );
}

async function takeOverLocked(facts: CallFacts, first: Recalled): Promise<Journal> {
  const lock = new LockOnDemand(facts.runbook);
  try {
    await withRecalled(facts, first, (context) => lock.take(context));
    // whoever held the lock until now may have gone on with it
    const recalled = await recallRun(facts);
    if (recalled?.remembered.run !== first.remembered.run)
      throw refused(`run ${first.remembered.run} has ended meanwhile, elsewhere`, [
        { what: "the target no longer remembers it", todo: "See what it says, and call again." },
      ]);
    closeOthers(facts, recalled);
    const isKnown = findLocal(facts, recalled.remembered.run) !== undefined;
    const journal = writeRun(facts, recalled);
    facts.screen.line(
      isKnown
        ? `${describeRun(recalled)}, went on elsewhere, as the target remembers: taken over.`
        : `${describeRun(recalled)}, is remembered by the target and not on this machine: taken over.`,
    );
    facts.screen.event("taken-over", { run: journal.header.run });
    return journal;
  } finally {
    await lock.release();
  }
}

/**
 * Takes over the run that the target remembers when this machine does not have it, or not as far: writes its folder,
 * from which everything goes on as usual. Under the lock, so that no run is taken from under the hands of somebody who
 * is at work. Which of two journals of the same run wins says `compareDeeds`.
 * @returns its journal; undefined when there is nothing to take over
 * @throws Failure (exit 3) when the settings are not the run's, somebody works on the target, or the journals diverge
 */
export async function takeOver(
  facts: CallFacts,
  recalled: Recalled | undefined,
): Promise<Journal | undefined> {
  if (recalled === undefined || !isWanted(facts, recalled)) return undefined;
  verifyPins(recalled.journal, facts);
  return takeOverLocked(facts, recalled);
}

/**
 * A run that the target remembers as not finished comes before a new one, unless it has changed nothing.
 * @param own the run that is at work, which does not stand in its own way
 * @throws Failure (exit 3) that names run, operator, resume and undo
 */
export async function refuseRemembered(
  facts: CallFacts,
  recalled: Recalled | undefined,
  own?: string,
): Promise<void> {
  if (recalled === undefined || recalled.remembered.run === own) return;
  const changes = await listChanges(facts, recalled);
  if (changes.length === 0) return;
  const names = changes.map(({ name }) => name).join(", ");
  const { run, operator, at } = recalled.journal.header;
  throw refused(`run ${run} is open and has changed the target (${names} done); it comes first`, [
    {
      what: `the target remembers this run of operator ${operator}, begun ${at}, as not finished: ${names}`,
      where: findLocal(facts, run)?.folder ?? "not on this machine",
      todo: `Go on with it: ${buildCommandLine(facts, "resume")}; or take it back: ${buildCommandLine(facts, "undo")}`,
    },
  ]);
}

/**
 * Under the lock, before the first change: nobody has gone on with this run elsewhere, and the target is in the middle
 * of no other one.
 * @throws Failure (exit 3)
 */
export async function verifyOwn(facts: CallFacts, journal: Journal): Promise<void> {
  const { recalled } = await tryToRecall(facts);
  await refuseRemembered(facts, recalled, journal.header.run);
  if (recalled?.remembered.run !== journal.header.run) return;
  if (compareDeeds(journal, recalled.journal) === "current") return;
  throw refused(`run ${journal.header.run} went on elsewhere meanwhile`, [
    {
      what: "the target remembers more of it than the journal on this machine",
      where: journal.folder,
      todo: "Call again: it is then taken over as the target remembers it.",
    },
  ]);
}
