import { createHash } from "node:crypto";
import type { Problem } from "../engine/failure.ts";
import { readSql } from "../engine/sql-file.ts";
import type { D1Database, Row } from "./d1-database.ts";
import { buildFingerprintSql } from "./fingerprint-sql.ts";
import { listStoredTables, type StoredTable } from "./list-tables.ts";

/** One table of a fingerprint. */
export interface TableFingerprint {
  readonly rows: number;
  /** Of the largest rowid: rows that were deleted and inserted anew are seen by it. */
  readonly last: string;
  /** Column → hash of lengths and sampled characters. */
  readonly columns: Readonly<Record<string, string>>;
}

/**
 * Version of what a fingerprint says: one more whenever the same database would give another one, in fingerprint.ts,
 * fingerprint-sql.ts or list-schema-texts.sql.
 */
export const fingerprintFormat = 1;

/** What a database held, without its values: JSON, fit for a journal. */
export interface Fingerprint {
  /** Left out by movebooks that knew no versions. */
  readonly format?: number;
  readonly tables: Readonly<Record<string, TableFingerprint>>;
  /** Hash of all CREATE statements. */
  readonly schema: string;
  /** Hash of the counters of AUTOINCREMENT. */
  readonly sequences: string;
  /** The bookmark of Time Travel, remotely. It moves by D1's own doing too: a fact beside, never compared. */
  readonly bookmark?: string;
}

const hash = (...parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);

/** Answers of the statements of one table. Numbers of a table with one row are its values: they are hashed. */
function buildTable({ name, columns }: StoredTable, answers: readonly Row[]): TableFingerprint {
  const sums = answers.flatMap(({ sums: text }) => String(text).split(","));
  return {
    rows: Number(answers[0]?.["n"]),
    last: hash(name, answers[0]?.["r"]),
    columns: Object.fromEntries(
      columns.map((column, index) => [column, hash(name, column, sums[index])]),
    ),
  };
}

const sequencesSql = "SELECT name, CAST(seq AS TEXT) AS seq FROM sqlite_sequence ORDER BY name";
const sequencesThere = (tables: readonly StoredTable[]): boolean =>
  tables.some(({ sql }) => /\bautoincrement\b/i.test(sql));

/**
 * Looks at every row of a database once and keeps of each column one number: lengths, storage classes, integers, and
 * characters of each text at nine places, weighted by the rowid. Two calls; one scan; cheap enough for a v1 in use.
 *
 * What it can miss: a text that was changed to one of the same length which has the same characters at all nine places
 * (short texts are looked at wholly, long ones are not), when no other column changed with it; a blob that was changed
 * in bytes that are no ASCII; whatever virtual tables hold. A row that came or went is always seen.
 */
export async function readFingerprint(database: D1Database): Promise<Fingerprint> {
  const tables = (await listStoredTables(database)).filter(({ isVirtual }) => !isVirtual);
  const statements = tables.map(buildFingerprintSql);
  const [schema = [], sequences = [], ...answers] = await database.query(
    [
      readSql("cloudflare/list-schema-texts"),
      sequencesThere(tables) ? sequencesSql : "SELECT 'none' AS name",
      ...statements.flat(),
    ],
    `Take the fingerprint of ${database.name}`,
  );
  let used = 0;
  const entries = tables.map((table, index) => {
    const own = answers.slice(used, (used += statements[index]?.length ?? 0));
    return [
      table.name,
      buildTable(
        table,
        own.map(([row]) => row ?? {}),
      ),
    ] as const;
  });
  return {
    format: fingerprintFormat,
    tables: Object.fromEntries(entries),
    schema: hash(schema),
    sequences: hash(sequences),
    ...(database.place === "remote" ? { bookmark: await database.bookmark() } : {}),
  };
}

/** Table → number of its rows. */
export const listRows = (fingerprint: Fingerprint): [table: string, rows: number][] =>
  Object.entries(fingerprint.tables).map(([table, { rows }]) => [table, rows]);

function compareTable(
  name: string,
  before: TableFingerprint | undefined,
  after: TableFingerprint | undefined,
): Problem[] {
  const where = `table ${name}`;
  if (before === undefined) return [{ what: `${name} is new`, where }];
  if (after === undefined) return [{ what: `${name} is gone`, where }];
  if (before.rows !== after.rows)
    return [{ what: `${name} had ${before.rows} rows, and has ${after.rows}`, where }];
  const names = new Set([...Object.keys(before.columns), ...Object.keys(after.columns)]);
  const changed = [...names].filter((column) => before.columns[column] !== after.columns[column]);
  if (changed.length > 0)
    return [{ what: `${name} holds other values in ${changed.join(", ")}`, where }];
  return before.last === after.last ? [] : [{ what: `${name} holds other rows`, where }];
}

/** What differs between two comparable fingerprints of one database, a problem a table; without row values. */
export function compareFingerprints(before: Fingerprint, after: Fingerprint): Problem[] {
  const names = new Set([...Object.keys(before.tables), ...Object.keys(after.tables)]);
  const problems = [...names].flatMap((name) =>
    compareTable(name, before.tables[name], after.tables[name]),
  );
  if (before.schema !== after.schema)
    problems.push({ what: "tables, indexes, triggers or views were changed", where: "schema" });
  if (before.sequences !== after.sequences)
    problems.push({ what: "a counter of AUTOINCREMENT has moved", where: "sqlite_sequence" });
  return problems;
}
