import type { CheckConstraint } from "../catalogue.ts";
import { displayName } from "../identifier.ts";
import type { MovedTable } from "../table-plan.ts";
import { areIdentical, buildConvertedRows, rowColumn, type Sides } from "./converted-rows.ts";
import { isAt, listPlaces, type Place } from "./place.ts";
import type { Rule } from "./rule.ts";

/** v2's check constraints, NOT VALID ones too (they refuse new rows), that v1 does not keep itself. */
export const listCheckRules = (sides: Sides, table: MovedTable): Rule[] =>
  listPlaces(sides, table).flatMap((place) =>
    sides.target.checks
      .filter((check) => isAt(place.name, check) && !isKept(sides, place, check))
      .map((check) => ({
        kind: "check",
        table: table.name,
        columns: check.columns,
        constraint: check.name,
        severity: "problem",
        text: (rows) =>
          `${displayName(place.name)}: v2's check ${check.name} refuses ${rows} of v1`,
        details: [`CHECK ${check.expression}`],
        todo: "change these rows in v1 before the snapshot, or the check in v2",
        ...probeCheck(sides, place, check),
      })),
  );

const isKept = (sides: Sides, { table, name, isTwin }: Place, check: CheckConstraint): boolean =>
  isTwin &&
  areIdentical(sides, table, check.columns) &&
  sides.source.checks.some(
    (held) => isAt(name, held) && held.validated && held.expression === check.expression,
  );

function probeCheck(
  sides: Sides,
  { table, rule }: Place,
  check: CheckConstraint,
): Pick<Rule, "probe" | "untested"> {
  const rows = buildConvertedRows(sides, table, check.columns, "read", rule);
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
  listPlaces(sides, table).flatMap((place) =>
    sides.target.exclusions
      .filter((each) => isAt(place.name, each) && !isExcluded(sides, place, each.definition))
      .map((each) => ({
        kind: "exclusion",
        table: table.name,
        columns: [],
        constraint: each.name,
        severity: "warning",
        text: () => `${displayName(place.name)}: v2's exclusion constraint ${each.name}`,
        details: [each.definition],
        untested: "exclusion constraints are not tested beforehand",
      })),
  );

const isExcluded = (sides: Sides, { table, name, isTwin }: Place, definition: string): boolean =>
  isTwin &&
  areIdentical(
    sides,
    table,
    table.columns.map((column) => column.name),
  ) &&
  sides.source.exclusions.some((held) => isAt(name, held) && held.definition === definition);
