import { countOf } from "../../engine/wording.ts";
import type { Table } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import { listFilledTables, rowsOf } from "../../postgres/filled-tables.ts";
import { displayName, nameKey } from "../../postgres/identifier.ts";
import type { Before } from "./rollback-state.ts";

/** A table that holds something else than the import wrote into it. */
export interface WrittenSince {
  readonly table: Table;
  readonly rows: number;
  readonly imported: number;
  /** Rows of the import's number that were changed since; undefined when that is not known. */
  readonly changed: number | undefined;
}

export const countImported = ({ extent }: Before, table: Table): number =>
  extent?.tables.find((one) => nameKey(one) === nameKey(table))?.rows ?? 0;

async function countChanged(
  target: Database,
  table: Table,
  transaction: string | undefined,
): Promise<number | undefined> {
  if (transaction === undefined) return undefined;
  const { rows } = await target.one<{ rows: string }>(
    `select pg_catalog.count(*) as rows from ${rowsOf(table)} where xmin::pg_catalog.text <> $1`,
    [transaction],
  );
  return Number(rows);
}

/** Tables into which somebody has written after the import: that would be lost. */
export async function listWrittenSince(target: Database, before: Before): Promise<WrittenSince[]> {
  const filled = new Map(
    (await listFilledTables(target, before.moved)).map(({ table, rows }) => [
      nameKey(table),
      Number(rows),
    ]),
  );
  const found: WrittenSince[] = [];
  for (const table of before.moved) {
    const rows = filled.get(nameKey(table)) ?? 0;
    const imported = countImported(before, table);
    const changed = rows === 0 ? 0 : await countChanged(target, table, before.extent?.transaction);
    if (rows !== imported || (changed ?? 0) > 0) found.push({ table, rows, imported, changed });
  }
  return found;
}

/** `Animal holds 121 rows, the import wrote 120: somebody has written since`. */
export function describeWrittenSince({ table, rows, imported, changed }: WrittenSince): string {
  const name = displayName(table);
  return rows === imported && changed !== undefined
    ? `${countOf(changed, "row")} of ${name} ${changed === 1 ? "was" : "were"} changed after the import`
    : `${name} holds ${countOf(rows, "row")}, the import wrote ${imported}: somebody has written since`;
}
