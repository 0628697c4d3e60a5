import { pathToFileURL } from "node:url";
import Libsql from "libsql";
import type { Cell } from "./cell.ts";
import { RawText, textCell } from "./cell.ts";
import { quoteIdentifier } from "./identifier.ts";

/** A statement that is prepared once and run for many rows. */
export interface ScratchStatement {
  /** Exactly these cells are stored. @returns the number of rows that were changed */
  readonly run: (cells: readonly Cell[]) => number;
}

type Bound = null | bigint | number | string | Buffer;

const bind = (cell: Cell): Bound => (cell instanceof RawText ? cell.bytes : cell);

/** A cell that is known to hold a text; "" for others. */
export const textOf = (cell: Cell | undefined): string => (typeof cell === "string" ? cell : "");

/** Text that the driver gives without loss: without NUL (it cuts there) and without bytes that are no UTF-8. */
const plainText = (column: string): string =>
  `octet_length(${column}) = length(${column}) AND ${column} NOT GLOB '*[^\u0001-\u007f]*'`;

const exactly = (column: string): string =>
  `CASE WHEN typeof(${column}) <> 'text' OR (${plainText(column)}) THEN ${column} ELSE CAST(${column} AS BLOB) END`;

/** The same rows with text as bytes where a string could lose something, and a last column with the types: "itb". */
function buildExactQuery(sql: string, count: number): string {
  const columns = Array.from({ length: count }, (_, index) => `c${index}`);
  const types = columns.map((column) => `substr(typeof(${column}), 1, 1)`).join(" || ");
  const query = sql.trim().replace(/;$/, "");
  return `WITH movebook_rows(${columns.join(", ")}) AS (${query}\n)
SELECT ${columns.map(exactly).join(", ")}, ${types} FROM movebook_rows`;
}

function exactCells(raw: readonly Bound[]): Cell[] {
  const types = raw[raw.length - 1] as string;
  const cells: Cell[] = [];
  for (let index = 0; index < raw.length - 1; index += 1) {
    const value = raw[index] ?? null;
    cells.push(types[index] === "t" && Buffer.isBuffer(value) ? textCell(value) : value);
  }
  return cells;
}

const isQuery = (sql: string): boolean => /^(?:\s|--[^\n]*\n)*(?:select|with|values)\b/i.test(sql);

/**
 * An SQLite file in which a move is prepared; the one place that knows the driver. Values go in and come out exactly:
 * 64-bit integers, reals with Infinity, text with NUL or invalid UTF-8, blobs. Foreign keys are not enforced.
 * All methods throw Errors with SQLite's own message.
 */
export class Scratch {
  readonly file: string;
  readonly #database: Libsql.Database;

  private constructor(file: string, database: Libsql.Database) {
    this.file = file;
    this.#database = database;
  }

  /**
   * Opens the file and creates it when it is missing; ":memory:" holds nothing on the disk.
   * A file that is written has no journal: it is fast, and after a crash it is worth nothing.
   * @throws Error when the file cannot be opened, or is missing and only to be read
   */
  static open(file: string, options: { readonly readOnly?: boolean } = {}): Scratch {
    const isReadOnly = options.readOnly === true;
    const database = new Libsql(isReadOnly ? `${pathToFileURL(file).href}?mode=ro` : file);
    database.defaultSafeIntegers(true);
    const scratch = new Scratch(file, database);
    scratch.exec("PRAGMA foreign_keys = OFF");
    scratch.exec("PRAGMA temp_store = FILE");
    if (!isReadOnly && file !== ":memory:") {
      scratch.exec("PRAGMA journal_mode = OFF");
      scratch.exec("PRAGMA synchronous = OFF");
    }
    return scratch;
  }

  /** Runs one statement without parameters. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** Runs one statement. @returns the number of rows that it changed */
  run(sql: string, ...cells: readonly Cell[]): number {
    return this.prepare(sql).run(cells);
  }

  /** A statement for many rows. Where RawText may come, its parameter has to be written as CAST(? AS TEXT). */
  prepare(sql: string): ScratchStatement {
    const statement = this.#database.prepare(sql);
    return { run: (cells) => statement.run(cells.map(bind)).changes };
  }

  /**
   * The rows of a SELECT, WITH or VALUES, one after the other, as exact cells; other statements that answer (PRAGMA)
   * as the driver gives them. Read to the end or stop: a table cannot be dropped while it is being read.
   */
  *rows(sql: string, ...cells: readonly Cell[]): Generator<Cell[], void> {
    const { statement, exact } = this.#prepareReading(sql);
    for (const row of statement.iterate(cells.map(bind)) as Iterable<Bound[]>)
      yield exact ? exactCells(row) : row;
  }

  /** The first column of a SELECT that gives nothing but ASCII text without NUL, and is quicker for it than rows(). */
  *texts(sql: string): Generator<string, void> {
    for (const [text] of this.#database.prepare(sql).raw().iterate() as Iterable<[string]>)
      yield text;
  }

  /** The first row of a query; undefined when there is none. */
  row(sql: string, ...cells: readonly Cell[]): Cell[] | undefined {
    const { statement, exact } = this.#prepareReading(sql);
    const row = statement.get(cells.map(bind)) as Bound[] | undefined;
    return row === undefined || !exact ? row : exactCells(row);
  }

  #prepareReading(sql: string): { statement: Libsql.Statement; exact: boolean } {
    if (!isQuery(sql)) return { statement: this.#database.prepare(sql).raw(), exact: false };
    const count = this.#database.prepare(sql).columns().length;
    return { statement: this.#database.prepare(buildExactQuery(sql, count)).raw(), exact: true };
  }

  /** The first cell of the first row as a number: of a count. */
  count(sql: string, ...cells: readonly Cell[]): number {
    return Number(this.row(sql, ...cells)?.[0] ?? 0);
  }

  /** Makes the tables of another file readable under `name`. */
  attach(file: string, name: string): void {
    this.run(`ATTACH DATABASE ? AS ${quoteIdentifier(name)}`, file);
  }

  close(): void {
    this.#database.close();
  }
}
