import type { Table } from "../catalogue.ts";
import { displayName, nameKey } from "../identifier.ts";
import type { MovedTable } from "../table-plan.ts";
import { buildConvertedRows, rowColumn, type Sides } from "./converted-rows.ts";
import { listMentioned } from "./domain-expression.ts";
import type { Rule } from "./rule.ts";

/** Rows of v1 for which a partitioned table of v2 has no partition. */
export function listPartitionRules(sides: Sides, table: MovedTable): Rule[] {
  if (
    table.target.kind !== "p" ||
    table.leaves.every((leaf) => nameKey(leaf.into) !== nameKey(table.target))
  )
    return [];
  const leaves = sides.target.tables.filter(
    (leaf) =>
      leaf.kind === "r" && leaf.root !== null && nameKey(leaf.root) === nameKey(table.target),
  );
  // a lone default takes every row
  if (leaves.some(({ partitionRule }) => partitionRule === null || partitionRule === "")) return [];
  const name = displayName(table.name);
  return [
    {
      kind: "partition",
      table: table.name,
      columns: [],
      severity: "problem",
      text: (rows) => `${name}: v2 has no partition for ${rows} of v1`,
      details: leaves.slice(0, 20).map((leaf) => `${displayName(leaf)}: ${leaf.bound}`),
      todo: `add the partitions to v2, or a default one (create table … partition of ${name} default)`,
      ...probePartitions(sides, table, leaves),
    },
  ];
}

function probePartitions(
  sides: Sides,
  table: MovedTable,
  leaves: readonly Table[],
): Pick<Rule, "probe" | "untested"> {
  const rules = leaves.map(({ partitionRule }) => partitionRule ?? "true");
  // the function wants the oid of v2's own table
  if (rules.some((rule) => rule.includes("satisfies_hash_partition")))
    return { untested: "hash partitions are not tested beforehand" };
  const names = table.target.columns.map(({ name }) => name);
  const rows = buildConvertedRows(sides, table, listMentioned(rules.join(" "), names), "read");
  if ("untested" in rows) return rows;
  const where = `(${["false", ...rules.map((rule) => `(${rule})`)].join(" or ")}) is not true`;
  return {
    probe: {
      rows: `${rows.sql} as t`,
      where,
      sample: `select t.${rowColumn}::pg_catalog.text as row from ${rows.sql} as t where ${where} limit 10`,
    },
  };
}
