import { quoteIdentifier } from "./identifier.ts";
import type { Scratch } from "./scratch.ts";
import type { TableShape } from "./table-shape.ts";

/** A table of v2 whose rows stand ready in the scratch file. */
export interface ImportTable {
  /** As v2 describes it. */
  readonly shape: TableShape;
  /** Its name in the scratch file, where the columns have v2's names. */
  readonly table: string;
  /** SQL after ORDER BY; the same rows in the same order at every run, and parents first in a table that refers to itself. */
  readonly orderBy: string;
  /** How many there are. */
  readonly rows: number;
  /** It belongs to a circle of foreign keys: with its neighbours of the circle it goes into one part. */
  readonly cyclic?: boolean | undefined;
  /** AUTOINCREMENT: the largest rowid that v1 ever gave. */
  readonly sequence?: bigint | undefined;
}

/** The columns that an INSERT names. */
export const listWrittenColumns = (shape: TableShape): string[] =>
  shape.columns.filter(({ generated }) => !generated).map(({ name }) => name);

/** A query for the rows to write, in their order; `expressions` instead of the written columns when given. */
export function buildRowsQuery(
  { shape, table, orderBy }: ImportTable,
  expressions: readonly string[] = listWrittenColumns(shape).map(quoteIdentifier),
  where = "",
): string {
  const order = orderBy === "" ? "" : ` ORDER BY ${orderBy}`;
  return `SELECT ${expressions.join(", ")} FROM ${quoteIdentifier(table)}${where}${order}`;
}

/** What the writers of import files read from. */
export type RowSource = Pick<Scratch, "rows">;
