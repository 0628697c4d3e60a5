import type { Problem } from "../engine/failure.ts";
import type { Column, Table } from "./catalogue.ts";
import { quoteName, type QualifiedName } from "./identifier.ts";

/** A column that both sides have and whose values are loaded. */
export interface MovedColumn {
  readonly name: string;
  readonly source: Column;
  readonly target: Column;
}

/** A table of v1 that really holds rows (a dump has a COPY for each), and where in v2 they go. */
export interface Leaf {
  readonly source: QualifiedName;
  /** The partition of the same name when both sides are cut alike, otherwise v2's root, which routes. */
  readonly into: QualifiedName;
}

/** One table that moves: an ordinary one, or a partitioned root with all that hangs below it. */
export interface MovedTable {
  readonly name: QualifiedName;
  /** relkind in v1. */
  readonly kind: "r" | "p";
  readonly source: Table;
  readonly target: Table;
  /** Shared columns in v1's order. Columns that are generated on either side are left out. */
  readonly columns: readonly MovedColumn[];
  /** Columns of v1 that are left out by decision. */
  readonly skipped: readonly string[];
  /** Columns that are plain in v1 and generated in v2: v2 computes them, v1's values are not loaded. */
  readonly computed: readonly string[];
  /** Columns of v1 that v2 lacks and nobody decided about; a problem as long as there are any. */
  readonly homeless: readonly string[];
  readonly leaves: readonly Leaf[];
  /**
   * Partitions of v2's table that tables of v1 fill which are no partitions there: children by inheritance, mostly.
   * Those at the ends of branches; they are no part of what is compared as this table.
   */
  readonly apart: readonly QualifiedName[];
}

/** What moves, what stays, and what stands in the way. */
export interface TablePlan {
  readonly moved: readonly MovedTable[];
  readonly leftOut: readonly { readonly name: QualifiedName; readonly reason: string }[];
  /** Tables of v1 that v2 lacks and nobody decided about. */
  readonly homeless: readonly Table[];
  /** Tables of v2 that v1 lacks. */
  readonly targetOnly: readonly Table[];
  readonly problems: readonly Problem[];
}

/** `from` item of all rows of the table in v1: ONLY, because inheritance children are tables of their own. */
export const buildSourceRows = (table: Pick<MovedTable, "name" | "kind">): string =>
  `${table.kind === "p" ? "" : "only "}${quoteName(table.name)}`;
