import { createHash } from "node:crypto";
import { RawText } from "../../cloudflare/cell.ts";
import { FoldedText, foldText, type DumpCell } from "../../cloudflare/dump-cell.ts";

const plain = (text: string | RawText): string =>
  typeof text === "string" ? text : text.bytes.toString("utf8");

/** What the export makes of a value: rounded, folded, with U+FFFD. Equal for a value of v1 and its image in the dump. */
function exportedForm(cell: DumpCell): string {
  if (cell === null) return "n";
  if (typeof cell === "bigint" || typeof cell === "number") return `#${Number(cell) + 0}`;
  if (Buffer.isBuffer(cell)) return `x${cell.toString("hex")}`;
  if (cell instanceof FoldedText) return `t${plain(cell.text)}`;
  return `t${foldText(plain(cell))}`;
}

/**
 * A hash of what the export makes of a row. Rows with the same form are the same row in the dump, so that it does not
 * matter which of them takes whose exact values.
 */
export function hashExportedForm(cells: readonly DumpCell[]): string {
  const hash = createHash("sha256");
  for (const cell of cells) {
    const form = exportedForm(cell);
    hash.update(`${form.length}:`).update(form);
  }
  return hash.digest("base64");
}

export const holdsReplacement = (cell: DumpCell): boolean =>
  (typeof cell === "string" || cell instanceof RawText) && plain(cell).includes("\u{fffd}");
