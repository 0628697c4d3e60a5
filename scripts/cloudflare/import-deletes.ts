import { quoteIdentifier } from "./identifier.ts";
import type { ImportTable } from "./import-table.ts";
import { buildLedgerDrop } from "./import-ledger.ts";
import { writeLiteral } from "./sql-literal.ts";

/** Rows that go at once: D1 gives a query 30 s. */
const usualChunkRows = 50_000;

const refersToItself = ({ shape }: ImportTable): boolean =>
  shape.foreignKeys.some(({ table }) => table.toLowerCase() === shape.name.toLowerCase());

const deleteAll = ({ shape }: ImportTable): string => `DELETE FROM ${quoteIdentifier(shape.name)}`;

function deleteSome({ shape }: ImportTable, rows: number): string {
  const table = quoteIdentifier(shape.name);
  const key = shape.withoutRowid ? shape.primaryKey.map(quoteIdentifier).join(",") : "rowid";
  return `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} LIMIT ${rows})`;
}

/** One call each. A table that refers to itself is emptied by one statement: chunks would break its keys. */
function buildChunks(table: ImportTable, chunkRows: number): string[][] {
  const chunks: string[][] = [];
  if (!refersToItself(table))
    for (let left = table.rows; left > chunkRows; left -= chunkRows)
      chunks.push([deleteSome(table, chunkRows)]);
  return [...chunks, [deleteAll(table)]];
}

/** Tables of one circle stand together; all others alone. */
function groupTables(tables: readonly ImportTable[]): ImportTable[][] {
  const groups: ImportTable[][] = [];
  for (const table of tables) {
    const last = groups.at(-1);
    if (table.cyclic === true && last?.[0]?.cyclic === true) last.push(table);
    else groups.push([table]);
  }
  return groups;
}

const buildSequenceDelete = ({ shape, sequence }: ImportTable): string[] =>
  sequence === undefined
    ? []
    : [`DELETE FROM sqlite_sequence WHERE name=${writeLiteral(shape.name)}`];

/** Joins neighbours that are quick, so that small tables do not cost a call each. */
function joinSmall(calls: readonly (readonly string[])[], most: number): string[][] {
  const joined: string[][] = [];
  for (const call of calls) {
    const last = joined.at(-1);
    const isQuick = call.length === 1 && call[0]?.includes(" WHERE (") === false;
    if (isQuick && last !== undefined && last.length < most) last.push(...call);
    else joined.push([...call]);
  }
  return joined;
}

/**
 * Statements that empty the tables of an import, children first, and remove its ledger at the very end. They take every
 * row: v2 was empty before. Each inner list is sent in one call, because foreign keys are checked at its end.
 * @param tables parents first, as they were imported
 */
export function buildDeletes(
  tables: readonly ImportTable[],
  chunkRows = usualChunkRows,
): string[][] {
  const calls = groupTables(tables)
    .reverse()
    .flatMap((group) =>
      group[0]?.cyclic === true
        ? [["PRAGMA defer_foreign_keys=TRUE", ...group.map(deleteAll).reverse()]]
        : group.flatMap((table) => buildChunks(table, chunkRows)),
    );
  const sequences = tables.flatMap(buildSequenceDelete);
  return [...joinSmall(calls, 20), [...sequences, ...buildLedgerDrop()]];
}
