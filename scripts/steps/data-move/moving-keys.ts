import type { Catalogue, ForeignKey } from "../../postgres/catalogue.ts";
import { nameKey } from "../../postgres/identifier.ts";
import type { TablePlan } from "../../postgres/table-plan.ts";

/** nameKey()s of v2's tables that rows go into, partitions at every level included. */
export function listMovedTargets(plan: TablePlan, target: Catalogue): ReadonlySet<string> {
  const roots = new Set(plan.moved.map((table) => nameKey(table.target)));
  const members = target.tables.filter((table) => roots.has(nameKey(table.root ?? table)));
  return new Set(members.map(nameKey));
}

/**
 * The foreign keys that stand in the way of a load: those on a table that rows go into. A key that this role could not
 * add again as it was (the table is another's, it may not reference the other table, a superuser has changed the
 * mode of its triggers) stays and checks the rows as they come, unless it is switched off.
 */
export const listMovingKeys = (
  keys: readonly ForeignKey[],
  moved: ReadonlySet<string>,
): ForeignKey[] =>
  keys.filter(
    (key) =>
      key.owned &&
      key.mayReference &&
      key.asMade &&
      key.extension === null &&
      moved.has(nameKey({ schema: key.schema, name: key.table })),
  );
