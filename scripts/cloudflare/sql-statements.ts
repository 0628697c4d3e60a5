import { isBalanced, isTriggerEnd, isTriggerStart, startsStatement } from "./sql-shape.ts";
import { refuseDump } from "./dump-failure.ts";

/** One statement of a script, byte for byte, without its `;` and what stands between statements. */
export interface SqlStatement {
  readonly sql: Buffer;
  /** One-based line of its first byte. */
  readonly line: number;
  /** Byte offset of its first byte in the file. */
  readonly start: number;
}

type State = "between" | "plain" | "quoted" | "line comment" | "block comment";

const lf = 0x0a;
const cr = 0x0d;
const semicolon = 0x3b;
const dash = 0x2d;
const slash = 0x2f;
const star = 0x2a;
/** As many bytes as are looked ahead after a `;` in a comment. */
const lookahead = 16;

/** What ends a quoted stretch, by the byte that begins it: '…' "…" `…` […]. */
const closers = new Uint8Array(256);
closers[0x27] = 0x27;
closers[0x22] = 0x22;
closers[0x60] = 0x60;
closers[0x5b] = 0x5d;

/** Bytes at which plain text is looked at. */
const special = new Uint8Array(256);
for (const byte of [lf, semicolon, dash, slash, 0x27, 0x22, 0x60, 0x5b]) special[byte] = 1;

/**
 * Splits SQL that comes in chunks. Every byte is looked at once, whatever the length of a statement; between chunks it
 * remembers where it stands. A doubled quote needs no care here: it closes and opens again.
 */
