import type Libsql from "libsql";
import { quoteIdentifier } from "../../scripts/cloudflare/identifier.ts";

export interface DumpOptions {
  readonly noData: boolean;
  readonly noSchema: boolean;
  readonly tables: readonly string[];
  /** As wrangler 4.164 writes them: `INSERT INTO "t" ("a","b") VALUES(…)`, and Infinity as 9e999. */
  readonly columnLists: boolean;
}

/** What D1 makes of a value before it writes it: integers as doubles, text with U+FFFD for what is no UTF-8. */
export type JavaScriptValue = null | number | string | Buffer;

/** Asks for a column so that the driver gives all its bytes, and tells text from blob: type, then value. */
export const askExactly = (column: string): string =>
  `typeof(${column}), CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) ELSE ${column} END`;

export function readJavaScriptValues(row: readonly unknown[]): JavaScriptValue[] {
  const values: JavaScriptValue[] = [];
  for (let index = 0; index < row.length; index += 2) {
    const value = row[index + 1];
    if (value === null || value === undefined) values.push(null);
    else if (Buffer.isBuffer(value))
      values.push(row[index] === "text" ? value.toString("utf8") : value);
    else values.push(typeof value === "bigint" ? Number(value) : (value as number | string));
  }
  return values;
}

interface SchemaRow {
  readonly name: string;
  readonly sql: string;
}

const select = (database: Libsql.Database, sql: string): SchemaRow[] =>
  (database.prepare(sql).raw().all() as string[][]).map(([name = "", text = ""]) => ({
    name,
    sql: text,
  }));

/**
 * The lines of a dump, by the rules of D1's own dumper (dumpSql of the miniflare of wrangler 4.86 and 4.164), with all its losses.
 * @throws Error when the database has a virtual table
 */
export function* dumpLines(database: Libsql.Database, options: DumpOptions): Generator<string> {
  yield "PRAGMA defer_foreign_keys=TRUE;";
  const wanted = new Set(options.tables);
  for (const { name, sql } of listTables(database)) {
    if (wanted.size > 0 && !wanted.has(name)) continue;
    if (name === "sqlite_sequence") yield* options.noSchema ? [] : ["DELETE FROM sqlite_sequence;"];
    else if (/^sqlite_stat./.test(name)) yield* options.noSchema ? [] : ["ANALYZE sqlite_schema;"];
    else {
      if (sql.startsWith("CREATE VIRTUAL TABLE"))
        throw new Error("D1 Export error: cannot export databases with Virtual Tables (fts5)");
      if (name.startsWith("_cf_") || name.startsWith("sqlite_")) continue;
      const quoted = /CREATE TABLE ['"].*/.test(sql);
      if (!options.noSchema)
        yield quoted ? `CREATE TABLE IF NOT EXISTS ${sql.slice(13)};` : `${sql};`;
    }
    if (!options.noData) yield* dumpRows(database, name, options);
  }
  if (!options.noSchema)
    for (const { name, sql } of listRest(database))
      if (wanted.size === 0 || wanted.has(name)) yield `${sql};`;
}

const listTables = (database: Libsql.Database): SchemaRow[] =>
  select(
    database,
    `SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql NOT NULL
     ORDER BY tbl_name = 'sqlite_sequence', rowid`,
  );

const listRest = (database: Libsql.Database): SchemaRow[] =>
  select(
    database,
    `SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL AND type IN ('index', 'trigger', 'view')
     ORDER BY type COLLATE NOCASE`,
  );

function* dumpRows(
  database: Libsql.Database,
  table: string,
  { columnLists }: DumpOptions,
): Generator<string> {
  const names = (
    database
      .prepare(`PRAGMA table_info(${quoteIdentifier(table)})`)
      .raw()
      .all() as unknown[][]
  ).map(([, name]) => quoteIdentifier(String(name)));
  const write = columnLists ? writeNewerValue : writeValue;
  const list = columnLists ? ` (${names.join(",")})` : "";
  const rows = database
    .prepare(`SELECT ${names.map(askExactly).join(", ")} FROM ${quoteIdentifier(table)}`)
    .raw()
    .iterate() as Iterable<unknown[]>;
  for (const row of rows)
    yield `INSERT INTO ${quoteIdentifier(table)}${list} VALUES(${readJavaScriptValues(row).map(write).join(",")});`;
}

function writeValue(value: JavaScriptValue): string {
  if (value === null) return "NULL";
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? writeText(value) : `X'${value.toString("hex")}'`;
}

function writeNewerValue(value: JavaScriptValue): string {
  if (value === Infinity) return "9e999";
  return value === -Infinity ? "-9e999" : writeValue(value);
}

/** The lossy part: real newlines become `\n`, and then every `\n` of the text becomes a newline again. */
function writeText(text: string): string {
  let quoted = `'${text.replaceAll("'", "''").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}'`;
  if (text.includes("\r")) quoted = `replace(${quoted},'\\r',char(13))`;
  if (text.includes("\n")) quoted = `replace(${quoted},'\\n',char(10))`;
  return quoted;
}
