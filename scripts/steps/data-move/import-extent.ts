import { existsSync } from "node:fs";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { readManifest } from "../../postgres/dump-manifest.ts";
import { readLedger, type LoadedTable } from "../../postgres/ledger.ts";
import { withSource } from "./databases.ts";
import { dumpFiles } from "./dump-files.ts";
import { recallImport, wasCommitted } from "./import-evidence.ts";
import { countLoads } from "./loaded-rows.ts";
import { remembered } from "./remembered.ts";
import { readScope } from "./scope.ts";

/** What the import of a run has written into v2. */
export interface ImportExtent {
  readonly tables: readonly LoadedTable[];
  /** xmin of the rows; undefined when it is not known. */
  readonly transaction: string | undefined;
}

/** A row knows the lower half of the number of its transaction only. */
const toXmin = (transaction: unknown): string | undefined =>
  typeof transaction === "string" && /^\d+$/u.test(transaction)
    ? String(BigInt(transaction) % 2n ** 32n)
    : undefined;

/** From the dump: what was to be loaded is what was, or the import would not have been committed. */
const readFromDump = (context: StepContext, target: Database): Promise<readonly LoadedTable[]> =>
  withSource(context, async (source) => {
    const { plan } = await readScope(context, source, target);
    return countLoads(plan.moved, readManifest(dumpFiles(context).manifest).sections);
  });

/** What the import of this run has written: by the ledger, by the journal, or by the dump's manifest and the plan. */
export async function readExtent(
  context: StepContext,
  target: Database,
): Promise<ImportExtent | undefined> {
  // another machine may have finished the import: then what this journal knows is an attempt that failed
  const isOther = (await wasCommitted(context, target)) === false;
  const transaction = isOther ? undefined : toXmin(context.recall(remembered.importTransaction));
  const { imports } = await readLedger(target);
  const inLedger = imports.find(({ run }) => run === context.runId)?.tables ?? [];
  const known = inLedger.length > 0 ? inLedger : (recallImport(context)?.tables ?? []);
  if (known.length > 0) return { tables: known, transaction };
  if (!existsSync(dumpFiles(context).manifest)) return undefined;
  return { tables: await readFromDump(context, target), transaction };
}
