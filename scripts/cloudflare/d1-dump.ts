import { createReadStream } from "node:fs";
import type { DumpCell } from "./dump-cell.ts";
import { refuseDump } from "./dump-failure.ts";
import { InsertReader, type ReadInsert } from "./dump-insert.ts";
import { hasByteOrderMark, nameOrigin } from "./dump-origin.ts";
import { foldName, readCreateTable, type DumpTable } from "./dump-table.ts";
import { readStatements, type SqlStatement } from "./sql-statements.ts";
import { isWord, TokenReader } from "./sql-tokens.ts";
import { UnknownValue } from "./sql-value.ts";

export type { DumpCell } from "./dump-cell.ts";
export { FoldedText } from "./dump-cell.ts";

export interface DumpRow {
  /** One-based line of its INSERT. */
  readonly line: number;
  /** As many as the item has columns, in their order. */
  readonly cells: readonly DumpCell[];
}

export interface DumpTableItem {
  readonly kind: "table";
  readonly name: string;
  /** CREATE TABLE without its `;`. */
  readonly sql: string;
  readonly line: number;
  readonly isVirtual: boolean;
  readonly table: DumpTable;
}

export interface DumpRowsItem {
  readonly kind: "rows";
  /** As its CREATE TABLE writes it. */
  readonly table: string;
  /** As the INSERT names them; undefined: all columns that are not generated, in the order of CREATE TABLE. */
  readonly columns: readonly string[] | undefined;
  readonly rows: readonly DumpRow[];
}

export interface DumpOtherItem {
  readonly kind: "index" | "trigger" | "view" | "sequence" | "pragma" | "other";
  /** Without its `;`. */
  readonly sql: string;
  readonly line: number;
}

/** What a dump holds, in its order. Many rows are one item. */
export type DumpItem = DumpTableItem | DumpRowsItem | DumpOtherItem;

export interface ReadDumpOptions {
  /** Rows of tables that the file does not create are given too (import files): they need column lists. */
  readonly allowUnknownTables?: boolean;
  readonly signal?: AbortSignal;
}

/** An item with the statement that it was read from; rows are one INSERT. */
export interface ReadStatement {
  readonly statement: SqlStatement;
  readonly item: DumpItem;
}

const chunkBytes = 256 * 1024;

/** One reading of one file: knows the tables that were created so far. */
class DumpReader {
  readonly #file: string;
  readonly #options: ReadDumpOptions;
  readonly #tables = new Map<string, DumpTable>();
  readonly #inserts = new InsertReader();
  /** The last INSERT's table: most have the same. */
  #written = "";
  #expected: { name: string; width: number } = { name: "", width: -1 };

  constructor(file: string, options: ReadDumpOptions) {
    this.#file = file;
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#tables.size === 0;
  }

  read(statement: SqlStatement): DumpItem {
    const first = statement.sql[0]! | 0x20;
    if (first === 0x69 || first === 0x72) {
      const insert = this.#readInsert(statement);
      if (insert !== undefined) return this.#buildRows(statement, insert);
    }
    return this.#readOther(statement);
  }

  #readInsert(statement: SqlStatement): ReadInsert | undefined {
    try {
      return this.#inserts.read(statement.sql);
    } catch (error) {
      if (!(error instanceof UnknownValue)) throw error;
      const line = statement.line + countLines(statement.sql, error.offset);
      throw refuseDump(this.#file, "A row holds a value that is none of a D1 dump's", line);
    }
  }

  #buildRows(statement: SqlStatement, insert: ReadInsert): DumpItem {
    const { rows, columns } = insert;
    if (foldName(insert.table) === "sqlite_sequence") return this.#item("sequence", statement);
    if (insert.table !== this.#written) this.#expect(statement, insert);
    const width = columns === undefined ? this.#expected.width : columns.length;
    for (const cells of rows)
      if (cells.length !== width) throw this.#refuseWidth(statement, width, cells.length);
    const { line } = statement;
    return {
      kind: "rows",
      table: this.#expected.name,
      columns,
      rows: rows.map((cells) => ({ line, cells })),
    };
  }

  #expect(statement: SqlStatement, insert: ReadInsert): void {
    const table = this.#tables.get(foldName(insert.table));
    const isAllowed = this.#options.allowUnknownTables === true && insert.columns !== undefined;
    if (table === undefined && !isAllowed)
      throw refuseDump(
        this.#file,
        "Rows of a table that the dump did not create before",
        statement.line,
        {
          where: insert.table,
        },
      );
    this.#written = insert.table;
    this.#expected =
      table === undefined
        ? { name: insert.table, width: -1 }
        : { name: table.name, width: table.columns.filter((one) => !one.isGenerated).length };
  }

  #refuseWidth(statement: SqlStatement, width: number, found: number): Error {
    return refuseDump(
      this.#file,
      `A row has ${found} values where ${width} belong`,
      statement.line,
      { where: this.#expected.name },
    );
  }

  #item(kind: DumpOtherItem["kind"], statement: SqlStatement): DumpOtherItem {
    return { kind, sql: statement.sql.toString("utf8"), line: statement.line };
  }

  #readOther(statement: SqlStatement): DumpItem {
    const kind = nameKind(statement.sql);
    if (kind === undefined)
      throw refuseDump(
        this.#file,
        "This is not a D1 dump: a statement that no export writes",
        statement.line,
        { todo: "Take the file that `wrangler d1 export` wrote." },
      );
    return kind === "table" ? this.#readTable(statement) : this.#item(kind, statement);
  }

  #readTable(statement: SqlStatement): DumpItem {
    const table = readCreateTable(statement.sql);
    if (table === undefined)
      throw refuseDump(
        this.#file,
        "A CREATE TABLE without a column list that ends",
        statement.line,
      );
    this.#tables.set(foldName(table.name), table);
    this.#written = "";
    const { name, isVirtual } = table;
    const { line } = statement;
    return { kind: "table", name, sql: statement.sql.toString("utf8"), line, isVirtual, table };
  }
}

