import type { UniqueKey } from "../catalogue.ts";
import { displayName } from "../identifier.ts";
import type { MovedTable } from "../table-plan.ts";
import { areIdentical, buildConvertedRows, rowColumn, type Sides } from "./converted-rows.ts";
import { listMentioned } from "./domain-expression.ts";
import { isAt, listPlaces, type Place } from "./place.ts";
import type { Probe, Rule } from "./rule.ts";

const mentioned = (table: MovedTable, key: UniqueKey): string[] =>
  listMentioned(
    [...key.expressions, key.predicate ?? ""].join(" "),
    table.target.columns.map(({ name }) => name),
  );

/** v2's unique keys, those of single partitions too, that v1 does not keep itself. */
export const listUniqueRules = (sides: Sides, table: MovedTable): Rule[] =>
  listPlaces(sides, table).flatMap((place) =>
    sides.target.uniqueKeys
      .filter(
        (key) =>
          isAt(place.name, key) && !isKeptByDefault(table, key) && !isKept(sides, place, key),
      )
      .map((key) => describeKey(sides, place, key)),
  );

/** Numbers that v2 draws itself. */
const isKeptByDefault = (table: MovedTable, key: UniqueKey): boolean =>
  key.columns.some((name) =>
    table.target.columns.some(
      (column) =>
        column.name === name &&
        column.identity !== "" &&
        !table.columns.some((moved) => moved.name === name),
    ),
  );

/** A key of v1 that is as strict, on columns whose values do not change. */
function isKept(sides: Sides, { table, name, isTwin }: Place, key: UniqueKey): boolean {
  if (!isTwin || !areIdentical(sides, table, mentioned(table, key))) return false;
  return sides.source.uniqueKeys.some(
    (held) =>
      isAt(name, held) && held.valid && held.period === key.period && isAsStrict(held, key, table),
  );
}

function isAsStrict(held: UniqueKey, key: UniqueKey, table: MovedTable): boolean {
  const isSamePart = held.predicate === null || held.predicate === key.predicate;
  const isWithin = held.expressions.every((part) => key.expressions.includes(part));
  const isNotNull = (name: string | null): boolean =>
    table.source.columns.some((column) => column.name === name && column.notNull);
  const seesNulls = !key.nullsNotDistinct || held.nullsNotDistinct || held.columns.every(isNotNull);
  // overlap is compared in the last place only
  const isSamePeriod = !key.period || held.expressions.join() === key.expressions.join();
  return isSamePart && isWithin && seesNulls && isSamePeriod;
}

function describeKey(sides: Sides, place: Place, key: UniqueKey): Rule {
  const { table } = place;
  const columns = key.columns.filter((name) => name !== null);
  const parts = key.expressions.join(", ");
  const where = key.predicate === null ? "" : ` where ${key.predicate}`;
  const asked = key.period
    ? { untested: "overlaps are not looked for beforehand" }
    : probeKey(sides, place, key);
  return {
    kind: "unique",
    table: table.name,
    columns,
    constraint: key.name,
    severity: "problem",
    unit: "value",
    text: (values) =>
      `${displayName(place.name)}: v2's unique key ${key.name} on (${parts}) refuses ${values} that v1 has more than once`,
    details: [`unique (${parts})${where}${key.nullsNotDistinct ? " nulls not distinct" : ""}`],
    todo: "merge or change these rows in v1 before the snapshot, or drop the key in v2",
    ...asked,
  };
}

function probeKey(
  sides: Sides,
  { table, rule }: Place,
  key: UniqueKey,
): Pick<Rule, "probe" | "untested"> {
  const rows = buildConvertedRows(sides, table, mentioned(table, key), "compare", rule);
  if ("untested" in rows) return rows;
  const parts = key.expressions.map((part) => `(${part})`);
  const filled = key.nullsNotDistinct ? [] : parts.map((part) => `${part} is not null`);
  const conditions = [...filled, ...(key.predicate === null ? [] : [`(${key.predicate})`])];
  const from = `from ${rows.sql} as t${conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`}`;
  const list = parts.join(", ");
  return {
    probe: {
      rows: "",
      where: "",
      count: `select pg_catalog.count(*) as count from (select 1 ${from} group by ${list} having pg_catalog.count(*) > 1) as groups`,
      sample: buildSample(from, list),
    } satisfies Probe,
  };
}

const buildSample = (from: string, list: string): string =>
  `select g.found::pg_catalog.text as row from (select ${rowColumn} as found, pg_catalog.count(*) over w as times, pg_catalog.dense_rank() over (order by ${list}) as place ${from} window w as (partition by ${list})) as g where g.times > 1 order by g.place limit 10`;
