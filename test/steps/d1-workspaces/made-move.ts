import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSql } from "../../../scripts/engine/sql-file.ts";
import type { Problem } from "../../../scripts/engine/failure.ts";
import type { Cell } from "../../../scripts/cloudflare/cell.ts";
import { Scratch } from "../../../scripts/cloudflare/scratch.ts";
import { parseDecisions } from "../../../scripts/steps/d1-workspaces/decisions.ts";
import {
  transformDump,
  type Transformed,
} from "../../../scripts/steps/d1-workspaces/transform-dump.ts";

export type Value = string | number | null;

/** A table of a made v1: its CREATE TABLE, and rows in the order of its columns. */
export interface MadeTable {
  readonly sql: string;
  readonly rows: readonly (readonly Value[])[];
}

export type MadeV1 = Readonly<Record<string, MadeTable>>;

const literal = (value: Value): string =>
  value === null
    ? "NULL"
    : typeof value === "number"
      ? String(value)
      : `'${value.replaceAll("'", "''")}'`;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A dump as wrangler 4.86 writes it. */
export const writeDump = (v1: MadeV1): string =>
  [
    "PRAGMA defer_foreign_keys=TRUE;",
    ...Object.entries(v1).flatMap(([name, { sql, rows }]) => [
      `${sql};`,
      ...rows.map((row) => `INSERT INTO ${quoted(name)} VALUES(${row.map(literal).join(",")});`),
    ]),
    "",
  ].join("\n");

export const day = "2024-01-02 03:04:05";

/** Two users with a table, a field and a record each, and nothing that v2 would refuse. */
export const plainV1 = {
  users: {
    sql: "CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT, name TEXT, password_hash TEXT, role TEXT, is_active INTEGER, created_at TEXT, updated_at TEXT)",
    rows: [
      ["u1", "ada@example.com", "Ada", "pbkdf2$1", "admin", 1, day, day],
      ["u2", "bob@example.com", "Bob", "pbkdf2$2", "editor", 1, day, "2024-02-02 00:00:00"],
    ],
  },
  tables: {
    sql: "CREATE TABLE tables (id TEXT PRIMARY KEY, user_id TEXT, name TEXT, description TEXT, icon TEXT, color TEXT, position INTEGER, created_at TEXT, updated_at TEXT)",
    rows: [
      ["t1", "u1", "Tasks", null, "list", "blue", 0, day, day],
      ["t2", "u2", "Notes", "two", "note", "red", 1, day, day],
    ],
  },
  fields: {
    sql: "CREATE TABLE fields (id TEXT PRIMARY KEY, table_id TEXT, name TEXT, type TEXT, options TEXT, position INTEGER, created_at TEXT)",
    rows: [["f1", "t1", "Title", "text", null, 0, day]],
  },
  records: {
    sql: "CREATE TABLE records (id TEXT PRIMARY KEY, table_id TEXT, data TEXT, created_by TEXT, created_at TEXT, updated_at TEXT)",
    rows: [
      ["r1", "t1", '{"f1":"one"}', "u1", day, day],
      ["r2", "t2", '{ "a" : [1,\t2] }', null, day, day],
    ],
  },
} satisfies MadeV1;

/** What may stand on a screen. */
export const shownOf = (problems: readonly Problem[]): string =>
  JSON.stringify(problems.map(({ what, where, todo, details }) => [what, where, todo, details]));

/** What came of a transform, with a reader for its rows. */
export interface Move extends Transformed {
  readonly scratchFile: string;
  /** Rows of one of v2's tables in their order; columns as named. */
  readonly rows: (table: string, columns?: string) => Cell[][];
  /** The sentences of the problems. */
  readonly told: readonly string[];
}

let folder: string | undefined;
let count = 0;

export function newFile(name: string): string {
  folder ??= mkdtempSync(join(tmpdir(), "movebook-transform-"));
  count += 1;
  return join(folder, `${count}-${name}`);
}

export const referenceSchema = readSql("d1-workspaces/v2-reference-schema");

function readRows(file: string, table: string, columns: string): Cell[][] {
  const scratch = Scratch.open(file, { readOnly: true });
  try {
    return [...scratch.rows(`SELECT ${columns} FROM "${table}" ORDER BY rowid`)];
  } finally {
    scratch.close();
  }
}

/** Transforms a made v1, with the reference schema unless another one is given. */
export async function move(
  v1: MadeV1 | string,
  decisions: object = {},
  v2Schema = referenceSchema,
): Promise<Move> {
  const [dump, scratchFile] = [newFile("dump.sql"), newFile("scratch.sqlite")];
  writeFileSync(dump, typeof v1 === "string" ? v1 : writeDump(v1));
  const transformed = await transformDump({
    dump,
    v2Schema,
    decisions: parseDecisions(JSON.stringify(decisions), "d1-decisions.json"),
    scratchFile,
    signal: new AbortController().signal,
  });
  return {
    ...transformed,
    scratchFile,
    rows: (table, columns = "*") => readRows(scratchFile, table, columns),
    told: transformed.problems.map(({ what }) => what),
  };
}
