import { once } from "node:events";
import type { Writable } from "node:stream";
import { readSql } from "../engine/sql-file.ts";
import { quoteIdentifier } from "./identifier.ts";
import { verifyImportable } from "./import-limits.ts";
import { piecesTable } from "./import-piece.ts";
import { buildInserts, buildSequence, partHead } from "./import-statements.ts";
import type { ImportTable, RowSource } from "./import-table.ts";

export interface ImportStreamOptions {
  readonly batchBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const createPieces = (): string =>
  `-- values too long for one statement come in pieces through a table that is dropped at the end\n${readSql(
    "cloudflare/create-import-pieces",
  )
    .replace(/^--.*\n/, "")
    .trimEnd()};\n`;
const dropPieces = `DROP TABLE ${quoteIdentifier(piecesTable)};\n`;

/** All that stands in the one file; what is not asked for is not read. */
function* buildStatements(
  scratch: RowSource,
  tables: readonly ImportTable[],
  batchBytes: number | undefined,
): Generator<string> {
  yield partHead;
  let hasPieces = false;
  for (const table of tables)
    for (const { sql, usesPieces } of buildInserts(scratch, table, batchBytes)) {
      if (usesPieces && !hasPieces) yield createPieces();
      hasPieces ||= usesPieces;
      yield sql;
    }
  yield* tables.map(buildSequence).filter((sql) => sql !== "");
  if (hasPieces) yield dropPieces;
}

/**
 * Writes the rows as one plain SQL file for `d1 execute --file`: without ledger and markers. Waits when the output is
 * slower, and does not end it.
 * @returns the number of bytes
 * @throws Failure (exit 3) when there are rows that D1 cannot take; nothing is written then
 */
export async function writeImportStream(
  scratch: RowSource,
  tables: readonly ImportTable[],
  output: Writable,
  { batchBytes, signal }: ImportStreamOptions = {},
): Promise<number> {
  verifyImportable(scratch, tables);
  let bytes = 0;
  for (const sql of buildStatements(scratch, tables, batchBytes)) {
    signal?.throwIfAborted();
    const chunk = Buffer.from(sql);
    bytes += chunk.length;
    if (!output.write(chunk)) await once(output, "drain", signal ? { signal } : {});
  }
  return bytes;
}
