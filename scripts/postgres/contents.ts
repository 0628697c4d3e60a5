import type { Column } from "./catalogue.ts";
import type { Database } from "./database.ts";
import { quoteIdentifier, quoteLiteral, quoteName } from "./identifier.ts";
import { askRows } from "./own-search-path.ts";
import type { MovedColumn, MovedTable } from "./table-plan.ts";

/** The contents of a table, whatever the order of its rows. */
export interface Contents {
  readonly rows: bigint;
  /** Sums of the two 64-bit halves of each row's MD5; "0" when no column is compared or there is no row. */
  readonly sums: readonly [string, string];
}

/** How texts must be made on both servers so that equal values give equal texts. */
export interface ComparisonRules {
  /** The databases have different encodings: hash UTF-8 on both. */
  readonly toUtf8: boolean;
  /** One server is older than 12, which prints floats with other digits: compare their bytes. */
  readonly floatsAsBytes: boolean;
}

export type Side = "source" | "target";

/** What `buildContentsQuestion` and `buildRowsFrom` need of a moved table. */
export type ComparedTable = Pick<MovedTable, "name" | "source" | "target" | "columns" | "apart">;

const floatTypes = new Set(["real", "double precision"]);

/** Reads from both sides what their comparison must take care of. */
export async function readComparisonRules(
  source: Database,
  target: Database,
): Promise<ComparisonRules> {
  const encodings = await Promise.all([source, target].map(readEncoding));
  return {
    toUtf8: encodings[0] !== encodings[1],
    floatsAsBytes: source.version < 120_000 !== target.version < 120_000,
  };
}

const readEncoding = async (db: Database): Promise<string> =>
  (
    await db.one<{ encoding: string }>(
      "select pg_catalog.current_setting('server_encoding') as encoding",
    )
  ).encoding;

const output = (column: string): string =>
  // what COPY writes; a cast to text would say `true` for t and cut the blanks of char(n)
  `case when ${column} is distinct from null then pg_catalog.format('%s', ${column}) end`;

const alias = "moved";

/**
 * A column's value as an expression whose text is the same on both sides when the value arrived. Types that differ:
 * v1's text goes through v2's built-in type, as COPY would; user-defined types are compared as text.
 */
export function buildComparedValue(
  side: Side,
  column: MovedColumn,
  rules: ComparisonRules,
): string {
  const name = `${alias}.${quoteIdentifier(column.name)}`;
  const { source, target } = column;
  const alike = source.type === target.type || isPrintedAlike(source, target);
  const value = alike ? name : buildCastValue(side, name, target);
  if (!rules.floatsAsBytes || !floatTypes.has(target.type)) return value;
  const send = target.type === "real" ? "float4send" : "float8send";
  // NaN has many bit patterns and one text
  return `pg_catalog.${send}(case when ${value} = 'NaN' then 'NaN' else ${value} end)`;
}

/** Different types whose values print alike, so that nothing needs to be cast. */
const isPrintedAlike = (source: Column, target: Column): boolean =>
  [/^(?:text|character varying(?:\(\d+\))?)$/u, /^(?:smallint|integer|bigint)$/u].some(
    (family) => family.test(source.type) && family.test(target.type),
  );

function buildCastValue(side: Side, name: string, target: Column): string {
  const builtIn = target.typeSchema === "pg_catalog" && target.typeKind !== "c";
  if (!builtIn) return output(name);
  return side === "target" ? name : `(${output(name)})::${target.type}`;
}

/** `from` item of all rows of a table: ONLY, because inheritance children are tables of their own. */
export function buildRowsFrom(side: Side, table: ComparedTable): string {
  const name = quoteName(table.name);
  if (table[side].kind !== "p") return `only ${name} as ${alias}`;
  if (side === "source" || table.apart.length === 0) return `${name} as ${alias}`;
  const apart = table.apart.map((part) => `${quoteLiteral(quoteName(part))}::pg_catalog.regclass`);
  return `(select whole.* from ${name} as whole where whole.tableoid not in (${apart.join(", ")})) as ${alias}`;
}

/**
 * The text of a row, unambiguous: the output form of a row quotes separators, and tells NULL (nothing) from ''.
 * It is also the fastest of the forms that were measured.
 */
export const buildRowText = (
  side: Side,
  columns: readonly MovedColumn[],
  rules: ComparisonRules,
): string =>
  `row(${columns.map((column) => buildComparedValue(side, column, rules)).join(", ")})::pg_catalog.text`;

/** MD5 in hex of a text expression; over UTF-8 when the databases' encodings differ. */
export const buildHash = (text: string, rules: ComparisonRules): string =>
  rules.toUtf8
    ? `pg_catalog.md5(pg_catalog.convert_to(${text}, 'UTF8'))`
    : `pg_catalog.md5(${text})`;

const half = (part: "left" | "right"): string =>
  `pg_catalog.sum(('x' || pg_catalog.${part}(one.hash, 16))::pg_catalog.bit(64)::pg_catalog.int8)`;

/** The question for a table's contents: one row, columns `rows`, `first`, `second`. Constant memory on the server. */
export function buildContentsQuestion(
  side: Side,
  table: ComparedTable,
  rules: ComparisonRules,
): string {
  const from = buildRowsFrom(side, table);
  if (table.columns.length === 0)
    return `select pg_catalog.count(*) as rows, 0 as first, 0 as second from ${from}`;
  const hash = buildHash(buildRowText(side, table.columns, rules), rules);
  // unnest keeps the planner from hashing each row twice, and unlike OFFSET 0 lets it use parallel workers
  return `select pg_catalog.count(*) as rows, coalesce(${half("left")}, 0) as first, coalesce(${half("right")}, 0) as second
from ${from} cross join lateral pg_catalog.unnest(array[${hash}]) as one (hash)`;
}

/** Counts a table's rows and sums their hashes. @throws the server's error */
export async function readContents(
  db: Database,
  side: Side,
  table: ComparedTable,
  rules: ComparisonRules,
): Promise<Contents> {
  const question = buildContentsQuestion(side, table, rules);
  const row = await askRows(db, () =>
    db.one<{ rows: string; first: string; second: string }>(question),
  );
  return { rows: BigInt(row.rows), sums: [row.first, row.second] };
}

/** Counts a table's rows. */
export async function countRows(db: Database, side: Side, table: ComparedTable): Promise<bigint> {
  const question = `select pg_catalog.count(*) as rows from ${buildRowsFrom(side, table)}`;
  return BigInt((await askRows(db, () => db.one<{ rows: string }>(question))).rows);
}

export const isSameContents = (a: Contents, b: Contents): boolean =>
  a.rows === b.rows && a.sums[0] === b.sums[0] && a.sums[1] === b.sums[1];
