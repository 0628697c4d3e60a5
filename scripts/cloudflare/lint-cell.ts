import type { RawText } from "./cell.ts";
import { FoldedText, type DumpCell } from "./dump-cell.ts";
import type { HazardKind } from "./lint-kinds.ts";
import { repairText } from "./repair.ts";
import type { Affinity } from "./table-shape.ts";

const replacement = "\u{fffd}";
const firstLarge = 2n ** 53n;
/** The largest 64-bit integers, rounded, no longer fit into 64 bits: they are read as reals. */
const rounded = 2 ** 63;

/**
 * What may have happened to a value on its way through the export. Without cost for values without a hazard.
 * @param isExact the file was mended: numbers and characters stand in it as they are meant
 */
export function hazardOf(
  cell: DumpCell,
  affinity: Affinity,
  isExact: boolean,
): HazardKind | undefined {
  if (typeof cell === "string")
    return !isExact && cell.includes(replacement) ? "replacement-character" : undefined;
  if (typeof cell === "bigint") return isExact ? undefined : integerHazard(cell, affinity);
  if (typeof cell === "number") return isExact ? undefined : realHazard(cell, affinity);
  if (cell === null || Buffer.isBuffer(cell)) return undefined;
  if (cell instanceof FoldedText) return foldedHazard(cell);
  return isExact ? undefined : rawHazard(cell);
}

function integerHazard(integer: bigint, affinity: Affinity): HazardKind | undefined {
  if (affinity === "real") return undefined;
  if (integer >= firstLarge || integer <= -firstLarge) return "large-integer";
  return affinity === "blob" ? "lost-real" : undefined;
}

function realHazard(real: number, affinity: Affinity): HazardKind | undefined {
  if (!Number.isFinite(real)) return "infinity";
  return affinity !== "real" && Math.abs(real) === rounded ? "large-integer" : undefined;
}

const hasReplacement = (text: string | RawText): boolean =>
  (typeof text === "string" ? text : text.bytes.toString("utf8")).includes(replacement);

function foldedHazard(cell: FoldedText): HazardKind {
  if (hasReplacement(cell.text)) return "replacement-character";
  return repairText(cell) === undefined ? "folded-text" : "folded-json";
}

/** Bytes that are no UTF-8 were written by an exporter that keeps them. */
function rawHazard(cell: RawText): HazardKind | undefined {
  if (cell.bytes.includes(Buffer.from(replacement))) return "replacement-character";
  return cell.bytes.includes(0) ? "nul" : undefined;
}
