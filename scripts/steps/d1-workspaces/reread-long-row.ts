import type { Cell } from "../../cloudflare/cell.ts";
import type { D1Database, Row } from "../../cloudflare/d1-database.ts";
import { decodeCell } from "../../cloudflare/exact-cells.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { failed } from "../../engine/failure.ts";
import { decodeRow, encodeValue } from "./reread-cells.ts";

const shortCell = 100_000;
const pieceBytes = 400_000;

const buildMeasure = (name: string, from: string): string =>
  `SELECT substr(typeof(${name}), 1, 1) AS type, coalesce(length(CAST(${name} AS BLOB)), 0) AS bytes,` +
  ` CASE WHEN typeof(${name}) = 'real' AND ${name} > -9e999 AND ${name} < 9e999 THEN ${name} END AS r0,` +
  ` CASE WHEN coalesce(length(CAST(${name} AS BLOB)), 0) > ${shortCell} THEN '' ELSE ${encodeValue(name)} END AS cells ${from}`;

const buildPieces = (name: string, bytes: number, from: string): string[] =>
  Array.from(
    { length: Math.ceil(bytes / pieceBytes) },
    (_, index) =>
      `SELECT hex(substr(CAST(${name} AS BLOB), ${index * pieceBytes + 1}, ${pieceBytes})) AS piece ${from}`,
  );

/** Reads one row that is too long for one answer: column by column, long values in pieces of their bytes. */
export async function readLongRow(
  database: D1Database,
  columns: readonly string[],
  from: string,
): Promise<Cell[]> {
  const title = `Read a long row of ${database.name}`;
  const names = columns.map(quoteIdentifier);
  const measured = (
    await database.query(
      names.map((name) => buildMeasure(name, from)),
      title,
    )
  ).map(([row]) => row);
  if (measured.some((row) => row === undefined))
    throw failed("v1 changed since the export", [
      { what: "a row is gone", todo: "Stop the writes to v1, then export v1 again." },
    ]);
  const rows = measured as Row[];
  const short = rows.map((row) => decodeRow(row)?.[0]);
  const asked = rows.map((row, at) =>
    short[at] === undefined ? buildPieces(names[at]!, Number(row["bytes"]), from) : [],
  );
  const pieces = asked.some((list) => list.length > 0)
    ? await database.query(asked.flat(), title)
    : [];
  let used = 0;
  return rows.map((row, at) => {
    const cell = short[at];
    if (cell !== undefined) return cell;
    const own = pieces.slice(used, (used += asked[at]!.length));
    return decodeCell(
      `${String(row["type"])}${own.map(([piece]) => String(piece?.["piece"])).join("")}`,
    );
  });
}
