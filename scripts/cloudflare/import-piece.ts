import { type Cell, RawText } from "./cell.ts";
import { quoteIdentifier } from "./identifier.ts";
import { writeLiteral } from "./sql-literal.ts";

/** The table of the import's ledger that holds the pieces of one row. */
export const piecesTable = "movebook_pieces";

/** Bytes of a piece as text; a blob is written in hexadecimal digits, two for a byte. */
const pieceBytes = 16_000;

/** The last place up to `end` where a character begins. */
function characterBorder(bytes: Buffer, end: number): number {
  let border = end;
  while (((bytes[border] ?? 0) & 0xc0) === 0x80) border -= 1;
  return border;
}

function cutBytes(bytes: Buffer, length: number, isText: boolean): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const most = Math.min(start + length, bytes.length);
    const end = isText ? characterBorder(bytes, most) : most;
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}

/** The pieces of a value in their order, each a value of its own; null and numbers are never cut. */
export function cutCell(cell: Cell): (string | Buffer)[] {
  if (typeof cell === "string")
    return cutBytes(Buffer.from(cell), pieceBytes, true).map((piece) => piece.toString());
  if (cell instanceof RawText) return cutBytes(cell.bytes, pieceBytes / 2, false);
  return Buffer.isBuffer(cell) ? cutBytes(cell, pieceBytes / 2, false) : [];
}

/** Statements that bring the pieces of one value; `cell` tells the values of a row apart. */
export function buildPieceInserts(cell: number, value: Cell): string[] {
  const head = `INSERT INTO ${quoteIdentifier(piecesTable)} ("cell","number","piece") VALUES `;
  return cutCell(value).map(
    (piece, index) => `${head}(${cell},${index + 1},${writeLiteral(piece)});\n`,
  );
}

/** An expression that puts the pieces of one value together. group_concat takes the bytes of blobs as they are. */
export function buildAssembly(cell: number, value: Cell): string {
  const pieces = `SELECT piece FROM ${quoteIdentifier(piecesTable)} WHERE cell=${cell} ORDER BY number`;
  const type = Buffer.isBuffer(value) ? "BLOB" : "TEXT";
  return `CAST((SELECT group_concat(piece,'') FROM (${pieces})) AS ${type})`;
}

export const deletePieces = `DELETE FROM ${quoteIdentifier(piecesTable)};\n`;
