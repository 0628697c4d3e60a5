import { askRows } from "./own-search-path.ts";
import type { Catalogue, Column } from "./catalogue.ts";
import type { Database } from "./database.ts";
import { isTextual, resolveType } from "./forecast/base-type.ts";
import { quoteIdentifier, quoteName, type QualifiedName } from "./identifier.ts";
import type { MovedTable } from "./table-plan.ts";

/**
 * Bytes of all fields of a row, uncompressed, that a move carries for certain. The server makes each row one text, for
 * COPY and for its comparison, of less than 1 GB; bytea takes two characters a byte in it, a text at worst too.
 */
export const widestRow = 500_000_000;

/** TOAST's compression makes at most so many bytes of one (LZ4 255, pglz less). */
const bestCompression = 256;

/** Bytes as they are stored: less of a json, an array or the like is at most 31 MB, and not looked into. */
const smallestStored = Math.floor(widestRow / bestCompression / 16);

/** The rows of one table, as far as their width matters. */
export interface RowWidths {
  readonly table: QualifiedName;
  /** Rows that are wider than the limit. */
  readonly tooWide: bigint;
  /** Bytes of the widest row, as its text at worst is counted: half of that text. */
  readonly widest: number;
  /** Its columns of variable length with the size of each one's largest value, largest first. */
  readonly columns: readonly { readonly name: string; readonly largest: number }[];
}

interface Width {
  readonly name: string;
  /** SQL: bytes of the value, uncompressed. */
  readonly bytes: string;
  /** How many characters a byte takes at worst. */
  readonly weight: 1 | 2;
}

const fixedTypes = new Set(
  "bool int2 int4 int8 float4 float8 date time timetz timestamp timestamptz interval uuid oid money macaddr macaddr8 name char point lseg box line circle pg_lsn xid xid8 cid tid".split(
    " ",
  ),
);

/**
 * Reads no TOAST for texts and bytea, whose size stands in the row. Others are only written out when what is stored
 * could be large.
 */
function buildWidth(catalogue: Catalogue, column: Column, isMoved: boolean): Width | undefined {
  const type = resolveType(catalogue, column);
  const { name } = column;
  const value = `t.${quoteIdentifier(name)}`;
  const isPlain = !type.isArray && type.kind === "b";
  if (isPlain && type.schema === "pg_catalog" && fixedTypes.has(type.name)) return undefined;
  if (type.kind === "e" && !type.isArray) return undefined;
  if (isPlain && type.name === "bytea")
    return { name, bytes: `pg_catalog.octet_length(${value}::pg_catalog.bytea)`, weight: 2 };
  // what is left out is dumped, and not compared: nothing is known of its backslashes
  const weight = isMoved ? 2 : 1;
  if (isTextual(type))
    return { name, bytes: `pg_catalog.octet_length(${value}::pg_catalog.text)`, weight };
  const bytes = `case when pg_catalog.pg_column_size(${value}) > ${smallestStored} then pg_catalog.octet_length(pg_catalog.format('%s', ${value})) else 0 end`;
  return { name, bytes, weight };
}

const buildQuestion = (table: QualifiedName, widths: readonly Width[], limit: number): string => {
  const sum = widths.map((_, at) => `${widths[at]?.weight ?? 2} * w.b${at}`).join(" + ");
  const largest = widths.map((_, at) => `coalesce(pg_catalog.max(w.b${at}), 0)`).join(", ");
  const each = widths.map(({ bytes }, at) => `coalesce(${bytes}, 0)::pg_catalog.int8 as b${at}`);
  return `select pg_catalog.count(*) filter (where ${sum} > ${2 * limit})::pg_catalog.text as rows,
  (coalesce(pg_catalog.max(${sum}), 0) / 2)::pg_catalog.text as widest, array[${largest}]::pg_catalog.text[] as largest
from (select ${each.join(", ")} from only ${quoteName(table)} as t) as w`;
};

interface Answer {
  readonly rows: string;
  readonly widest: string;
  readonly largest: readonly string[];
}

async function measureTable(
  db: Database,
  table: QualifiedName,
  widths: readonly Width[],
  limit: number,
): Promise<RowWidths> {
  const question = buildQuestion(table, widths, limit);
  const answer = await askRows(db, () => db.one<Answer>(question));
  const columns = widths.map(({ name }, at) => ({
    name,
    largest: Number(answer.largest[at] ?? 0),
  }));
  return {
    table,
    tooWide: BigInt(answer.rows),
    widest: Number(answer.widest),
    columns: columns.toSorted((a, b) => b.largest - a.largest),
  };
}

/**
 * Measures the rows of v1 that could be as wide as `from` bytes: only tables that store enough out of line are read.
 * @param limit bytes; rows above it are counted
 * @param from bytes; tables without such a row are not told
 */
export async function measureWidths(
  db: Database,
  catalogue: Catalogue,
  tables: readonly MovedTable[],
  { limit, from }: { readonly limit: number; readonly from: number },
): Promise<RowWidths[]> {
  const names = tables.flatMap((table) => table.leaves.map((leaf) => quoteName(leaf.source)));
  const sizes = await db.ask<{ name: string; bytes: string }>("postgres/list-toast-sizes", [names]);
  const stored = new Map(sizes.map(({ name, bytes }) => [name, Number(bytes)]));
  const found: RowWidths[] = [];
  for (const table of tables) {
    const moved = new Set(table.columns.map(({ name }) => name));
    const widths = table.source.columns
      .filter(({ generated }) => generated === "")
      .map((column) => buildWidth(catalogue, column, moved.has(column.name)))
      .filter((width) => width !== undefined);
    for (const { source } of table.leaves) {
      const mayBeWide = (stored.get(quoteName(source)) ?? 0) * bestCompression >= from;
      if (mayBeWide && widths.length > 0) found.push(await measureTable(db, source, widths, limit));
    }
  }
  return found.filter(({ widest }) => widest >= from);
}