class StatementScanner {
  readonly #file: string;
  #state: State = "between";
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  #base = 0;
  #line = 1;
  #closer = 0;
  /** The statement under way: what stood in earlier chunks, and where it begins in this one. */
  #pieces: Buffer[] = [];
  #begin = 0;
  #startLine = 1;
  #startOffset = 0;
  #inStatement = false;
  /** Of a trigger: offset in the statement of its last `;`; -1 before the first. */
  #lastSemicolon = -1;
  #previous = 0;
  #found: SqlStatement[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  /** The statements that end in this chunk. `last`: nothing follows, so nothing is waited for. */
  feed(chunk: Buffer, last: boolean): readonly SqlStatement[] {
    const rest = this.#chunk.subarray(this.#at);
    this.#base += this.#at;
    this.#chunk = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.#at = 0;
    this.#begin = 0;
    this.#found = [];
    while (this.#at < this.#chunk.length && this.#scan(last));
    if (this.#inStatement) this.#pieces.push(this.#chunk.subarray(this.#begin, this.#at));
    if (last) this.#finish();
    return this.#found;
  }

  /** @returns false when more bytes are needed to go on */
  #scan(last: boolean): boolean {
    if (this.#state === "plain") return this.#scanPlain(last);
    if (this.#state === "quoted") return this.#scanQuoted();
    if (this.#state === "between") return this.#scanBetween(last);
    if (this.#state === "line comment") return this.#scanLineComment(last);
    return this.#scanBlockComment(last);
  }

  #scanBetween(last: boolean): boolean {
    const chunk = this.#chunk;
    const byte = chunk[this.#at]!;
    if (byte === lf) this.#line++;
    if (byte === lf || byte === 0x20 || byte === 0x09 || byte === semicolon) {
      this.#at++;
      return true;
    }
    if (byte === cr) return this.#scanReturn(last);
    if (byte === dash || byte === slash) {
      if (this.#at + 1 >= chunk.length && !last) return false;
      if (this.#enterComment(byte)) return true;
    }
    this.#state = "plain";
    this.#inStatement = true;
    this.#begin = this.#at;
    this.#startLine = this.#line;
    this.#startOffset = this.#base + this.#at;
    this.#lastSemicolon = -1;
    return true;
  }

  /** Inside a CREATE a CR LF may be v1's own; between statements every dump has LF alone. */
  #scanReturn(last: boolean): boolean {
    if (this.#at + 1 >= this.#chunk.length && !last) return false;
    if (this.#chunk[this.#at + 1] === lf)
      throw refuseDump(
        this.#file,
        "The lines end in CR LF: a tool has changed the file, and may have changed values too",
        this.#line,
        {
          todo: "Export v1 again, and copy the file in binary mode (git: `-text`, ftp: `binary`).",
        },
      );
    this.#at++;
    return true;
  }

  #enterComment(byte: number): boolean {
    const next = this.#chunk[this.#at + 1];
    if (byte === dash && next === dash) this.#state = "line comment";
    else if (byte === slash && next === star) this.#state = "block comment";
    else return false;
    this.#at += 2;
    this.#previous = 0;
    return true;
  }

  #scanPlain(last: boolean): boolean {
    const chunk = this.#chunk;
    const length = chunk.length;
    let at = this.#at;
    while (at < length && special[chunk[at]!] === 0) at++;
    this.#at = at;
    if (at >= length) return true;
    const byte = chunk[at]!;
    if (byte === semicolon) this.#meetSemicolon();
    else if (byte === dash || byte === slash) {
      if (at + 1 >= length && !last) return false;
      if (this.#enterComment(byte)) return true;
    } else if (byte === lf) this.#line++;
    else {
      this.#closer = closers[byte]!;
      this.#state = "quoted";
    }
    this.#at++;
    return true;
  }

  #scanQuoted(): boolean {
    const chunk = this.#chunk;
    const length = chunk.length;
    const closer = this.#closer;
    let at = this.#at;
    let lines = 0;
    while (at < length) {
      const byte = chunk[at++]!;
      if (byte === closer) {
        this.#state = "plain";
        break;
      }
      if (byte === lf) lines++;
    }
    this.#line += lines;
    this.#at = at;
    return true;
  }

  /**
   * SQLite keeps a comment at the end of a stored statement, and a dump's `;` then stands inside of it. So a comment that
   * ends in `;` ends its statement when all brackets are closed and the next line begins a statement of a dump.
   */
  #scanLineComment(last: boolean): boolean {
    const chunk = this.#chunk;
    const end = chunk.indexOf(lf, this.#at);
    const stop = end === -1 ? chunk.length : end;
    if (stop > this.#at) this.#previous = chunk[stop - 1]!;
    this.#at = stop;
    if (end === -1) return true;
    if (this.#inStatement && this.#previous === semicolon) {
      if (stop + lookahead > chunk.length && !last) return false;
      if (startsStatement(chunk.subarray(stop + 1, stop + 1 + lookahead)) && this.#endComment())
        return true;
    }
    this.#at++;
    this.#line++;
    this.#state = this.#inStatement ? "plain" : "between";
    return true;
  }

  #scanBlockComment(last: boolean): boolean {
    const chunk = this.#chunk;
    const end = chunk.indexOf("*/", this.#at, "latin1");
    // The last byte may be the star of a */ that is cut by the chunk's border.
    const stop = end === -1 ? (last ? chunk.length : chunk.length - 1) : end;
    for (let at = this.#at; at < stop; at++) if (chunk[at] === lf) this.#line++;
    this.#at = stop;
    if (end === -1) return false;
    this.#at += 2;
    this.#state = this.#inStatement ? "plain" : "between";
    return true;
  }

  /** The bytes of the statement up to here. */
  #text(end: number): Buffer {
    const here = this.#chunk.subarray(this.#begin, end);
    return this.#pieces.length === 0 ? here : Buffer.concat([...this.#pieces, here]);
  }

  #meetSemicolon(): void {
    const sql = this.#text(this.#at);
    if (isTriggerStart(sql)) {
      const previous = this.#lastSemicolon;
      this.#lastSemicolon = sql.length;
      if (previous === -1 || !isTriggerEnd(sql.subarray(previous + 1))) return;
    }
    this.#close(sql);
  }

  #endComment(): boolean {
    const sql = this.#text(this.#at);
    const statement = sql.subarray(0, sql.length - 1);
    if (isTriggerStart(statement) || !isBalanced(statement)) return false;
    this.#close(statement);
    return true;
  }

  #close(sql: Buffer): void {
    this.#found.push({ sql, line: this.#startLine, start: this.#startOffset });
    this.#inStatement = false;
    this.#pieces = [];
    this.#state = "between";
  }

  #finish(): void {
    this.#begin = this.#chunk.length;
    if (this.#state === "line comment" && this.#inStatement && this.#previous === semicolon)
      this.#endComment();
    if (this.#inStatement || this.#state === "block comment")
      throw refuseDump(
        this.#file,
        "The file is cut off: it ends inside a statement",
        this.#inStatement ? this.#startLine : this.#line,
      );
  }
}

/**
 * The statements of an SQL script, in batches, in constant memory (the longest statement and one chunk). Knows the
 * quotes '…' "…" `…` […], both kinds of comments and the bodies of triggers.
 * @param file is named in messages
 * @throws Failure when the script ends inside a statement, or its lines end in CR LF
 */
export async function* readStatements(
  chunks: AsyncIterable<Buffer>,
  file: string,
): AsyncGenerator<readonly SqlStatement[]> {
  const scanner = new StatementScanner(file);
  for await (const chunk of chunks) {
    const found = scanner.feed(chunk, false);
    if (found.length > 0) yield found;
  }
  const found = scanner.feed(Buffer.alloc(0), true);
  if (found.length > 0) yield found;
}
