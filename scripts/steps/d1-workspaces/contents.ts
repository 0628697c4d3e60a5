import { z } from "zod";
import type { D1Database } from "../../cloudflare/d1-database.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { readSql } from "../../engine/sql-file.ts";

const objectRow = z.object({
  type: z.enum(["table", "index", "trigger", "view"]),
  name: z.string(),
  table: z.string(),
  sql: z.string(),
});

/** A table, index, trigger or view, as sqlite_master has it. */
export type DatabaseObject = z.infer<typeof objectRow>;

/** The history that `wrangler d1 migrations apply` keeps; it belongs to each side, and does not move. */
export const migrationsTable = "d1_migrations";

/** Tables of our own, which stand in v2 as long as a move is not cleaned up. */
const ledgerPrefix = "movebook_";

export const isLedgerTable = (name: string): boolean => name.startsWith(ledgerPrefix);

const isVirtual = ({ sql }: DatabaseObject): boolean => /^\s*create\s+virtual\s/iu.test(sql);

/** What a database consists of, and how many rows it holds. */
export interface Contents {
  /** All of them in the order of their creation, our own too. */
  readonly objects: readonly DatabaseObject[];
  /** Rows of each ordinary table of the product; the migration history and our own tables left out. */
  readonly rows: ReadonlyMap<string, number>;
  /** Names of applied migrations; undefined: there is no history. */
  readonly migrations: readonly string[] | undefined;
}

/** Ordinary tables of the product: neither virtual, nor what those keep beside them, nor the migration history, nor ours. */
export const listProductTables = (objects: readonly DatabaseObject[]): string[] =>
  objects
    .filter((object) => object.type === "table" && !isVirtual(object))
    .map(({ name }) => name)
    .filter((name) => name !== migrationsTable && !isLedgerTable(name))
    .filter((name) => !isShadowTable(objects, name));

/** Virtual tables: they refuse an export. */
export const listVirtualTables = (objects: readonly DatabaseObject[]): string[] =>
  objects.filter((object) => object.type === "table" && isVirtual(object)).map(({ name }) => name);

/** What full-text search and R*Tree keep beside a virtual table (https://sqlite.org/fts5.html, https://sqlite.org/rtree.html). */
const shadows = ["data", "idx", "content", "docsize", "config", "node", "parent", "rowid"];

/** True of a table that belongs to a virtual one: it is made and gone with it. */
export const isShadowTable = (objects: readonly DatabaseObject[], table: string): boolean =>
  listVirtualTables(objects).some((name) => shadows.some((end) => table === `${name}_${end}`));

/** Names of triggers on one of the tables. */
export const listTriggers = (
  objects: readonly DatabaseObject[],
  tables: readonly string[],
): DatabaseObject[] =>
  objects.filter(({ type, table }) => type === "trigger" && tables.includes(table));

/** The schema as one SQL text, in the order in which it was created; without our own tables. */
export const buildSchemaText = (objects: readonly DatabaseObject[]): string =>
  objects
    .filter(({ name, table }) => !isLedgerTable(name) && !isLedgerTable(table))
    .map(({ sql }) => `${sql};\n`)
    .join("");

export async function readObjects(database: D1Database): Promise<DatabaseObject[]> {
  const [rows = []] = await database.query(
    readSql("cloudflare/list-objects"),
    `list the tables of ${database.name}`,
  );
  return rows.map((row) => objectRow.parse(row));
}

const countRow = z.object({ rows: z.number() });

export const buildCount = (table: string): string =>
  `select count(*) as rows from ${quoteIdentifier(table)}`;

/** Rows of each table, asked in one call. */
export async function countRows(
  database: D1Database,
  tables: readonly string[],
): Promise<Map<string, number>> {
  if (tables.length === 0) return new Map();
  const answers = await database.query(
    tables.map(buildCount),
    `count the rows of ${database.name}`,
  );
  return new Map(tables.map((table, index) => [table, countRow.parse(answers[index]?.[0]).rows]));
}

/** Asks a database what it holds, in two calls. */
export async function readContents(database: D1Database): Promise<Contents> {
  const objects = await readObjects(database);
  const tables = listProductTables(objects);
  const hasHistory = objects.some(({ name }) => name === migrationsTable);
  const questions = [
    ...tables.map(buildCount),
    ...(hasHistory ? [readSql("cloudflare/list-migrations")] : []),
  ];
  const answers =
    questions.length === 0
      ? []
      : await database.query(questions, `count the rows of ${database.name}`);
  return {
    objects,
    rows: new Map(tables.map((table, index) => [table, countRow.parse(answers[index]?.[0]).rows])),
    migrations: hasHistory
      ? (answers[tables.length] ?? []).map((row) => z.object({ name: z.string() }).parse(row).name)
      : undefined,
  };
}
