import { failed } from "../engine/failure.ts";
import type { Cell } from "./cell.ts";
import { RawText } from "./cell.ts";
import { FoldedText, readDump, type DumpRow } from "./d1-dump.ts";
import { quoteIdentifier } from "./identifier.ts";
import { readCollations, readShapes } from "./read-shape.ts";
import { Scratch, type ScratchStatement } from "./scratch.ts";
import { execDefinition } from "./shape-quotes.ts";
import { buildTwin } from "./shape-twin.ts";
import type { TableShape } from "./table-shape.ts";

/** A table of a dump that stands in a scratch file. */
export interface LoadedTable {
  /** As the dump declares it. */
  readonly shape: TableShape;
  /** Its name in the scratch file. */
  readonly source: string;
  readonly rows: number;
  /** AUTOINCREMENT: the largest rowid that it ever gave. */
  readonly sequence: bigint | undefined;
}

export interface LoadOptions {
  /** Stands before the names of the dump's tables in the scratch file: "v1." */
  readonly prefix: string;
  readonly signal?: AbortSignal;
  /** Rows so far. */
  readonly onRows?: (rows: number) => void;
}

/** Bound parameters of one INSERT: more make it no faster. */
const parametersPerInsert = 400;

/** Inserts rows of one column list into one table, many at a time. */
class RowWriter {
  readonly #scratch: Scratch;
  readonly #head: string;
  readonly #width: number;
  readonly #rowsPerInsert: number;
  readonly #statements = new Map<string, ScratchStatement>();
  #waiting: Cell[] = [];

  constructor(scratch: Scratch, table: string, columns: readonly string[]) {
    this.#scratch = scratch;
    this.#head = `INSERT INTO ${quoteIdentifier(table)} (${columns.map(quoteIdentifier).join(", ")}) VALUES `;
    this.#width = columns.length;
    this.#rowsPerInsert = Math.max(1, Math.floor(parametersPerInsert / columns.length));
  }

  /** RawText is text although it is bound as bytes. */
  #prepare(cells: readonly Cell[]): ScratchStatement {
    const raw = cells.some((cell) => cell instanceof RawText);
    const key = raw
      ? cells.map((cell) => (cell instanceof RawText ? "r" : "-")).join("")
      : String(cells.length);
    const known = this.#statements.get(key);
    if (known !== undefined) return known;
    const marks = cells.map((cell) => (cell instanceof RawText ? "CAST(? AS TEXT)" : "?"));
    const tuples = Array.from(
      { length: cells.length / this.#width },
      (_, row) => `(${marks.slice(row * this.#width, (row + 1) * this.#width).join(", ")})`,
    );
    const statement = this.#scratch.prepare(this.#head + tuples.join(", "));
    // a table of raw text would fill the memory with statements
    if (raw && this.#statements.size > 200) return statement;
    this.#statements.set(key, statement);
    return statement;
  }

  write(rows: readonly DumpRow[]): void {
    for (const row of rows) {
      if (row.cells.length !== this.#width) throw wrongWidth(row, this.#width);
      for (const cell of row.cells)
        this.#waiting.push(cell instanceof FoldedText ? cell.unfold() : cell);
      if (this.#waiting.length === this.#rowsPerInsert * this.#width) this.flush();
    }
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    this.#prepare(this.#waiting).run(this.#waiting);
    this.#waiting = [];
  }
}

const wrongWidth = (row: DumpRow, width: number): Error =>
  failed(`line ${row.line} of the dump has ${row.cells.length} values for ${width} columns`, [
    {
      what: "the dump and its CREATE TABLE do not belong together",
      todo: "Export v1 again; do not edit the dump by hand.",
    },
  ]);

/** Tables and rows as a dump brings them, one after the other. */
class DumpLoader {
  readonly #scratch: Scratch;
  readonly #prefix: string;
  readonly #model = Scratch.open(":memory:");
  readonly #sources = new Map<string, { columns: string[]; rows: number }>();
  readonly #sequences = new Map<string, bigint>();
  #writer: { key: string; rows: RowWriter } | undefined;

  constructor(scratch: Scratch, prefix: string) {
    this.#scratch = scratch;
    this.#prefix = prefix;
  }

  createTable(name: string, sql: string, line: number): void {
    try {
      execDefinition(this.#model, sql);
      const shape = readShapes(this.#model).find((one) => one.name === name);
      if (shape === undefined) return;
      const collations = readCollations(this.#model, shape);
      this.#scratch.exec(buildTwin(shape, this.#prefix + name, collations));
      const columns = shape.columns.filter(({ generated }) => !generated);
      this.#sources.set(name, { columns: columns.map((column) => column.name), rows: 0 });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw failed(
        `the table ${name} of the dump cannot be made`,
        [{ what: message, where: `line ${line} of the dump` }],
        { cause: error },
      );
    }
  }

  insert(table: string, columns: readonly string[] | undefined, rows: readonly DumpRow[]): number {
    const source = this.#sources.get(table);
    if (source === undefined) return 0;
    const key = columns === undefined ? table : JSON.stringify([table, columns]);
    if (this.#writer?.key !== key) {
      this.#writer?.rows.flush();
      const names = columns ?? source.columns;
      this.#writer = { key, rows: new RowWriter(this.#scratch, this.#prefix + table, names) };
    }
    this.#writer.rows.write(rows);
    source.rows += rows.length;
    return rows.length;
  }

  /** INSERT INTO sqlite_sequence VALUES('table', 12). */
  readSequence(sql: string): void {
    const { name, last } =
      /^insert\b.*?values\s*\(\s*'(?<name>(?:[^']|'')*)'\s*,\s*(?<last>\d+)\s*\)$/is.exec(
        sql.trim(),
      )?.groups ?? {};
    if (name !== undefined && last !== undefined)
      this.#sequences.set(name.replaceAll("''", "'"), BigInt(last));
  }

  finish(): LoadedTable[] {
    this.#writer?.rows.flush();
    return readShapes(this.#model).map((shape) => ({
      shape,
      source: this.#prefix + shape.name,
      rows: this.#sources.get(shape.name)?.rows ?? 0,
      sequence: this.#sequences.get(shape.name),
    }));
  }

  close(): void {
    this.#model.close();
  }
}

/**
 * Loads a dump into tables named `<prefix><table>` that refuse no row, every cell exact, in the dump's order. Of the
 * dump's statements only CREATE TABLE (in a database in memory, to be looked at) and INSERT … VALUES are used; indexes,
 * triggers and views are not made.
 * @throws Failure when it is no dump, is not complete, or a table of it cannot be made
 */
export async function loadDump(
  dumpFile: string,
  scratch: Scratch,
  { prefix, signal, onRows }: LoadOptions,
): Promise<LoadedTable[]> {
  const loader = new DumpLoader(scratch, prefix);
  let rows = 0;
  try {
    for await (const item of readDump(dumpFile)) {
      signal?.throwIfAborted();
      if (item.kind === "table" && !item.isVirtual)
        loader.createTable(item.name, item.sql, item.line);
      if (item.kind === "sequence") loader.readSequence(item.sql);
      if (item.kind !== "rows") continue;
      rows += loader.insert(item.table, item.columns, item.rows);
      onRows?.(rows);
    }
    return loader.finish();
  } finally {
    loader.close();
  }
}
