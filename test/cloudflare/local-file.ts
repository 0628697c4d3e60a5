import { createHash, createHmac } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import Libsql from "libsql";
import { type Cell, textCell } from "../../scripts/cloudflare/cell.ts";
import { quoteIdentifier } from "../../scripts/cloudflare/identifier.ts";

const hmac = (key: Buffer, text: string | Buffer): Buffer =>
  createHmac("sha256", key).update(text).digest().subarray(0, 16);

/** The SQLite file of a local D1: miniflare names it by an HMAC of the database's id. */
export function localDatabaseFile(stateFolder: string, databaseId: string): string {
  const space = "miniflare-D1DatabaseObject";
  const key = createHash("sha256").update(space).digest();
  const name = hmac(key, databaseId);
  const file = `${Buffer.concat([name, hmac(key, name)]).toString("hex")}.sqlite`;
  return join(stateFolder, "v3", "d1", space, file);
}

/** The SQLite file of a local D1, read-only. Integers come as bigint. @throws when nothing has made it yet */
export const openLocalFile = (stateFolder: string, databaseId: string): Libsql.Database =>
  openForReading(localDatabaseFile(stateFolder, databaseId));

/** Any SQLite file, read-only. Integers come as bigint. */
export function openForReading(file: string): Libsql.Database {
  const database = new Libsql(`${pathToFileURL(file).href}?mode=ro`);
  database.defaultSafeIntegers(true);
  return database;
}

/**
 * Runs statements in the SQLite file of a local D1, without wrangler and in one transaction: a hundred times quicker,
 * and for values that wrangler cannot carry. The file is made when it is missing; foreign keys are not enforced.
 */
export function fillLocalFile(
  stateFolder: string,
  databaseId: string,
  statements: Iterable<string>,
): void {
  const file = localDatabaseFile(stateFolder, databaseId);
  mkdirSync(dirname(file), { recursive: true });
  fillFile(file, statements);
}

/** Runs statements in any SQLite file, in one transaction. */
export function fillFile(file: string, statements: Iterable<string>): void {
  const database = new Libsql(file);
  try {
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA foreign_keys = OFF");
    database.exec("BEGIN");
    for (const statement of statements) database.exec(statement);
    database.exec("COMMIT");
  } finally {
    database.close();
  }
}

/** The tables that an application made, in the order of their making. */
export const listTableNames = (database: Libsql.Database): string[] =>
  (
    database
      .prepare(
        `SELECT name FROM sqlite_schema
         WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' ORDER BY rowid`,
      )
      .raw()
      .all() as string[][]
  ).map(([name]) => name ?? "");

/** Columns of a table, stored and computed ones, as a SELECT of all of them gives them. */
export const listColumnNames = (database: Libsql.Database, table: string): string[] =>
  database
    .prepare(`SELECT * FROM ${quoteIdentifier(table)}`)
    .columns()
    .map(({ name }) => name);

type Driven = null | bigint | number | string | Buffer;

/** Every cell of a table exactly as SQLite stores it, read by this client alone, in the order of `orderBy`. */
export function readCells(
  database: Libsql.Database,
  table: string,
  { columns = listColumnNames(database, table), orderBy = "1" } = {},
): Cell[][] {
  const asked = columns
    .map(quoteIdentifier)
    .map(
      (it) =>
        `typeof(${it}), CASE typeof(${it}) WHEN 'text' THEN CAST(${it} AS BLOB) ELSE ${it} END`,
    );
  const rows = database
    .prepare(`SELECT ${asked.join(", ")} FROM ${quoteIdentifier(table)} ORDER BY ${orderBy}`)
    .raw()
    .all() as Driven[][];
  return rows.map((row) =>
    columns.map((_, index) => readCell(row[index * 2], row[index * 2 + 1] ?? null)),
  );
}

const readCell = (type: unknown, value: Driven): Cell =>
  type === "text" && Buffer.isBuffer(value) ? textCell(value) : value;
