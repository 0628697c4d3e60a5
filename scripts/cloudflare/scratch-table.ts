import type { ImportTable } from "./import-table.ts";
import { textOf, type Scratch } from "./scratch.ts";

/** Which database a table of a scratch file stands for. */
export type Side = "v1" | "v2";

/** A table whose rows stand in a scratch file. */
export interface ScratchTable extends Omit<ImportTable, "table"> {
  /** Its name in the scratch file. */
  readonly source: string;
}

/** JSON knows no 64-bit integers. */
type StoredTable = Omit<ScratchTable, "sequence"> & { readonly sequence?: string };

/** Writes down which tables the scratch file holds, in an order with parents before children. */
export function writeScratchTables(
  scratch: Scratch,
  side: Side,
  tables: readonly ScratchTable[],
): void {
  scratch.exec(
    "CREATE TABLE IF NOT EXISTS movebook_tables (side TEXT, place INTEGER, facts TEXT, PRIMARY KEY (side, place))",
  );
  const insert = scratch.prepare("INSERT INTO movebook_tables VALUES (?, ?, ?)");
  for (const [place, { sequence, ...facts }] of tables.entries()) {
    const stored: StoredTable =
      sequence === undefined ? facts : { ...facts, sequence: String(sequence) };
    insert.run([side, BigInt(place), JSON.stringify(stored)]);
  }
}

function listTables(scratch: Scratch, side: Side): ScratchTable[] {
  const rows = scratch.rows(
    "SELECT facts FROM movebook_tables WHERE side = ? ORDER BY place",
    side,
  );
  return Array.from(rows, ([stored]) => {
    const { sequence, ...facts } = JSON.parse(textOf(stored)) as StoredTable;
    return sequence === undefined ? facts : { ...facts, sequence: BigInt(sequence) };
  });
}

/** v2's tables with the rows that were made for them, parents first. */
export const listTransformedTables = (scratch: Scratch): ScratchTable[] =>
  listTables(scratch, "v2");

/** v1's tables as they were loaded from its dump. */
export const listSourceTables = (scratch: Scratch): ScratchTable[] => listTables(scratch, "v1");

/** v2's tables as the writers of import files take them. */
export const listImportTables = (scratch: Scratch): ImportTable[] =>
  listTransformedTables(scratch).map(({ source, ...table }) => ({ ...table, table: source }));
