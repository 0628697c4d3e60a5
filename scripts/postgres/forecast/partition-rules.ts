import { isBelow, type Table } from "../catalogue.ts";
import { displayName, nameKey } from "../identifier.ts";
import type { MovedTable } from "../table-plan.ts";
import { buildConvertedRows, rowColumn, type Sides } from "./converted-rows.ts";
import { listMentioned } from "./domain-expression.ts";
import type { Rule } from "./rule.ts";

/** Rows of v1 that the partitions of v2 do not take, or would put where another table's rows go. */
export const listPartitionRules = (sides: Sides, table: MovedTable): Rule[] => [
  ...listUnplaced(sides, table),
  ...listOutOfBounds(sides, table),
  ...listMixed(sides, table),
];

/** Rows of a table that v2 has made a partition, outside of its bounds. */
function listOutOfBounds(sides: Sides, table: MovedTable): Rule[] {
  const { root, partitionRule, bound } = table.target;
  if (root === null || partitionRule === null || partitionRule === "") return [];
  const name = displayName(table.name);
  return [
    {
      kind: "partition",
      table: table.name,
      columns: [],
      severity: "problem",
      text: (rows) =>
        `${name} is a partition of ${displayName(root)} in v2, whose bounds do not take ${rows} of v1`,
      details: [`${name}: ${bound}`],
      todo: "change these rows in v1 before the snapshot, or the bounds in v2",
      ...probeBounds(sides, table, partitionRule, "is not true"),
    },
  ];
}

/** Rows of a table that v2 would put into a partition which another table of v1 fills. */
const listMixed = (sides: Sides, table: MovedTable): Rule[] =>
  table.apart.map((part) => {
    const name = displayName(table.name);
    const rule = sides.target.tables.find((each) => nameKey(each) === nameKey(part))?.partitionRule;
    return {
      kind: "partition",
      table: table.name,
      columns: [],
      severity: "problem",
      text: (rows) =>
        `${rows} of ${name} would go into v2's partition ${displayName(part)}, which takes the rows of v1's table of that name`,
      todo: `move these rows in v1 before the snapshot into the table that they belong to`,
      ...probeBounds(sides, table, rule == null || rule === "" ? "true" : rule, "is true"),
    };
  });

function probeBounds(
  sides: Sides,
  table: MovedTable,
  rule: string,
  test: "is true" | "is not true",
): Pick<Rule, "probe" | "untested"> {
  if (rule.includes("satisfies_hash_partition"))
    return { untested: "hash partitions are not tested beforehand" };
  const names = table.target.columns.map(({ name }) => name);
  const rows = buildConvertedRows(sides, table, listMentioned(rule, names), "read");
  if ("untested" in rows) return rows;
  const where = `(${rule}) ${test}`;
  const sample = `select t.${rowColumn}::pg_catalog.text as row from ${rows.sql} as t where ${where} limit 10`;
  return { probe: { rows: `${rows.sql} as t`, where, sample } };
}

/** Rows of v1 for which a partitioned table of v2 has no partition. */
function listUnplaced(sides: Sides, table: MovedTable): Rule[] {
  if (
    table.target.kind !== "p" ||
    table.leaves.every((leaf) => nameKey(leaf.into) !== nameKey(table.target))
  )
    return [];
  const leaves = sides.target.tables.filter(
    (leaf) => leaf.kind === "r" && isBelow(leaf, table.target),
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
