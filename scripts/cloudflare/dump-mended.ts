import { createWriteStream, renameSync, rmSync, type WriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import { RawText, type Cell } from "./cell.ts";
import {
  readDumpStatements,
  type DumpRow,
  type DumpRowsItem,
  type ReadStatement,
} from "./d1-dump.ts";
import { listRowColumns } from "./dump-columns.ts";
import { writeDumpLiteral } from "./dump-literal.ts";
import { FoldedText, type DumpCell } from "./dump-cell.ts";
import { foldName, type DumpColumn, type DumpTable } from "./dump-table.ts";
import { quoteIdentifier } from "./identifier.ts";
import { hazardOf } from "./lint-cell.ts";
import { exactMark, isExactDump } from "./lint-dump.ts";
import { repairText } from "./repair.ts";
import type { HazardKind } from "./lint-kinds.ts";

/** A row that has at least one hazardous value. */
export interface HazardousRow {
  readonly table: DumpTable;
  readonly columns: readonly (DumpColumn | undefined)[];
  readonly row: DumpRow;
  /** One-based, among the table's rows. */
  readonly position: number;
  /** The hazard of each value. */
  readonly kinds: readonly (HazardKind | undefined)[];
}

/** Gives the exact values of a hazardous row; undefined when nobody can tell them (then it is written as it seems). */
export type MendRow = (row: HazardousRow) => readonly Cell[] | undefined;

export interface MendOptions {
  readonly dump: string;
  /** Written whole or not at all, mode 0600. */
  readonly output: string;
  readonly mend: MendRow;
  readonly signal?: AbortSignal;
}

/** Mends what the dump alone can tell: JSON, NUL, Infinity. */
export function mendFromDump({ row, kinds }: HazardousRow): readonly Cell[] | undefined {
  const cells = row.cells.map((cell, at) => mendCell(cell, kinds[at]));
  return cells.every((cell) => cell !== undefined) ? cells : undefined;
}

function mendCell(cell: DumpCell, kind: HazardKind | undefined): Cell | undefined {
  if (cell instanceof FoldedText) return repairText(cell);
  return kind === undefined || kind === "nul" || kind === "infinity" ? cell : undefined;
}

/** What stands in the mended file when nothing better is known. */
const asItSeems = (row: DumpRow): readonly Cell[] =>
  row.cells.map((cell) => (cell instanceof FoldedText ? cell.unfold() : cell));

/** A `;` after a comment would be part of it. */
const endStatement = (sql: Buffer): string =>
  sql.includes("--", sql.lastIndexOf(0x0a) + 1) ? "\n;\n" : ";\n";

class MendedWriter {
  readonly #mend: MendRow;
  readonly #isExact: boolean;
  readonly #tables = new Map<string, { table: DumpTable; rows: number }>();
  #columns: readonly (DumpColumn | undefined)[] = [];
  #last: Pick<DumpRowsItem, "table" | "columns"> | undefined;

  constructor(mend: MendRow, isExact: boolean) {
    this.#mend = mend;
    this.#isExact = isExact;
  }

  /** The statement's bytes, or new ones. */
  write({ statement, item }: ReadStatement): (Buffer | string)[] {
    if (item.kind === "table") {
      this.#tables.set(foldName(item.name), { table: item.table, rows: 0 });
      this.#last = undefined;
    }
    const mended = item.kind === "rows" ? this.#mendRows(item) : undefined;
    return mended === undefined ? [statement.sql, endStatement(statement.sql)] : [mended];
  }

  #mendRows(item: DumpRowsItem): string | undefined {
    const place = this.#tables.get(foldName(item.table));
    if (place === undefined) return undefined;
    if (this.#last?.table !== item.table || this.#last.columns !== item.columns) {
      this.#columns = listRowColumns(place.table, item.columns);
      this.#last = { table: item.table, columns: item.columns };
    }
    let isChanged = false;
    const rows = item.rows.map((row) => {
      place.rows++;
      const mended = this.#mendRow(place.table, row, place.rows);
      isChanged ||= mended !== undefined;
      return mended ?? asItSeems(row);
    });
    return isChanged ? buildInsert(item, rows) : undefined;
  }

  #mendRow(table: DumpTable, row: DumpRow, position: number): readonly Cell[] | undefined {
    if (!this.#hasHazard(row)) return undefined;
    const columns = this.#columns;
    const kinds = row.cells.map((cell, at) => this.#kindOf(cell, at));
    return this.#mend({ table, columns, row, position, kinds }) ?? asItSeems(row);
  }

  #kindOf(cell: DumpCell, at: number): HazardKind | undefined {
    return hazardOf(cell, this.#columns[at]?.affinity ?? "blob", this.#isExact);
  }

  #hasHazard({ cells }: DumpRow): boolean {
    for (let at = 0; at < cells.length; at++) {
      const cell = cells[at]!;
      if (cell instanceof RawText || this.#kindOf(cell, at) !== undefined) return true;
    }
    return false;
  }
}

function buildInsert(item: DumpRowsItem, rows: readonly (readonly Cell[])[]): string {
  const columns =
    item.columns === undefined ? "" : ` (${item.columns.map(quoteIdentifier).join(", ")})`;
  const values = rows.map((cells) => `(${cells.map(writeDumpLiteral).join(",")})`).join(",");
  return `INSERT INTO ${quoteIdentifier(item.table)}${columns} VALUES${values};\n`;
}

const toBuffer = (piece: Buffer | string): Buffer =>
  typeof piece === "string" ? Buffer.from(piece) : piece;

async function writeAll(options: MendOptions, stream: WriteStream): Promise<void> {
  const writer = new MendedWriter(options.mend, isExactDump(options.dump));
  stream.write(`${exactMark}\n`);
  const reading = options.signal === undefined ? {} : { signal: options.signal };
  for await (const statements of readDumpStatements(options.dump, reading)) {
    const bytes = Buffer.concat(statements.flatMap((read) => writer.write(read)).map(toBuffer));
    if (!stream.write(bytes)) await once(stream, "drain");
  }
  stream.end();
}

/**
 * Writes a dump without hazards, in constant memory: statements without any are copied byte for byte, and the first line
 * says that its values are exact.
 * @throws Failure (refused) as readDump, and what writing throws
 */
export async function writeMended(options: MendOptions): Promise<void> {
  const unfinished = `${options.output}.part`;
  const stream = createWriteStream(unfinished, { mode: 0o600 });
  const done = finished(stream);
  done.catch(() => {});
  try {
    await Promise.race([writeAll(options, stream), done.then(() => {})]);
    await done;
    renameSync(unfinished, options.output);
  } catch (error) {
    stream.destroy();
    rmSync(unfinished, { force: true });
    throw error;
  }
}
