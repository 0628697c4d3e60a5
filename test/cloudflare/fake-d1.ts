import { createHash } from "node:crypto";
import { copyFileSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { askExactly, dumpLines, type DumpOptions, readJavaScriptValues } from "./fake-dump.ts";
import {
  FakeSqlError,
  type FakeStatement,
  splitStatements,
  verifyAllowed,
} from "./fake-statements.ts";
import type { NamedD1 } from "./real-wrangler.ts";

/** The `meta` of an answer, with the names of Cloudflare's API. */
export interface FakeMeta {
  readonly served_by: string;
  readonly duration: number;
  readonly changes: number;
  readonly last_row_id: number;
  readonly changed_db: boolean;
  readonly size_after: number;
  readonly rows_read: number;
  readonly rows_written: number;
}

export interface FakeResult {
  readonly results: readonly Record<string, unknown>[];
  readonly success: true;
  readonly meta: FakeMeta;
}

interface Snapshot {
  readonly bookmark: string;
  readonly file: string;
  readonly time: number;
}

/** A D1 database of the fake: an SQLite file that answers as D1 does. */
export class FakeD1 implements NamedD1 {
  readonly name: string;
  readonly id: string;
  readonly createdAt: string = new Date().toISOString();
  /** Of SQLite. Tests read it by a client of their own. */
  readonly file: string;
  #database: Libsql.Database;
  #version = 1;
  #snapshots: Snapshot[] = [];

  constructor(folder: string, { name, id }: NamedD1) {
    this.name = name;
    this.id = id;
    this.file = join(folder, `${id}.sqlite`);
    this.#database = this.#open();
    this.#database.exec(
      "CREATE TABLE IF NOT EXISTS _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)",
    );
  }

  #open(): Libsql.Database {
    const database = new Libsql(this.file);
    database.defaultSafeIntegers(true);
    database.exec("PRAGMA foreign_keys = ON");
    return database;
  }

  close(): void {
    this.#database.close();
  }

  get size(): number {
    return statSync(this.file).size;
  }

  /** The first value of the first row. */
  #first(sql: string): unknown {
    return (this.#database.prepare(sql).raw().get() as unknown[] | undefined)?.[0];
  }

  /** Tables of the application. */
  countTables(): number {
    const sql =
      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'";
    return Number(this.#first(sql));
  }

  /** Runs statements as they are, without D1's limits and without foreign keys: how tests put rows there. */
  apply(statements: Iterable<string>): void {
    this.#database.exec("PRAGMA foreign_keys = OFF");
    this.#database.exec("BEGIN");
    for (const statement of statements) this.#database.exec(statement);
    this.#database.exec("COMMIT");
    this.#database.exec("PRAGMA foreign_keys = ON");
    this.#version += 1;
  }

  /** Runs SQL in one transaction, as the query endpoint does. @throws FakeSqlError; nothing is changed then */
  query(sql: string): FakeResult[] {
    const statements = [...splitStatements(sql)];
    if (statements.length === 0) throw new FakeSqlError("No SQL statements detected.");
    return this.#inTransaction(() => statements.map((statement) => this.#run(statement)));
  }

  /**
   * Runs the SQL of an import, in one transaction.
   * @param share 1 for all statements; less: so many of them are run and kept, and the rest is not
   * @throws FakeSqlError; nothing is changed then
   */
  import(sql: string, share = 1): { readonly queries: number; readonly meta: FakeMeta } {
    const statements = [...splitStatements(sql)];
    const run = statements.slice(0, Math.floor(statements.length * share));
    const metas = this.#inTransaction(() => run.map((statement) => this.#run(statement).meta));
    const sum = (name: "changes" | "rows_read" | "rows_written"): number =>
      metas.reduce((total, meta) => total + meta[name], 0);
    const meta = {
      ...this.#meta(0, 0, true),
      changes: sum("changes"),
      rows_read: sum("rows_read"),
      rows_written: sum("rows_written"),
    };
    return { queries: run.length, meta };
  }

  /** The text of a dump. @throws Error when there is a virtual table */
  dump(options: DumpOptions): string {
    return [...dumpLines(this.#database, options)].join("\n");
  }

  #inTransaction<T>(work: () => T): T {
    const before = this.#state();
    this.#database.exec("BEGIN");
    try {
      const done = work();
      this.#database.exec("COMMIT");
      if (this.#state() !== before) this.#version += 1;
      return done;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      throw error instanceof FakeSqlError ? error : explainSqlite(error);
    }
  }

  /** Another text after every change of rows or schema. */
  #state(): string {
    const asked = ["SELECT total_changes()", "PRAGMA schema_version"];
    return asked.map((sql) => String(this.#first(sql))).join(" ");
  }

  /** How often the database was changed since it exists. */
  get version(): number {
    return this.#version;
  }

  #run(statement: FakeStatement): FakeResult {
    verifyAllowed(statement);
    const before = this.#state();
    const prepared = this.#database.prepare(statement.sql);
    const names = prepared.columns().map(({ name }) => name);
    const first = statement.words[0]?.text ?? "";
    const rows =
      names.length > 0 && /^(?:SELECT|WITH|VALUES)$/.test(first)
        ? this.#select(statement.sql, names)
        : this.#runPlain(prepared, names);
    const changes = Number(this.#first("SELECT total_changes()"));
    const written = changes - Number(before.split(" ")[0]);
    const results = rows.map((row) =>
      Object.fromEntries(row.map((value, index) => [names[index], value])),
    );
    return {
      results,
      success: true,
      meta: this.#meta(rows.length, written, before !== this.#state()),
    };
  }

  #select(sql: string, names: readonly string[]): unknown[][] {
    const columns = names.map((_, index) => `c${index}`);
    const exact = `WITH fake_rows(${columns.join(", ")}) AS (${sql}\n) SELECT ${columns.map(askExactly).join(", ")} FROM fake_rows`;
    const rows = this.#database.prepare(exact).raw().all() as unknown[][];
    return rows.map((row) => readJavaScriptValues(row).map(asJson));
  }

  #runPlain(prepared: Libsql.Statement, names: readonly string[]): unknown[][] {
    if (names.length > 0)
      return (prepared.raw().all() as unknown[][]).map((row) =>
        row.map((value) => asJson(typeof value === "bigint" ? Number(value) : value)),
      );
    prepared.run();
    return [];
  }

  #meta(read: number, written: number, changed: boolean): FakeMeta {
    const last = this.#first("SELECT last_insert_rowid()");
    return {
      served_by: "fake",
      duration: 0.25,
      changes: written,
      last_row_id: Number(last),
      changed_db: changed,
      size_after: this.size,
      rows_read: read,
      rows_written: written,
    };
  }

  /** The current bookmark of Time Travel; the database as it is now can be had again by it. */
  bookmark(): string {
    const owner = createHash("md5").update(this.id).digest("hex");
    const bookmark = `${this.#version.toString(16).padStart(8, "0")}-00000000-00004e2f-${owner}`;
    const file = `${this.file}.${bookmark}`;
    if (!existsSync(file)) copyFileSync(this.file, file);
    this.#snapshots.push({ bookmark, file, time: Date.now() });
    return bookmark;
  }

  /** The bookmark that was current at a time: of those that were asked for; else the current one. */
  bookmarkAt(time: number): string {
    return (
      this.#snapshots.filter((snapshot) => snapshot.time <= time).at(-1)?.bookmark ??
      this.bookmark()
    );
  }

  /** Back to a bookmark. @returns the bookmark before, or undefined when there is no such bookmark */
  restore(bookmark: string): string | undefined {
    const snapshot = this.#snapshots.find((one) => one.bookmark === bookmark);
    if (snapshot === undefined) return undefined;
    const previous = this.bookmark();
    this.#database.close();
    copyFileSync(snapshot.file, this.file);
    this.#database = this.#open();
    this.#version += 1;
    return previous;
  }
}

/** Blobs as arrays of bytes, Infinity as null, -0 as 0: as JSON has it. */
const asJson = (value: unknown): unknown => (Buffer.isBuffer(value) ? [...value] : value);

function explainSqlite(error: unknown): FakeSqlError {
  const message = error instanceof Error ? error.message : String(error);
  const code =
    error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  return code.startsWith("SQLITE_CONSTRAINT")
    ? new FakeSqlError(`${message}: SQLITE_CONSTRAINT (extended: ${code})`)
    : new FakeSqlError(`${message}: SQLITE_ERROR`);
}
