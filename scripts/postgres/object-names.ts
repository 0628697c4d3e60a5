import type { Catalogue } from "./catalogue.ts";
import type { Database } from "./database.ts";
import { listFailingValues } from "./failing-values.ts";
import { resolveType } from "./forecast/base-type.ts";
import { quoteIdentifier, type QualifiedName } from "./identifier.ts";
import { buildSourceRows, type MovedTable } from "./table-plan.ts";

/** Types that hold an object's number and are written as its name. */
const objectTypes =
  /^reg(?:class|proc|procedure|oper|operator|type|role|namespace|collation|config|dictionary)$/;

/** A column of v1 with values that would name nothing in v2, or something else. */
export interface LostObjects {
  readonly table: QualifiedName;
  readonly column: string;
  readonly type: string;
  readonly rows: bigint;
  /** As v1 prints them: names, or numbers of what is gone. For the report. */
  readonly names: readonly string[];
}

interface Place {
  readonly table: MovedTable;
  readonly column: string;
  readonly type: string;
  /** A FROM item with one row a value: v (text). */
  readonly values: string;
}

const listPlaces = (catalogue: Catalogue, tables: readonly MovedTable[]): Place[] =>
  tables.flatMap((table) =>
    table.columns.flatMap(({ name, source, target }) => {
      const type = resolveType(catalogue, source);
      if (type.schema !== "pg_catalog" || !objectTypes.test(type.name)) return [];
      // as text it is a name among others
      if (source.type !== target.type) return [];
      const value = `t.${quoteIdentifier(name)}`;
      const elements = type.isArray ? value : `array[${value}]`;
      const values = `${buildSourceRows(table)} as t, lateral pg_catalog.unnest(${elements}::pg_catalog.text[]) as one (v)`;
      return [{ table, column: name, type: type.name, values }];
    }),
  );

/** An object that is gone is written as its number, and in v2 that is another one's, or nobody's. */
const isNumber = (value: string): boolean => /^[1-9]\d*$/.test(value);

/**
 * Finds names of objects (regclass and its like) in v1's rows that v2 does not have, and numbers of objects that v1
 * itself has no more.
 */
export async function findLostObjects(
  source: Database,
  target: Database,
  { catalogue, tables }: { readonly catalogue: Catalogue; readonly tables: readonly MovedTable[] },
): Promise<LostObjects[]> {
  const found: LostObjects[] = [];
  for (const { table, column, type, values } of listPlaces(catalogue, tables)) {
    const rows = await source.query<{ v: string }>(
      // '-' is no object, and a cast would look for it
      `select distinct one.v from ${values} where one.v <> '-'`,
    );
    const names = rows.map(({ v }) => v);
    const lost = [
      ...names.filter(isNumber),
      ...(await listFailingValues(
        names.filter((name) => !isNumber(name)),
        (some) =>
          target.query(
            `select pg_catalog.count(v::pg_catalog.${type}) from pg_catalog.unnest($1::pg_catalog.text[]) as one (v)`,
            [some],
          ),
        ["22", "3F", "42"],
      )),
    ];
    if (lost.length === 0) continue;
    const { count } = await source.one<{ count: string }>(
      `select pg_catalog.count(*) as count from ${values} where one.v = any ($1::pg_catalog.text[])`,
      [lost],
    );
    found.push({ table: table.name, column, type, rows: BigInt(count), names: lost.slice(0, 10) });
  }
  return found;
}
