import {
  buildHash,
  buildRowsFrom,
  buildRowText,
  type ComparedTable,
  type ComparisonRules,
  type Contents,
  type Side,
} from "./contents.ts";
import type { Database } from "./database.ts";
import { askRows } from "./own-search-path.ts";
import type { MovedColumn } from "./table-plan.ts";

/** A row that did not arrive as it was. */
export interface DifferingRow {
  /** `missing` in v2, `extra` in v2, or `changed`. */
  readonly kind: "missing" | "extra" | "changed";
  /** The primary key's values, or the whole row where there is no key; personal data. */
  readonly row: string;
}

/** Both sides and what they hold, as contents.ts found it. */
export interface Difference {
  readonly table: ComparedTable;
  readonly source: Contents;
  readonly target: Contents;
  /** Names of the columns of v2's primary key; empty when there is none. */
  readonly primaryKey: readonly string[];
  readonly rules: ComparisonRules;
}

/** Rows of one bucket are read into memory on both sides: so many at most are expected in each. */
const rowsInBucket = 500n;
const shownLength = 300;

/**
 * Up to `limit` rows that differ. Both sides sum their hashes in buckets by the hash of the key, then only buckets
 * that differ are read: two passes over the table, and memory that does not grow with it.
 */
export async function listDifferingRows(
  source: Database,
  target: Database,
  difference: Difference,
  limit: number,
): Promise<DifferingRow[]> {
  const { table, rules } = difference;
  if (table.columns.length === 0) return [];
  const key = pickKey(difference);
  const width = pickBucketWidth(difference);
  const [inSource, inTarget] = await Promise.all([
    readBuckets(source, buildBucketQuestion("source", table, key, width, rules)),
    readBuckets(target, buildBucketQuestion("target", table, key, width, rules)),
  ]);
  const buckets = listUnequalKeys(inSource, inTarget).slice(0, limit);
  const [left, right] = await Promise.all([
    readRows(source, buildRowQuestion("source", table, key, width, rules), buckets),
    readRows(target, buildRowQuestion("target", table, key, width, rules), buckets),
  ]);
  return compareRows(left, right, limit);
}

/** A primary key is only a key on both sides when all of it was moved. */
function pickKey({ table, primaryKey }: Difference): readonly MovedColumn[] {
  const columns = primaryKey.map((name) => table.columns.find((column) => column.name === name));
  const found = columns.filter((column) => column !== undefined);
  return found.length > 0 && found.length === columns.length ? found : table.columns;
}

/** Hexadecimal digits of a bucket's name: 1 to 4, so that there are at most 65,536 of them. */
function pickBucketWidth({ source, target }: Difference): number {
  const rows = source.rows > target.rows ? source.rows : target.rows;
  return Math.min(4, Math.max(1, (rows / rowsInBucket).toString(16).length));
}

function buildHashes(
  side: Side,
  table: ComparedTable,
  key: readonly MovedColumn[],
  rules: ComparisonRules,
): string {
  const keyText = buildRowText(side, key, rules);
  const whole = buildHash(buildRowText(side, table.columns, rules), rules);
  return `select ${keyText} as key, ${buildHash(keyText, rules)} as id, ${whole} as hash from ${buildRowsFrom(side, table)} offset 0`;
}

const buildBucketQuestion = (...[side, table, key, width, rules]: QuestionFacts): string =>
  `select pg_catalog.left(id, ${width}) as bucket, pg_catalog.count(*) || ' ' ||
       pg_catalog.sum(('x' || pg_catalog.left(hash, 16))::pg_catalog.bit(64)::pg_catalog.int8) as content
from (${buildHashes(side, table, key, rules)}) as hashes group by 1`;

/** Equal rows are one line with their number. $1: the buckets. */
const buildRowQuestion = (...[side, table, key, width, rules]: QuestionFacts): string =>
  `select id, pg_catalog.left(pg_catalog.min(key), ${shownLength}) as shown,
       pg_catalog.count(*) as count,
       pg_catalog.sum(('x' || pg_catalog.left(hash, 16))::pg_catalog.bit(64)::pg_catalog.int8) as content
from (${buildHashes(side, table, key, rules)}) as hashes
where pg_catalog.left(id, ${width}) = any ($1) group by id`;

type QuestionFacts = [
  side: Side,
  table: ComparedTable,
  key: readonly MovedColumn[],
  width: number,
  rules: ComparisonRules,
];

async function readBuckets(db: Database, question: string): Promise<Map<string, string>> {
  const rows = await askRows(db, () => db.query<{ bucket: string; content: string }>(question));
  return new Map(rows.map(({ bucket, content }) => [bucket, content]));
}

function listUnequalKeys(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  const all = new Set([...a.keys(), ...b.keys()]);
  return [...all].filter((key) => a.get(key) !== b.get(key)).toSorted();
}

interface KeyedRow {
  readonly shown: string;
  /** More than one where the key is the whole row. */
  readonly count: string;
  readonly content: string;
}

async function readRows(
  db: Database,
  question: string,
  buckets: readonly string[],
): Promise<Map<string, KeyedRow>> {
  const rows = await askRows(db, () => db.query<KeyedRow & { id: string }>(question, [buckets]));
  return new Map(rows.map(({ id, ...row }) => [id, row]));
}

function compareRows(
  source: ReadonlyMap<string, KeyedRow>,
  target: ReadonlyMap<string, KeyedRow>,
  limit: number,
): DifferingRow[] {
  const found: DifferingRow[] = [];
  for (const id of new Set([...source.keys(), ...target.keys()])) {
    const [left, right] = [source.get(id), target.get(id)];
    const kind = judgeRow(left, right);
    if (kind !== undefined) found.push({ kind, row: (left ?? right)?.shown ?? "" });
  }
  return found.slice(0, limit);
}

function judgeRow(
  left: KeyedRow | undefined,
  right: KeyedRow | undefined,
): DifferingRow["kind"] | undefined {
  const more = Number(left?.count ?? 0) - Number(right?.count ?? 0);
  if (more !== 0) return more > 0 ? "missing" : "extra";
  return left?.content === right?.content ? undefined : "changed";
}
