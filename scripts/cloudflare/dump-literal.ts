import { RawText, type Cell } from "./cell.ts";

/**
 * A value as a mended dump holds it: nothing is lost and readDump gives it back. For reading only: wrangler would stumble
 * over real newlines and long statements no less than over the original.
 */
export function writeDumpLiteral(cell: Cell): string {
  if (cell === null) return "NULL";
  if (typeof cell === "string") return `'${cell.replaceAll("'", "''")}'`;
  if (typeof cell === "bigint") return cell.toString();
  if (typeof cell === "number") return writeReal(cell);
  if (cell instanceof RawText) return `CAST(X'${cell.bytes.toString("hex")}' AS TEXT)`;
  return `X'${cell.toString("hex")}'`;
}

/** A real is never written as an integer. */
function writeReal(real: number): string {
  if (!Number.isFinite(real)) return real > 0 ? "9e999" : "-9e999";
  const text = Object.is(real, -0) ? "-0" : String(real);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
