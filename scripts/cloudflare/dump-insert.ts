import type { DumpCell } from "./dump-cell.ts";
import { isSymbol, isWord, TokenReader } from "./sql-tokens.ts";
import { readTableName } from "./dump-table.ts";
import { ValueReader } from "./sql-value.ts";

/** The rows of an INSERT … VALUES. */
export interface ReadInsert {
  readonly table: string;
  /** The column list; undefined when there is none. */
  readonly columns: readonly string[] | undefined;
  readonly rows: readonly DumpCell[][];
}

interface Head {
  readonly bytes: Buffer;
  readonly table: string;
  readonly columns: readonly string[] | undefined;
}

/** Longest head: a hundred columns with long names. */
const headLimit = 100_000;

function readHead(sql: Buffer): Head | undefined {
  const tokens = new TokenReader(sql, 0, Math.min(sql.length, headLimit));
  const first = tokens.next();
  if (!isWord(first, "INSERT", "REPLACE")) return undefined;
  let token = tokens.next();
  if (isWord(token, "OR")) {
    tokens.next();
    token = tokens.next();
  }
  if (!isWord(token, "INTO")) return undefined;
  const table = readTableName(tokens);
  token = tokens.next();
  const columns = isSymbol(token, "(") ? readColumns(tokens) : undefined;
  if (columns !== undefined) token = tokens.next();
  if (!isWord(token, "VALUES")) return undefined;
  return { bytes: Buffer.from(sql.subarray(0, token.end)), table, columns };
}

function readColumns(tokens: TokenReader): string[] {
  const columns: string[] = [];
  for (let token = tokens.next(); token.kind !== "end"; token = tokens.next()) {
    if (isSymbol(token, ")")) break;
    if (!isSymbol(token, ",")) columns.push(token.text);
  }
  return columns;
}

/** Reads INSERTs; most have the head of the one before, which is compared and not parsed again. */
export class InsertReader {
  #head: Head | undefined;

  /** Undefined when it is no INSERT … VALUES (INSERT … SELECT). @throws UnknownValue */
  read(sql: Buffer): ReadInsert | undefined {
    if (this.#head === undefined || !startsWith(sql, this.#head.bytes)) this.#head = readHead(sql);
    const head = this.#head;
    if (head === undefined) return undefined;
    const rows = new ValueReader(sql, head.bytes.length).readRows();
    return { table: head.table, columns: head.columns, rows };
  }
}

function startsWith(bytes: Buffer, beginning: Buffer): boolean {
  if (bytes.length < beginning.length) return false;
  for (let at = 0; at < beginning.length; at++) if (bytes[at] !== beginning[at]) return false;
  return true;
}
