import { isBelow } from "../catalogue.ts";
import { nameKey, type QualifiedName } from "../identifier.ts";
import type { MovedTable } from "../table-plan.ts";
import type { Sides } from "./converted-rows.ts";

/** Where a constraint of v2 can stand: on the table that moves, or on one of its partitions alone. */
export interface Place {
  readonly table: MovedTable;
  /** v2's table or partition. */
  readonly name: QualifiedName;
  /** The condition under which a row goes there; null for all rows. */
  readonly rule: string | null;
  /** v1 has the same under the same name, and its rows go there. */
  readonly isTwin: boolean;
}

/** The table itself, then its partitions in v2. */
export const listPlaces = (sides: Sides, table: MovedTable): Place[] => [
  { table, name: table.name, rule: null, isTwin: true },
  ...sides.target.tables
    .filter((part) => isBelow(part, table.target))
    .map((part) => ({
      table,
      name: { schema: part.schema, name: part.name },
      rule: part.partitionRule === "" ? null : part.partitionRule,
      isTwin: table.leaves.some(
        ({ source, into }) => nameKey(source) === nameKey(part) && nameKey(into) === nameKey(part),
      ),
    })),
];

/** True for a constraint that stands there. */
export const isAt = (
  name: QualifiedName,
  of: { readonly schema: string; readonly table: string },
): boolean => nameKey({ schema: of.schema, name: of.table }) === nameKey(name);
