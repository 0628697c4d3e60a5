import { failed, refused, type Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { readManifest } from "../../postgres/dump-manifest.ts";
import { displayName, nameKey, quoteName } from "../../postgres/identifier.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { planLoads } from "../../postgres/load-parts.ts";
import type { MovedTable } from "../../postgres/table-plan.ts";
import { listFilled } from "../../postgres/table-contents.ts";
import { withBoth, withTarget } from "./databases.ts";
import { dumpFiles } from "./dump-files.ts";
import { readScope } from "./scope.ts";

/** Rows that the import wrote into each table of v2. */
function countImported(
  context: StepContext,
  tables: readonly MovedTable[],
): ReadonlyMap<string, number> {
  const { sections } = readManifest(dumpFiles(context).manifest);
  return new Map(
    tables.map((table) => {
      const loads = planLoads([table], sections);
      return [nameKey(table.target), loads.reduce((sum, { section }) => sum + section.rows, 0)];
    }),
  );
}

/** @throws Failure (exit 3) when a table holds other rows than the import wrote: those would be lost */
async function verifyOnlyOurs(
  context: StepContext,
  target: Database,
  tables: readonly MovedTable[],
): Promise<void> {
  const imported = countImported(context, tables);
  const filled = await listFilled(
    target,
    tables.map((table) => table.target),
  );
  const problems: Problem[] = filled
    .filter(({ table, rows }) => Number(rows) !== imported.get(nameKey(table)))
    .map(({ table, rows }) => ({
      what: `${displayName(table)} holds ${rows} rows, the import wrote ${imported.get(nameKey(table)) ?? 0}: somebody has written since`,
      todo: "Save or delete those rows yourself; undo does not delete what it did not bring.",
    }));
  if (problems.length > 0)
    throw refused("v2 was written to after the import; emptying it would lose that", problems);
}

async function emptyTables(
  target: Database,
  tables: readonly MovedTable[],
  run: string,
): Promise<void> {
  await target.query("begin");
  try {
    // all in one statement and without CASCADE: a table that is not ours and refers to ours stops it
    await target.query(
      `truncate table ${tables.map((table) => quoteName(table.target)).join(", ")}`,
    );
    const { imports } = await readLedger(target);
    if (imports.length > 0)
      await target.query("delete from movebook.imports where run = $1", [run]);
    await target.query("commit");
  } catch (error) {
    await target.query("rollback");
    throw error;
  }
}

/** Empties what the import filled, in one transaction, and looks that it is empty. */
export async function undoImport(context: StepContext): Promise<void> {
  const { plan } = await withBoth(context, (source, target) => readScope(context, source, target));
  await withTarget(
    context,
    async (target) => {
      await verifyOnlyOurs(context, target, plan.moved);
      await emptyTables(target, plan.moved, context.runId);
      const filled = await listFilled(
        target,
        plan.moved.map((table) => table.target),
      );
      if (filled.length > 0) throw failed(`${filled.length} tables are not empty after the undo`);
    },
    { readOnly: false },
  );
}
