import { displayName, quoteIdentifier } from "../identifier.ts";
import { buildSourceRows, type MovedColumn, type MovedTable } from "../table-plan.ts";
import { resolveType, type BaseType } from "./base-type.ts";
import type { Conversion, ValueTest } from "./conversion.ts";
import { convertColumn, type Sides } from "./converted-rows.ts";
import { replaceValue } from "./domain-expression.ts";
import type { Probe, Rule } from "./rule.ts";

/** What v2's columns demand of the values that are loaded into them. */
export const listColumnRules = (sides: Sides, table: MovedTable): Rule[] =>
  table.columns.flatMap((column) => {
    const conversion = convertColumn(sides, column);
    const source = resolveType(sides.source, column.source);
    const target = resolveType(sides.target, column.target);
    return [
      ...listNullRules(table, column, source, target),
      ...listTypeRules(table, column, conversion),
      ...listDomainRules(table, column, conversion, source, target),
    ];
  });

const nameOf = (table: MovedTable, column: string): string =>
  `${displayName(table.name)}.${column}`;

const buildProbe = (table: MovedTable, where: string, more: Partial<Probe> = {}): Probe => ({
  rows: `${buildSourceRows(table)} as t`,
  where,
  ...more,
});

function listNullRules(
  table: MovedTable,
  column: MovedColumn,
  source: BaseType,
  target: BaseType,
): Rule[] {
  const refuses = column.target.notNull || (target.domain.notNull && !target.isArray);
  if (!refuses || column.source.notNull || (source.domain.notNull && !source.isArray)) return [];
  const name = nameOf(table, column.name);
  return [
    {
      kind: "not-null",
      table: table.name,
      columns: [column.name],
      severity: "problem",
      text: (rows) => `${name} is NOT NULL in v2, and NULL in ${rows} of v1`,
      todo: `fill ${name} in v1 before the snapshot, or drop NOT NULL in v2`,
      probe: buildProbe(table, `t.${quoteIdentifier(column.name)} is null`),
      otherwise: {
        severity: "note",
        text: `${name} may be NULL in v1 and not in v2; no row of v1 is`,
      },
    },
  ];
}

function listTypeRules(table: MovedTable, column: MovedColumn, conversion: Conversion): Rule[] {
  const name = nameOf(table, column.name);
  const types = `${column.source.type} in v1, ${column.target.type} in v2`;
  const about = { table: table.name, columns: [column.name] };
  const { remark, untested } = conversion;
  const rules: Rule[] = conversion.tests.map((test, at) => ({
    ...about,
    kind: test.kind,
    severity: test.severity,
    text: (rows) => `${name}: ${test.says}: ${rows}`,
    todo: adviseOn(test, name),
    details: [types, ...(test.details ?? [])],
    ...(at === 0 ? { otherwise: { severity: "note", text: `${name} is ${types}` } } : {}),
    probe: buildProbe(table, test.where, {
      ...(test.values === undefined ? {} : { values: test.values }),
      ...(test.errorIsFailure === true ? { errorIsFailure: true } : {}),
      ...(test.attempt === undefined ? {} : { attempt: test.attempt }),
    }),
  }));
  if (remark !== undefined)
    rules.push({
      ...about,
      kind: remark.kind,
      severity: remark.severity,
      text: () => `${name} ${remark.says}`,
      details: [types],
    });
  if (untested !== undefined)
    rules.push({
      ...about,
      kind: "type",
      severity: "warning",
      text: () => `${name} is ${types}`,
      untested,
    });
  if (rules.length === 0 && !conversion.identical)
    rules.push({
      ...about,
      kind: "type",
      severity: "note",
      text: () => `${name} is ${types}`,
    });
  return rules;
}

function adviseOn(test: ValueTest, name: string): string {
  if (test.kind === "enum")
    return `add the labels to v2's enum, or change the values of ${name} in v1 before the snapshot`;
  if (test.severity === "warning") return `look whether the product minds; nothing is refused`;
  return `widen the type of ${name} in v2, or change these values in v1 before the snapshot`;
}

function listDomainRules(
  table: MovedTable,
  column: MovedColumn,
  conversion: Conversion,
  source: BaseType,
  target: BaseType,
): Rule[] {
  const isHeld = (check: (typeof target.domain.checks)[number]): boolean =>
    conversion.identical &&
    source.domain.checks.some((held) => held.expression === check.expression && held.validated);
  const name = nameOf(table, column.name);
  return target.domain.checks
    .filter((check) => !isHeld(check))
    .map((check) => ({
      kind: "domain",
      table: table.name,
      columns: [column.name],
      constraint: check.name,
      severity: "problem",
      text: (rows) =>
        `${name}: the check ${check.name} of v2's domain ${column.target.type} refuses ${rows}`,
      details: [`CHECK ${check.expression}`],
      todo: `change these values in v1 before the snapshot, or the domain in v2`,
      ...probeDomain(table, column, conversion, target, check.expression),
    }));
}

function probeDomain(
  table: MovedTable,
  column: MovedColumn,
  conversion: Conversion,
  target: BaseType,
  expression: string,
): Pick<Rule, "probe" | "untested"> {
  if (conversion.value === undefined)
    return { untested: "v1 cannot compute the values that v2 will hold" };
  const own = `t.${quoteIdentifier(column.name)}`;
  if (!target.isArray)
    // NULL in place of a value that v2 cannot read must not count twice
    return {
      probe: buildProbe(
        table,
        `(${own} is null or (${conversion.value}) is not null) and (${replaceValue(expression, `(${conversion.value})`)}) is false`,
      ),
    };
  const broken = `(${replaceValue(expression, "(e.value)")}) is false`;
  return {
    probe: buildProbe(
      table,
      `exists (select 1 from pg_catalog.unnest(${conversion.value}) as e (value) where ${broken})`,
    ),
  };
}
