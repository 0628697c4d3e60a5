import { dirname, join } from "node:path";
import { buildReadingContext, withPassingFolder } from "./call.ts";
import { confirmTarget } from "./confirm.ts";
import {
  buildCallWithFlags,
  buildCommandLine,
  buildContext,
  passingMemory,
  type CallFacts,
} from "./context.ts";
import { verifyRunsRead } from "./damaged-runs.ts";
import { misused, refused } from "./failure.ts";
import { listRuns, runsFolder, type Journal } from "./journal.ts";
import { LockOnDemand } from "./lock.ts";
import { contextOf, listDone, listOpenRuns } from "./open-run.ts";
import { listIdentityDifferences } from "./pins.ts";
import { tryToRecall } from "./recalled-run.ts";
import type { RollbackPoint, RollbackPoints, StepContext } from "./step.ts";
import { refuseRemembered } from "./take-over.ts";
import { countOf, sizeOf } from "./wording.ts";

/** @throws Failure (exit 2) when the runbook takes none */
function pointsOf({ runbook }: CallFacts): RollbackPoints {
  if (runbook.rollbackPoints !== undefined) return runbook.rollbackPoints;
  throw misused(`${runbook.name} takes no rollback points`);
}

/** The points, oldest first. */
const readPoints = (facts: CallFacts): Promise<readonly RollbackPoint[]> =>
  withPassingFolder(async (folder) => {
    const points = await pointsOf(facts).list(buildReadingContext(facts, undefined, folder));
    return [...points].sort((one, other) => (one.takenAt < other.takenAt ? -1 : 1));
  });

const isExpired = ({ isNeeded, keptUntil }: RollbackPoint): boolean =>
  !isNeeded && Date.parse(keptUntil) <= Date.now();

function describeKeeping(point: RollbackPoint): string {
  if (point.isNeeded) return "kept: needed";
  return isExpired(point)
    ? `may be cleaned since ${point.keptUntil}`
    : `kept until ${point.keptUntil}`;
}

/** Prints the rollback points of a runbook and environment, oldest first; an event each with --json. */
export async function listRollbackPoints(facts: CallFacts): Promise<void> {
  const points = await readPoints(facts);
  const { screen } = facts;
  screen.heading(`Rollback points: ${facts.runbook.name} ${facts.environment}`);
  if (points.length === 0) screen.line("none");
  const widths = [
    Math.max(...points.map(({ run }) => run.length)),
    Math.max(...points.map(({ bytes }) => sizeOf(bytes).length)),
  ] as const;
  for (const point of points) {
    screen.event("rollback-point", { ...point, mayBeCleaned: isExpired(point) });
    const size = sizeOf(point.bytes).padStart(widths[1]);
    screen.line(`${point.run.padEnd(widths[0])}  ${size}  ${describeKeeping(point)}`);
    screen.line(`${"".padEnd(widths[0])}  ${point.holds}, taken ${point.takenAt}`);
  }
}

/** @throws Failure (exit 3) when there is none, or none of that run */
function choosePoint(
  facts: CallFacts,
  points: readonly RollbackPoint[],
  run: string | undefined,
): RollbackPoint {
  const newest = points.at(-1);
  if (newest === undefined)
    throw refused(`there is no rollback point of ${facts.runbook.name} for ${facts.environment}`);
  const found = run === undefined ? newest : points.find((point) => point.run === run);
  if (found !== undefined) return found;
  throw refused(
    `there is no rollback point of run ${run}`,
    points.map((point) => ({
      what: `run ${point.run}: ${point.holds}, taken ${point.takenAt}`,
      where: point.file,
    })),
  );
}

/**
 * An open run that has changed the target comes first, also one that only the target remembers; call this under the
 * lock. @throws Failure (exit 3)
 */
async function refuseOpenRuns(facts: CallFacts, point: RollbackPoint): Promise<void> {
  await refuseLocalRuns(facts, point);
  const { recalled } = await tryToRecall(facts);
  await refuseRemembered(facts, recalled);
}

async function refuseLocalRuns(facts: CallFacts, point: RollbackPoint): Promise<void> {
  const steps = facts.runbook.steps.filter(
    ({ changes, takesBack }) => changes === "target" && takesBack === undefined,
  );
  for (const open of listOpenRuns(facts)) {
    const done = await listDone(contextOf(facts, open), open, steps);
    if (done.length === 0) continue;
    const { run } = open.header;
    const undo = buildCommandLine(facts, "undo");
    const todo =
      run === point.run
        ? `Take it back: ${undo}; it restores this rollback point, and all else that the run changed.`
        : `Go on with it: ${buildCommandLine(facts, "resume")}; or take it back: ${undo}`;
    throw refused(`run ${run} is open and has changed the target; it comes first`, [
      {
        what: `an open run has changed the target: ${done.map(({ name }) => name).join(", ")}`,
        where: open.folder,
        todo,
      },
    ]);
  }
}

