import type { Cell } from "../../cloudflare/cell.ts";
import { RawText } from "../../cloudflare/cell.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import type { Scratch } from "../../cloudflare/scratch.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";

const shownRows = 10;

/** A cell for the report, cut to a line. */
export function describeCell(cell: Cell | undefined): string {
  if (cell instanceof RawText) return `text x'${cell.bytes.toString("hex").slice(0, 80)}'`;
  if (Buffer.isBuffer(cell)) return `x'${cell.toString("hex").slice(0, 80)}'`;
  return String(cell ?? null).slice(0, 120);
}

/**
 * Keys of the first rows of one of v2's tables that meet a condition. Personal data: for Problem.rows only.
 * @param alias what the condition calls the table
 */
export function describeRows(
  scratch: Scratch,
  shape: TableShape,
  condition: string,
  more: readonly string[] = [],
  alias = quoteIdentifier(shape.name),
): string[] {
  const keys = shape.primaryKey.length > 0 ? shape.primaryKey : [shape.columns[0]?.name ?? ""];
  const names = [...new Set([...keys, ...more])];
  const columns = names.map((name) => `${alias}.${quoteIdentifier(name)}`).join(", ");
  const rows = scratch.rows(
    `SELECT ${columns} FROM main.${quoteIdentifier(shape.name)} AS ${alias} WHERE ${condition} LIMIT ${shownRows}`,
  );
  return Array.from(
    rows,
    (cells) =>
      `${shape.name}: ${cells.map((cell, index) => `${names[index]} = ${describeCell(cell)}`).join(", ")}`,
  );
}
