import type { Cell } from "./cell.ts";
import { quoteIdentifier } from "./identifier.ts";
import { buildAssembly, buildPieceInserts, deletePieces } from "./import-piece.ts";
import {
  buildRowsQuery,
  type ImportTable,
  listWrittenColumns,
  type RowSource,
} from "./import-table.ts";
import { batchBytes as usualBatchBytes, limits } from "./limits.ts";
import { writeLiteral } from "./sql-literal.ts";

/** Statements that belong together: a batch of rows, or one row with the pieces of its long values. */
export interface ImportUnit {
  readonly sql: string;
  readonly bytes: number;
  readonly rows: number;
  /** It needs the table of pieces. */
  readonly usesPieces: boolean;
}

/** The first line of every import file: foreign keys are checked at its end. */
export const partHead = "PRAGMA defer_foreign_keys=TRUE;\n";

/** A row's INSERT stays below this; D1 refuses statements over 100,000 bytes. */
const rowBytes = limits.statement - 10_000;

const buildHead = (table: ImportTable): string =>
  `INSERT INTO ${quoteIdentifier(table.shape.name)} (${listWrittenColumns(table.shape).map(quoteIdentifier).join(",")}) VALUES `;

const sizeInBytes = (sql: string): number => Buffer.byteLength(sql);

/** Sends the longest values of a row through the table of pieces until the rest fits into one statement. */
function buildLongRow(head: string, cells: readonly Cell[]): ImportUnit {
  const literals = cells.map(writeLiteral);
  const sizes = literals.map(sizeInBytes);
  let size = sizeInBytes(head) + sizes.reduce((sum, bytes) => sum + bytes + 1, 0);
  const statements: string[] = [];
  while (size > rowBytes) {
    const longest = sizes.indexOf(Math.max(...sizes));
    const cell = cells[longest] ?? null;
    const assembly = buildAssembly(longest + 1, cell);
    size += assembly.length - (sizes[longest] ?? 0);
    sizes[longest] = 0;
    literals[longest] = assembly;
    statements.push(...buildPieceInserts(longest + 1, cell));
  }
  const usesPieces = statements.length > 0;
  statements.push(`${head}(${literals.join(",")});\n`);
  if (usesPieces) statements.push(deletePieces);
  const sql = statements.join("");
  return { sql, bytes: sizeInBytes(sql), rows: 1, usesPieces };
}

class Batch {
  readonly #head: string;
  readonly #frame: number;
  #tuples: string[] = [];
  #bytes = 0;

  constructor(head: string) {
    this.#head = head;
    this.#frame = sizeInBytes(head) + ";\n".length;
  }

  /** Bytes of the statement when a tuple more is in it. */
  sizeWith(bytes: number): number {
    return this.#frame + this.#bytes + bytes;
  }

  add(tuple: string, bytes: number): void {
    this.#tuples.push(tuple);
    this.#bytes += bytes + 1;
  }

  *take(): Generator<ImportUnit> {
    if (this.#tuples.length === 0) return;
    const sql = `${this.#head}${this.#tuples.join(",")};\n`;
    const bytes = this.#frame + this.#bytes - 1;
    yield { sql, bytes, rows: this.#tuples.length, usesPieces: false };
    this.#tuples = [];
    this.#bytes = 0;
  }
}

/**
 * The INSERTs of a table, in its order; read while they are taken, so that memory does not grow with the table.
 * @param batchBytes bytes of one INSERT of several rows; a single row may have more
 */
export function* buildInserts(
  scratch: RowSource,
  table: ImportTable,
  batchBytes = usualBatchBytes,
): Generator<ImportUnit> {
  const head = buildHead(table);
  const batch = new Batch(head);
  for (const cells of scratch.rows(buildRowsQuery(table))) {
    const tuple = `(${cells.map(writeLiteral).join(",")})`;
    const bytes = sizeInBytes(tuple);
    if (batch.sizeWith(bytes) > batchBytes) yield* batch.take();
    if (batch.sizeWith(bytes) > rowBytes) yield buildLongRow(head, cells);
    else batch.add(tuple, bytes);
  }
  yield* batch.take();
}

/** D1 counts on from the largest rowid that v1 ever gave, though its row is gone. */
export function buildSequence({ shape, sequence }: ImportTable): string {
  if (sequence === undefined) return "";
  const name = writeLiteral(shape.name);
  return `UPDATE sqlite_sequence SET seq=${sequence} WHERE name=${name} AND seq<${sequence};
INSERT INTO sqlite_sequence (name,seq) SELECT ${name},${sequence} WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name=${name});
`;
}