/** The kind of a statement by its first words; undefined for what no dump holds. */
function nameKind(sql: Buffer): Exclude<DumpItem["kind"], "rows"> | undefined {
  const tokens = new TokenReader(sql, 0, Math.min(sql.length, 1_000));
  const first = tokens.next();
  if (isWord(first, "PRAGMA", "ANALYZE")) return "pragma";
  if (isWord(first, "INSERT", "BEGIN", "COMMIT", "UPDATE")) return "other";
  if (isWord(first, "DELETE")) {
    tokens.next();
    const table = tokens.next();
    return foldName(table.text) === "sqlite_sequence" ? "sequence" : "other";
  }
  if (!isWord(first, "CREATE")) return undefined;
  let second = tokens.next();
  while (isWord(second, "TEMP", "TEMPORARY", "UNIQUE", "VIRTUAL")) second = tokens.next();
  const kinds = { TABLE: "table", INDEX: "index", TRIGGER: "trigger", VIEW: "view" } as const;
  return kinds[second.text.toUpperCase() as keyof typeof kinds];
}

function countLines(sql: Buffer, end: number): number {
  let lines = 0;
  for (let at = 0; at < end; at++) if (sql[at] === 0x0a) lines++;
  return lines;
}

/** The file's bytes, once its first ones do not say that it is something else. */
async function* readChunks(file: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const stream = createReadStream(file, {
    highWaterMark: chunkBytes,
    ...(signal === undefined ? {} : { signal }),
  });
  let isFirst = true;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (isFirst) verifyHead(file, chunk);
    isFirst = false;
    yield chunk;
  }
  if (isFirst) throw refuseDump(file, "The file is empty");
}

function verifyHead(file: string, head: Buffer): void {
  const looksLike = nameOrigin(head);
  if (looksLike !== undefined)
    throw refuseDump(file, `This is not a D1 dump: it looks like ${looksLike}`, undefined, {
      todo: "Take the file that `wrangler d1 export` wrote.",
    });
  if (hasByteOrderMark(head))
    throw refuseDump(
      file,
      "The file begins with a byte order mark, which no export writes: an editor has saved it",
    );
}

/**
 * A dump's statements with what was read from them, in batches, in constant memory.
 * @throws Failure (refused) as readDump
 */
export async function* readDumpStatements(
  file: string,
  options: ReadDumpOptions = {},
): AsyncGenerator<readonly ReadStatement[]> {
  const reader = new DumpReader(file, options);
  for await (const statements of readStatements(readChunks(file, options.signal), file))
    yield statements.map((statement) => ({ statement, item: reader.read(statement) }));
  if (reader.isEmpty && options.allowUnknownTables !== true)
    throw refuseDump(
      file,
      "The dump creates no table: the export took an empty database",
      undefined,
      {
        todo: "Check the database's name and whether it is the local or the remote one, then export again.",
      },
    );
}

const continues = (last: DumpItem | undefined, next: DumpRowsItem): last is DumpRowsItem =>
  last?.kind === "rows" &&
  last.table === next.table &&
  (last.columns === next.columns || last.columns?.join("\0") === next.columns?.join("\0"));

/** Joins INSERTs of the same table to one item. */
function joinRows(statements: readonly ReadStatement[]): DumpItem[] {
  const items: DumpItem[] = [];
  let rows: DumpRow[] = [];
  for (const { item } of statements) {
    if (item.kind === "rows" && continues(items.at(-1), item))
      for (const row of item.rows) rows.push(row);
    else if (item.kind === "rows") {
      rows = [...item.rows];
      items.push({ ...item, rows });
    } else items.push(item);
  }
  return items;
}

/**
 * Reads a D1 dump as a stream of items, in constant memory. Reads both dialects of wrangler (without column lists up to
 * 4.9x, with them later), sqlite3's own, and our mended and import files.
 * @throws Failure (refused) when the file is cut off, empty, changed by a tool, or no D1 dump, or when a row does not fit
 *   its table; with line and what to do, without row values
 */
export async function* readDump(
  file: string,
  options: ReadDumpOptions = {},
): AsyncGenerator<DumpItem> {
  for await (const statements of readDumpStatements(file, options)) yield* joinRows(statements);
}
