import { problem, type CheckResult } from "../../../engine/check.ts";
import { countOf } from "../../../engine/wording.ts";
import { displayName } from "../../../postgres/identifier.ts";
import { findLostObjects } from "../../../postgres/object-names.ts";
import type { ScopedSides } from "./section.ts";

/** Values of regclass and its like that would name nothing in v2, or something else. */
export async function checkObjectNames({
  source,
  target,
  scope,
}: ScopedSides): Promise<CheckResult[]> {
  const lost = await findLostObjects(source, target, {
    catalogue: scope.sourceCatalogue,
    tables: scope.plan.moved,
  });
  return lost.map(({ table, column, type, rows, names }) =>
    problem(
      `${displayName(table)}.${column}: ${countOf(rows, "value")} of type ${type} in v1 ${rows === 1n ? "names" : "name"} what v2 does not have, or what v1 itself has no more`,
      {
        where: `table ${displayName(table)}, column ${column}`,
        todo: "Change these values in the snapshot, or make the objects in v2; the report names up to ten of them.",
        rows: names,
      },
    ),
  );
}
