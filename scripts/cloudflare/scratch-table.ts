import { textOf, type Scratch } from "./scratch.ts";
import type { TableShape } from "./table-shape.ts";

/** Which database a table of a scratch file stands for. */
export type Side = "v1" | "v2";

/** A table whose rows stand in a scratch file. */
export interface ScratchTable {
  /** As the database declares it, under its own name. */
  readonly shape: TableShape;
  /** Its name in the scratch file. */
  readonly source: string;
  /** What follows ORDER BY to get the rows in their order: parents first, else as v1 has them. */
  readonly orderBy: string;
  readonly rows: number;
  /** True: it stands in a ring of foreign keys, which hold only at the end of a transaction. */
  readonly cyclic: boolean;
}

/** Writes down which tables the scratch file holds, in an order with parents before children. */
export function writeScratchTables(
  scratch: Scratch,
  side: Side,
  tables: readonly ScratchTable[],
): void {
  scratch.exec(
    `CREATE TABLE IF NOT EXISTS movebook_tables (side TEXT, place INTEGER, facts TEXT, PRIMARY KEY (side, place))`,
  );
  const insert = scratch.prepare("INSERT INTO movebook_tables VALUES (?, ?, ?)");
  for (const [place, table] of tables.entries())
    insert.run([side, BigInt(place), JSON.stringify(table)]);
}

function listTables(scratch: Scratch, side: Side): ScratchTable[] {
  const rows = scratch.rows(
    "SELECT facts FROM movebook_tables WHERE side = ? ORDER BY place",
    side,
  );
  return Array.from(rows, ([facts]) => JSON.parse(textOf(facts)) as ScratchTable);
}

/** v2's tables with the rows that were made for them, parents first. */
export const listTransformedTables = (scratch: Scratch): ScratchTable[] =>
  listTables(scratch, "v2");

/** v1's tables as they were loaded from its dump. */
export const listSourceTables = (scratch: Scratch): ScratchTable[] => listTables(scratch, "v1");
