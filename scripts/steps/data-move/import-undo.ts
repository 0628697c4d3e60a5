import { failed, refused, type Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Catalogue, ForeignKey, Table } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import { readManifest } from "../../postgres/dump-manifest.ts";
import { dropSettledLedger } from "../../postgres/drop-ledger.ts";
import { listForeignKeys } from "../../postgres/foreign-keys.ts";
import { displayName, nameKey, type QualifiedName } from "../../postgres/identifier.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { lockWait, planLoads } from "../../postgres/load-parts.ts";
import { listFilledTables, rowsOf } from "../../postgres/filled-tables.ts";
import type { MovedTable } from "../../postgres/table-plan.ts";
import { buildSilence, buildUnsilence, listUserTriggers } from "../../postgres/triggers.ts";
import { withBoth, withTarget } from "./databases.ts";
import { dumpFiles } from "./dump-files.ts";
import { readScope } from "./scope.ts";
import { putViewsBack } from "./view-states.ts";
import { countOf } from "../../engine/wording.ts";

/** What is emptied: the tables that the import filled, and empty ones that refer to them (TRUNCATE wants those too). */
interface Emptying {
  readonly moved: readonly MovedTable[];
  readonly referring: readonly Table[];
}

/** Tables that refer to the given ones, directly or through each other. Pure. */
export function listReferring(
  tables: readonly QualifiedName[],
  keys: readonly ForeignKey[],
  catalogue: Pick<Catalogue, "tables">,
): Table[] {
  const byName = new Map(catalogue.tables.map((table) => [nameKey(table), table]));
  const rootOf = (name: QualifiedName): Table | undefined => {
    const table = byName.get(nameKey(name));
    return table?.root === null || table === undefined ? table : byName.get(nameKey(table.root));
  };
  const known = new Set(tables.map(nameKey));
  const found: Table[] = [];
  for (let before = -1; before !== found.length;) {
    before = found.length;
    for (const key of keys) {
      const [from, to] = [rootOf({ schema: key.schema, name: key.table }), rootOf(key.references)];
      if (from === undefined || to === undefined) continue;
      if (known.has(nameKey(from)) || !known.has(nameKey(to))) continue;
      known.add(nameKey(from));
      found.push(from);
    }
  }
  return found;
}

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
  { moved, referring }: Emptying,
): Promise<void> {
  const imported = countImported(context, moved);
  const filled = await listFilledTables(target, [
    ...moved.map((table) => table.target),
    ...referring,
  ]);
  const problems: Problem[] = filled
    .filter(({ table, rows }) => Number(rows) !== (imported.get(nameKey(table)) ?? 0))
    .map(({ table, rows }) => ({
      what: `${displayName(table)} holds ${countOf(rows, "row")}, the import wrote ${imported.get(nameKey(table)) ?? 0}: somebody has written since`,
      todo: "Save or delete those rows yourself; undo does not delete what it did not bring.",
    }));
  if (problems.length > 0)
    throw refused("v2 was written to after the import; emptying it would lose that", problems);
}

/** Looks and empties in one transaction, under a lock: nobody writes in between. */
async function emptyTables(
  context: StepContext,
  target: Database,
  emptying: Emptying,
): Promise<void> {
  const { moved, referring } = emptying;
  const tables = [...moved.map((table) => table.target), ...referring];
  // ONLY: children by inheritance are tables of their own, perhaps v2's
  const names = tables.map(rowsOf).join(", ");
  const own = new Set(tables.map(nameKey));
  const triggers = (await listUserTriggers(target)).filter(({ schema, table }) =>
    own.has(nameKey({ schema, name: table })),
  );
  await target.query(`begin; set local lock_timeout = ${lockWait}`);
  try {
    await target.query(`lock table ${names} in access exclusive mode`);
    await verifyOnlyOurs(context, target, emptying);
    for (const statement of buildSilence(triggers)) await target.query(statement);
    // without CASCADE: what is not in the list is not emptied
    await target.query(`truncate table ${names}`);
    for (const statement of buildUnsilence(triggers)) await target.query(statement);
    const { imports } = await readLedger(target);
    if (imports.length > 0)
      await target.query("delete from movebook.imports where run = $1", [context.runId]);
    await target.query("commit");
  } catch (error) {
    await target.query("rollback").catch(() => undefined);
    throw error;
  }
}

/** Empties what the import filled, in one transaction, and looks that it is empty. */
export async function undoImport(context: StepContext): Promise<void> {
  const emptying = await withBoth(context, async (source, target): Promise<Emptying> => {
    const { plan, targetCatalogue } = await readScope(context, source, target);
    const keys = await listForeignKeys(target);
    const tables = plan.moved.map((table) => table.target);
    return { moved: plan.moved, referring: listReferring(tables, keys, targetCatalogue) };
  });
  await withTarget(
    context,
    async (target) => {
      await emptyTables(context, target, emptying);
      const filled = await listFilledTables(
        target,
        emptying.moved.map((table) => table.target),
      );
      if (filled.length > 0)
        throw failed(`${countOf(filled.length, "table")} of v2 not empty after the undo`);
      context.screen.good(`Tables: ${emptying.moved.length} emptied`);
      await putViewsBack(context, target);
      await dropSettledLedger(target);
    },
    { readOnly: false },
  );
}
