import { encodeCells } from "../../cloudflare/exact-cells.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import type { Scratch } from "../../cloudflare/scratch.ts";
import { StoredRow } from "../../cloudflare/stored-row.ts";

/** A table of the scratch file. */
export interface ExpectedTable {
  readonly scratch: Scratch;
  readonly table: string;
  readonly columns: readonly string[];
  /** SQL after ORDER BY. */
  readonly orderBy: string;
}

/** Doubles: the text of one is not the same in each version of SQLite. */
function hasReals({ scratch, table, columns }: ExpectedTable): boolean {
  const conditions = columns.map((name) => `typeof(${quoteIdentifier(name)}) = 'real'`);
  const sql = `SELECT 1 FROM ${quoteIdentifier(table)} WHERE ${conditions.join(" OR ")} LIMIT 1`;
  return scratch.row(sql) !== undefined;
}

/**
 * The rows that should be in a table, one after the other: as the texts in which the database gives its own where that is
 * exact, else as cells.
 */
export function* listExpectedRows(expected: ExpectedTable): Generator<StoredRow, undefined> {
  const { scratch, table, columns, orderBy } = expected;
  const names = columns.map(quoteIdentifier);
  const rest = `FROM ${quoteIdentifier(table)} ORDER BY ${orderBy}`;
  if (hasReals(expected))
    for (const cells of scratch.rows(`SELECT ${names.join(", ")} ${rest}`))
      yield StoredRow.ofCells(cells);
  else
    for (const text of scratch.texts(`SELECT ${encodeCells(names)} ${rest}`))
      yield StoredRow.ofText(text);
  return undefined;
}
