import type { RememberedRun, StepContext } from "../../engine/step.ts";
import { readLedger, type LedgerRun } from "../../postgres/ledger.ts";
import { findStoredRun } from "../../postgres/ledger-run.ts";
import { withTarget } from "./databases.ts";

/** The newest run of this environment that v2's ledger knows; run ids sort by time. */
export const findNewest = (
  { environment }: Pick<StepContext, "environment">,
  runs: readonly LedgerRun[],
): LedgerRun | undefined =>
  runs
    .filter((run) => run.environment === environment)
    .toSorted((a, b) => (a.run < b.run ? -1 : 1))
    .at(-1);

/**
 * The run that has changed v2 and is not finished, as v2's ledger has it; it is dropped when a run is finished or taken
 * back. One of another environment only when there is none of this one: v2 is in the middle of it. Needs v2 only.
 * @throws Failure (exit 3) when a later movebook made the ledger
 */
export const recallRun = (context: StepContext): Promise<RememberedRun | undefined> =>
  withTarget(context, async (target) => {
    const { runs } = await readLedger(target);
    const newest = findNewest(context, runs) ?? runs.at(-1);
    return newest === undefined ? undefined : findStoredRun(target, newest.run);
  });
