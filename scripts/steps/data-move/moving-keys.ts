import { isBelow, type Catalogue, type ForeignKey } from "../../postgres/catalogue.ts";
import { nameKey } from "../../postgres/identifier.ts";
import type { TablePlan } from "../../postgres/table-plan.ts";

/** nameKey()s of v2's tables that rows go into, partitions at every level included. */
export function listMovedTargets(plan: TablePlan, target: Catalogue): ReadonlySet<string> {
  const roots = new Set(plan.moved.map((table) => nameKey(table.target)));
  // tables of v1 that v2 has made partitions
  const parts = plan.moved.map((table) => table.target).filter(({ root }) => root !== null);
  const members = target.tables.filter(
    (table) =>
      roots.has(nameKey(table.root ?? table)) ||
      roots.has(nameKey(table)) ||
      parts.some((part) => isBelow(table, part)),
  );
  return new Set(members.map(nameKey));
}

/**
 * True for a key that this role can drop and add again as it was: the table is its own, it may reference the other one,
 * and no superuser has changed the mode of the key's triggers.
 */
export const isRestorable = (key: ForeignKey): boolean =>
  key.owned && key.mayReference && key.asMade && key.extension === null;

/**
 * The foreign keys that stand in the way of a load: those on a table that rows go into. A key that could not be added
 * again as it was stays and checks the rows as they come, unless it is switched off.
 */
export const listMovingKeys = (
  keys: readonly ForeignKey[],
  moved: ReadonlySet<string>,
): ForeignKey[] =>
  keys.filter(
    (key) => isRestorable(key) && moved.has(nameKey({ schema: key.schema, name: key.table })),
  );
