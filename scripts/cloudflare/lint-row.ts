import { RawText } from "./cell.ts";
import { FoldedText, type DumpCell } from "./dump-cell.ts";
import type { DumpRow } from "./d1-dump.ts";
import { foldName, type DumpColumn, type DumpTable } from "./dump-table.ts";

const longestKey = 200;

function showCell(cell: DumpCell | undefined): string {
  if (cell === undefined || cell === null) return "NULL";
  if (Buffer.isBuffer(cell)) return `X'${cell.toString("hex", 0, 50)}'`;
  const text = cell instanceof FoldedText ? cell.text : cell;
  return (text instanceof RawText ? text.bytes.toString("utf8") : String(text)).slice(
    0,
    longestKey,
  );
}

/** The primary key of a row, else its position among the table's rows. Personal data: for the report only. */
export function describeRow(
  table: DumpTable,
  columns: readonly (DumpColumn | undefined)[],
  row: DumpRow,
  position: number,
): string {
  if (table.primaryKey.length === 0) return `row ${position}`;
  return table.primaryKey
    .map((name) => {
      const at = columns.findIndex(
        (one) => one !== undefined && foldName(one.name) === foldName(name),
      );
      return `${name}=${showCell(at === -1 ? undefined : row.cells[at])}`;
    })
    .join(", ");
}

const measureText = (text: string | RawText): number =>
  typeof text === "string" ? Buffer.byteLength(text) : text.bytes.length;

function measureCell(cell: DumpCell): number {
  if (cell === null) return 0;
  if (typeof cell === "bigint" || typeof cell === "number") return 8;
  if (Buffer.isBuffer(cell)) return cell.length;
  return measureText(cell instanceof FoldedText ? cell.unfold() : cell);
}

/** Bytes of a row's values as SQLite stores them, about. */
export const measureRow = (cells: readonly DumpCell[]): number =>
  cells.reduce<number>((bytes, cell) => bytes + measureCell(cell), 0);
