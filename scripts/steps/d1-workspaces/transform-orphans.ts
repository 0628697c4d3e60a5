import { countOf } from "../../engine/wording.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import type { ForeignKeyShape, TableShape } from "../../cloudflare/table-shape.ts";
import { orphansLine } from "./decisions-lines.ts";
import { describeRows } from "./transform-samples.ts";
import { joinKeys, listReferences } from "./transform-keys.ts";
import { findColumn, findNamed, type Workbench } from "./transform-workbench.ts";

/** Condition on the rows `c` of the child that refer to no row. */
function orphanCondition(key: ForeignKeyShape, parent: TableShape | undefined): string {
  const given = key.columns.map((name) => `c.${quoteIdentifier(name)} IS NOT NULL`).join(" AND ");
  if (parent === undefined) return given;
  return `${given} AND NOT EXISTS (SELECT 1 FROM main.${quoteIdentifier(parent.name)} AS p WHERE ${joinKeys(key, "c", "p")})`;
}

function reportOrphans(
  bench: Workbench,
  shape: TableShape,
  key: ForeignKeyShape,
  condition: string,
  count: number,
): void {
  const column = key.columns[0] ?? "";
  const canBeNull = key.columns.some((name) => findColumn(shape, name)?.notNull === false);
  bench.problems.push({
    what: `${countOf(count, "row")} of ${shape.name} refer${count === 1 ? "s" : ""} to a row of ${key.table} that is not there`,
    where: `${shape.name}.${key.columns.join(", ")} → ${key.table}.${key.references.join(", ")}`,
    todo: "Mend them in v1, or decide that they stay behind.",
    details: [
      orphansLine(shape.name, column, "leaveOut"),
      ...(canBeNull ? [orphansLine(shape.name, column, "setNull")] : []),
    ],
    rows: describeRows(bench.scratch, shape, condition, key.columns, "c"),
  });
}

function applyDecision(
  bench: Workbench,
  shape: TableShape,
  key: ForeignKeyShape,
  condition: string,
  count: number,
): boolean {
  const column = key.columns.find((name) => bench.book.orphans(shape.name, name) !== undefined);
  const decision = column === undefined ? undefined : bench.book.orphans(shape.name, column);
  if (column === undefined || decision === undefined) return false;
  const table = `main.${quoteIdentifier(shape.name)} AS c`;
  if (decision.leaveOut === true) bench.scratch.exec(`DELETE FROM ${table} WHERE ${condition}`);
  else
    bench.scratch.exec(`UPDATE ${table} SET ${quoteIdentifier(column)} = NULL WHERE ${condition}`);
  const effect = decision.leaveOut === true ? "left out" : "without a value";
  bench.book.use("orphans", `${shape.name}.${column}`, `${countOf(count, "row")} ${effect}`);
  return true;
}

/**
 * Finds rows that refer to nothing, and does with them what was decided. Called parents first: what is left out of a
 * parent makes orphans of its children, and those are seen then.
 * @param filled v2's tables that stand in the scratch file; no other table of v2 will have a row
 */
export function settleOrphans(
  bench: Workbench,
  shape: TableShape,
  filled: readonly TableShape[],
): void {
  for (const key of listReferences(shape, bench.schema.shapes)) {
    const condition = orphanCondition(key, findNamed(filled, key.table));
    const count = bench.scratch.count(
      `SELECT count(*) FROM main.${quoteIdentifier(shape.name)} AS c WHERE ${condition}`,
    );
    if (count > 0 && !applyDecision(bench, shape, key, condition, count))
      reportOrphans(bench, shape, key, condition, count);
  }
}
