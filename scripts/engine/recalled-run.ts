import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { buildReadingContext, withPassingFolder } from "./call.ts";
import { buildContext, passingMemory, type CallFacts } from "./context.ts";
import { exitCodes, Failure, refused } from "./failure.ts";
import { Journal, listRuns } from "./journal.ts";
import { isDeed } from "./journal-lines.ts";
import { listDone } from "./open-run.ts";
import type { RememberedRun, Step, StepContext } from "./step.ts";

/** A run that the target remembers as not finished. */
export interface Recalled {
  readonly remembered: RememberedRun;
  /** Its journal as the target has it; to be read only. */
  readonly journal: Journal;
}

const placeOf = ({ run }: RememberedRun): string => `run ${run} as the target remembers it`;

/** What becomes a folder or a file here must be a plain name. */
const isPlainName = (name: string): boolean =>
  /^\w[\w.-]*$/.test(name) && basename(name) === name && !name.includes("..");

/** @throws Failure (exit 3) when it is damaged, or the run of another runbook or environment */
function read(facts: CallFacts, remembered: RememberedRun): Recalled {
  const place = placeOf(remembered);
  const journal = Journal.parse(remembered.journal, place);
  const { run, runbook, environment } = journal.header;
  const names = [remembered.run, ...Object.keys(remembered.files)];
  if (run !== remembered.run || !names.every(isPlainName))
    throw refused("what the target remembers of a run is damaged", [
      { what: "names in it are none of movebook's", where: place },
    ]);
  if (runbook === facts.runbook.name && environment === facts.environment)
    return { remembered, journal };
  throw refused(`the target is in the middle of a run of ${runbook} with --env ${environment}`, [
    {
      what: `run ${run} of operator ${journal.header.operator} is not finished there`,
      where: place,
      todo: `Look at it: ${facts.caller} status ${runbook} --env ${environment}. Or the settings of ${facts.environment} name the wrong target.`,
    },
  ]);
}

/**
 * Asks the target which run it remembers as not finished. Reads only.
 * @throws Failure (exit 3) when it cannot be used; whatever the runbook throws when the target cannot be reached
 */
export async function recallRun(facts: CallFacts): Promise<Recalled | undefined> {
  const recall = facts.runbook.recallRun;
  if (recall === undefined) return undefined;
  const remembered = await withPassingFolder((folder) =>
    recall(buildReadingContext(facts, undefined, folder)),
  );
  return remembered === undefined ? undefined : read(facts, remembered);
}

/** What the target remembers, or why it could not be asked. */
export interface Recollection {
  readonly recalled?: Recalled;
  readonly error?: unknown;
}

/**
 * As `recallRun`, for calls to which a target that cannot be reached is the first step's to report.
 * @throws Failure (exit 3) when what the target remembers cannot be used; the signal's reason when it is aborted
 */
export async function tryToRecall(facts: CallFacts): Promise<Recollection> {
  try {
    const recalled = await recallRun(facts);
    return recalled === undefined ? {} : { recalled };
  } catch (error) {
    facts.signal.throwIfAborted();
    if (error instanceof Failure && error.exitCode === exitCodes.refused) throw error;
    return { error };
  }
}

/** Runs `work` with the context of a remembered run: its facts and its files, in a folder that is gone afterwards. */
export const withRecalled = <T>(
  facts: CallFacts,
  { remembered, journal }: Recalled,
  work: (context: StepContext) => Promise<T>,
): Promise<T> =>
  withPassingFolder((folder) => {
    for (const [name, contents] of Object.entries(remembered.files))
      writeFileSync(join(folder, name), contents, { mode: 0o600 });
    return work(buildContext(facts, remembered.run, folder, passingMemory(journal)));
  });

/** The steps by which a remembered run has changed the target. */
export function listChanges(facts: CallFacts, recalled: Recalled): Promise<Step[]> {
  const steps = facts.runbook.steps.filter(
    ({ changes, takesBack }) => changes === "target" && takesBack === undefined,
  );
  return withRecalled(facts, recalled, (context) => listDone(context, recalled.journal, steps));
}

export const findLocal = (facts: CallFacts, run: string): Journal | undefined =>
  listRuns(facts.projectFolder, facts.runbook.name, facts.environment).find(
    ({ header }) => header.run === run,
  );

/** current: as far as the target's, or further; behind: the run went on elsewhere; diverged: both went on. */
export type Standing = "current" | "behind" | "diverged";

const listDeeds = ({ records }: Journal): string[] =>
  records.flatMap((entry) => {
    if (entry.type === "run-ended") return [`${entry.type} ${entry.outcome}`];
    return isDeed(entry) && "step" in entry ? [`${entry.type} ${entry.step}`] : [];
  });

/**
 * Compares the journal of a run on this machine with the one that the target remembers, deed by deed: what was begun,
 * done, and taken back, in order. When and by whom does not count, and neither does what only tells of a call
 * (options, failures, the lock): a call that failed here leaves such lines, and nothing went on by them.
 *
 * The target's journal is written with its changes, so it is never further than what was done; on the machine where a
 * run works its own journal is as far or further (`current`). When the target's begins with all deeds of the local one
 * and has more, the run went on elsewhere (`behind`): the longer one wins. When each has a deed that the other lacks
 * (`diverged`) nobody can say what happened.
 */
export function compareDeeds(local: Journal, remembered: Journal): Standing {
  const [here, there] = [listDeeds(local), listDeeds(remembered)];
  const common = here.findIndex((deed, at) => deed !== there[at]);
  if (common === -1) return here.length < there.length ? "behind" : "current";
  return common >= there.length ? "current" : "diverged";
}