/** The target of the settings must be the one that the point was taken of. @throws Failure (exit 3) */
function verifySameTarget(facts: CallFacts, journal: Journal | undefined): void {
  const differences = journal === undefined ? [] : listIdentityDifferences(journal, facts);
  if (differences.length === 0) return;
  throw refused(
    "the rollback point was taken by a run with other databases",
    differences.map((what) => ({ what, todo: "Put it back in the settings, and call again." })),
  );
}

/** @throws Failure (exit 3) when it was not confirmed */
async function askFirst(facts: CallFacts, point: RollbackPoint): Promise<void> {
  await confirmTarget(facts);
  if (facts.options.yes) return;
  const what = `put the target back to the point that run ${point.run} took at ${point.takenAt} (${point.holds})`;
  const { screen } = facts;
  const answer = screen.canAsk
    ? await screen.ask(`${what[0]?.toUpperCase()}${what.slice(1)}? (y/N)`, facts.signal)
    : "";
  if (/^y(es)?$/i.test(answer)) return;
  const confirmed = `${buildCallWithFlags(facts, "rollback restore")} ${point.run} --yes`;
  throw refused(
    "a rollback changes the target and was not confirmed",
    [{ what: `it would ${what}`, todo: `Say so: ${confirmed}` }],
    confirmed,
  );
}

const buildPointContext = (
  facts: CallFacts,
  point: RollbackPoint,
  journal: Journal | undefined,
): StepContext =>
  journal === undefined
    ? buildContext(facts, point.run, dirname(point.file), passingMemory(undefined))
    : contextOf(facts, journal);

/** What the run of the point changed, and what finished runs changed after it, is no longer there. */
function noteRestored(runs: readonly Journal[], point: RollbackPoint): void {
  for (const journal of runs)
    if (journal.header.run >= point.run && journal.outcome === "done")
      journal.append({ type: "run-ended", outcome: "undone" });
}

/**
 * Puts the target back to a rollback point, outside of a run: confirmed, asked for (or --yes), under the lock. An open
 * run that has changed the target comes first; when the point is its own, its undo restores it.
 * @param run whose point it is; left out: the newest
 * @param onJournal told the journal of the point's run, when it is there, for the failure report
 * @throws Failure (exit 2) when the runbook takes no points; (exit 3) when it is refused or not confirmed
 */
export async function restoreRollbackPoint(
  facts: CallFacts,
  run: string | undefined,
  onJournal: (journal: Journal) => void,
): Promise<void> {
  verifyRunsRead(facts);
  const point = choosePoint(facts, await readPoints(facts), run);
  const runs = listRuns(facts.projectFolder, facts.runbook.name, facts.environment);
  const journal = runs.find(({ header }) => header.run === point.run);
  verifySameTarget(facts, journal);
  if (journal !== undefined) onJournal(journal);
  const lock = new LockOnDemand(facts.runbook);
  const context = buildPointContext(lock.guard(facts), point, journal);
  try {
    await lock.take(context);
    await refuseOpenRuns(facts, point);
    await askFirst(facts, point);
    const { confirm: _, ...options } = facts.options;
    journal?.append({ type: "options", verb: "rollback restore", options });
    await pointsOf(facts).restore(context, point);
    noteRestored(runs, point);
  } finally {
    facts.screen.settle();
    await lock.release();
  }
  facts.screen.event("rollback-restored", { run: point.run, file: point.file });
  facts.screen.good(`the target is back at the rollback point of run ${point.run}: ${point.holds}`);
}

/**
 * Removes the points that no run needs and whose time is over, and says what that freed.
 * @throws Failure (exit 2) when the runbook takes no points
 */
export async function cleanRollbackPoints(facts: CallFacts): Promise<void> {
  const points = await readPoints(facts);
  const expired = points.filter(isExpired);
  for (const point of expired) {
    facts.signal.throwIfAborted();
    const folder = join(
      runsFolder(facts.projectFolder, facts.runbook.name, facts.environment),
      point.run,
    );
    const context = buildContext(facts, point.run, folder, passingMemory(undefined));
    await pointsOf(facts).remove(context, point);
    facts.screen.event("rollback-point-removed", { ...point });
    facts.screen.line(`removed: run ${point.run}, ${sizeOf(point.bytes)}, ${point.holds}`);
  }
  for (const point of points)
    if (!expired.includes(point))
      facts.screen.quiet(`stays: run ${point.run}, ${describeKeeping(point)}`);
  const freed = expired.reduce((sum, { bytes }) => sum + bytes, 0);
  facts.screen.good(
    expired.length === 0
      ? "no rollback point may be cleaned yet"
      : `${countOf(expired.length, "rollback point")} removed, ${sizeOf(freed)} freed`,
  );
}
