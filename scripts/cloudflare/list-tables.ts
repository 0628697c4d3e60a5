import { z } from "zod";
import { readSql } from "../engine/sql-file.ts";
import type { D1Database } from "./d1-database.ts";
import { quoteIdentifier } from "./identifier.ts";

/** A table of a database, as far as a fingerprint and preflight want to know it. */
export interface StoredTable {
  readonly name: string;
  /** CREATE TABLE as it is stored. */
  readonly sql: string;
  /** Columns that are stored; of a virtual table none. */
  readonly columns: readonly string[];
  readonly withoutRowid: boolean;
  /** Full-text search and the like: D1 refuses to export a database with one. */
  readonly isVirtual: boolean;
}

const columnRow = z.object({
  table: z.string(),
  column: z.string().nullable(),
  sql: z.string(),
  withoutRowid: z.number(),
});

/** The tables with their columns, in the order of their creation; without those of SQLite and D1 (`sqlite_*`, `_cf_*`). */
export async function listStoredTables(database: D1Database): Promise<StoredTable[]> {
  const sql = readSql("cloudflare/list-stored-columns");
  const [answer = []] = await database.query(sql, `List the tables of ${database.name}`);
  const tables = new Map<string, StoredTable & { readonly columns: string[] }>();
  for (const row of z.array(columnRow).parse(answer)) {
    const known = tables.get(row.table);
    const table = known ?? {
      name: row.table,
      sql: row.sql,
      columns: [],
      withoutRowid: row.withoutRowid === 1,
      isVirtual: /^\s*create\s+virtual\b/i.test(row.sql),
    };
    if (row.column !== null) table.columns.push(row.column);
    tables.set(row.table, table);
  }
  return [...tables.values()];
}

/** The tables with the number of their rows; those of virtual tables are not counted. */
export async function listTables(
  database: D1Database,
): Promise<(StoredTable & { readonly rows: number | undefined })[]> {
  const tables = await listStoredTables(database);
  const counted = tables.filter(({ isVirtual }) => !isVirtual);
  const answers = await database.query(
    counted.map(({ name }) => `SELECT count(*) AS n FROM ${quoteIdentifier(name)}`),
    `Count the rows of ${database.name}`,
  );
  const rows = new Map(
    counted.map(({ name }, index) => [name, Number(answers[index]?.[0]?.["n"])]),
  );
  return tables.map((table) => ({ ...table, rows: rows.get(table.name) }));
}
