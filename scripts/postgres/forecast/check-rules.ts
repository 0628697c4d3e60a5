import type { CheckConstraint } from "../catalogue.ts";
import { displayName, nameKey } from "../identifier.ts";
import type { MovedTable } from "../table-plan.ts";
import { areIdentical, buildConvertedRows, rowColumn, type Sides } from "./converted-rows.ts";
import type { Rule } from "./rule.ts";

const isOn = (
  table: MovedTable,
  of: { readonly schema: string; readonly table: string },
): boolean => nameKey({ schema: of.schema, name: of.table }) === nameKey(table.name);

/** v2's check constraints, NOT VALID ones too (they refuse new rows), that v1 does not keep itself. */
export const listCheckRules = (sides: Sides, table: MovedTable): Rule[] =>
  sides.target.checks
    .filter((check) => isOn(table, check) && !isKept(sides, table, check))
    .map((check) => ({
      kind: "check",
      table: table.name,
      columns: check.columns,
      constraint: check.name,
      severity: "problem",
      text: (rows) => `${displayName(table.name)}: ${rows} of v1 break v2's check ${check.name}`,
      details: [`CHECK ${check.expression}`],
      todo: "change these rows in v1 before the snapshot, or the check in v2",
      ...probeCheck(sides, table, check),
    }));

const isKept = (sides: Sides, table: MovedTable, check: CheckConstraint): boolean =>
  areIdentical(sides, table, check.columns) &&
  sides.source.checks.some(
    (held) => isOn(table, held) && held.validated && held.expression === check.expression,
  );

function probeCheck(
  sides: Sides,
  table: MovedTable,
  check: CheckConstraint,
): Pick<Rule, "probe" | "untested"> {
  const rows = buildConvertedRows(sides, table, check.columns, "read");
  if ("untested" in rows) return rows;
  const where = `(${check.expression}) is false`;
  return {
    probe: {
      rows: `${rows.sql} as t`,
      where,
      sample: `select t.${rowColumn}::pg_catalog.text as row from ${rows.sql} as t where ${where} limit 10`,
    },
  };
}

/** v2's exclusion constraints that v1 does not have as well: they are not tested beforehand. */
export const listExclusionRules = (sides: Sides, table: MovedTable): Rule[] =>
  sides.target.exclusions
    .filter((each) => isOn(table, each) && !isExcluded(sides, table, each.definition))
    .map((each) => ({
      kind: "exclusion",
      table: table.name,
      columns: [],
      constraint: each.name,
      severity: "warning",
      text: () => `${displayName(table.name)}: v2's exclusion constraint ${each.name}`,
      details: [each.definition],
      untested: "exclusion constraints are not tested beforehand",
    }));

const isExcluded = (sides: Sides, table: MovedTable, definition: string): boolean =>
  areIdentical(
    sides,
    table,
    table.columns.map(({ name }) => name),
  ) && sides.source.exclusions.some((held) => isOn(table, held) && held.definition === definition);
