import { RawText, textCell, type Cell } from "./cell.ts";
import type { DumpCell } from "./dump-cell.ts";
import { readMarked, unescapeUnistr } from "./sql-escapes.ts";

const quote = 0x27;
const comma = 0x2c;
const open = 0x28;
const close = 0x29;
const minus = 0x2d;
const slash = 0x2f;
const star = 0x2a;
const largest = 2n ** 63n - 1n;
const smallest = -(2n ** 63n);

/** Something that is no value which this reader knows. `offset`: byte in the statement. Holds no text of it. */
export class UnknownValue extends Error {
  readonly offset: number;

  constructor(offset: number) {
    super(`unknown value at byte ${offset}`);
    this.offset = offset;
  }
}

const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x09 || byte === 0x0d;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isWordByte = (byte: number): boolean =>
  isDigit(byte) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x5f;

/** Reads what stands after VALUES in an INSERT: rows of constants, and the few expressions that dumps are made of. */
export class ValueReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** All rows up to the end of the statement. @throws UnknownValue */
  readRows(): DumpCell[][] {
    const rows = [this.#readRow()];
    while (this.#skipSpace() === comma) {
      this.#at++;
      rows.push(this.#readRow());
    }
    if (this.#at < this.#bytes.length) throw new UnknownValue(this.#at);
    return rows;
  }

  #readRow(): DumpCell[] {
    this.#expect(open);
    const cells = [this.#readCell()];
    let byte = this.#skipSpace();
    while (byte === comma) {
      this.#at++;
      cells.push(this.#readCell());
      byte = this.#skipSpace();
    }
    this.#expect(close);
    return cells;
  }

  /** The next byte that is neither white space nor in a comment; -1 at the end. */
  #skipSpace(): number {
    const bytes = this.#bytes;
    while (this.#at < bytes.length) {
      const byte = bytes[this.#at]!;
      if (isSpace(byte)) this.#at++;
      else if ((byte !== minus && byte !== slash) || !this.#skipComment(byte)) return byte;
    }
    return -1;
  }

  /** @returns false when there is none */
  #skipComment(byte: number): boolean {
    const isLine = byte === minus;
    if (this.#bytes[this.#at + 1] !== (isLine ? minus : star)) return false;
    const end = this.#bytes.indexOf(isLine ? "\n" : "*/", this.#at + 2, "latin1");
    this.#at = end === -1 ? this.#bytes.length : end + (isLine ? 1 : 2);
    return true;
  }

  #expect(byte: number): void {
    if (this.#skipSpace() !== byte) throw new UnknownValue(this.#at);
    this.#at++;
  }

  #readCell(): DumpCell {
    const cell = this.#readTerm();
    const next = this.#skipSpace();
    if (next === comma || next === close) return cell;
    return this.#readJoined(cell);
  }

  /** 'a' || char(10) || 'b': pieces of text. */
  #readJoined(first: DumpCell): DumpCell {
    const pieces = [first];
    while (this.#skipSpace() === 0x7c) {
      this.#at++;
      this.#expect(0x7c);
      pieces.push(this.#readTerm());
    }
    const bytes = pieces.map((piece) => {
      if (typeof piece === "string") return Buffer.from(piece);
      if (piece instanceof RawText) return piece.bytes;
      throw new UnknownValue(this.#at);
    });
    return textCell(Buffer.concat(bytes));
  }

  #readTerm(): DumpCell {
    const byte = this.#skipSpace();
    if (byte === quote) return this.#readText();
    if (isDigit(byte) || byte === minus || byte === 0x2e || byte === 0x2b)
      return this.#readNumber();
    if ((byte === 0x58 || byte === 0x78) && this.#bytes[this.#at + 1] === quote)
      return this.#readBlob();
    return this.#readWord();
  }

  #readText(): string | RawText {
    const bytes = this.#bytes;
    const length = bytes.length;
    const start = this.#at + 1;
    let at = start;
    let bits = 0;
    let isDoubled = false;
    let hasNul = false;
    for (; ; at++) {
      if (at >= length) throw new UnknownValue(start - 1);
      const byte = bytes[at]!;
      if (byte === quote) {
        if (at + 1 >= length || bytes[at + 1] !== quote) break;
        isDoubled = true;
        at++;
      }
      bits |= byte;
      if (byte === 0) hasNul = true;
    }
    this.#at = at + 1;
    return this.#decode(start, at, bits < 0x80, isDoubled, hasNul);
  }

  #decode(
    start: number,
    end: number,
    isAscii: boolean,
    isDoubled: boolean,
    hasNul: boolean,
  ): string | RawText {
    if (isAscii && !hasNul) {
      const text = this.#bytes.toString("latin1", start, end);
      return isDoubled ? text.replaceAll("''", "'") : text;
    }
    if (!isDoubled) return textCell(this.#bytes.subarray(start, end));
    const raw = this.#bytes.toString("latin1", start, end).replaceAll("''", "'");
    return textCell(Buffer.from(raw, "latin1"));
  }

  #readNumber(): bigint | number {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    const isNegative = bytes[at] === minus;
    if (isNegative || bytes[at] === 0x2b) at++;
    const first = at;
    let value = 0;
    while (at < bytes.length && isDigit(bytes[at]!)) value = value * 10 + bytes[at++]! - 0x30;
    const next = at < bytes.length ? bytes[at]! : close;
    const isWhole = at > first && !isWordByte(next) && next !== 0x2e;
    if (!isWhole) return this.#readReal(start, isNegative);
    this.#at = at;
    if (at - first < 16) return BigInt(isNegative ? -value : value);
    const whole = BigInt(bytes.toString("latin1", first, at));
    const signed = isNegative ? -whole : whole;
    // As SQLite reads it: what does not fit into 64 bits is a real.
    return signed > largest || signed < smallest ? Number(signed) : signed;
  }

  #readReal(start: number, isNegative: boolean): number {
    const found = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?)(?![\w.])/i.exec(
      this.#bytes.toString("latin1", start, Math.min(start + 400, this.#bytes.length)),
    );
    if (found === null) throw new UnknownValue(start);
    this.#at = start + found[0].length;
    if (/inf/i.test(found[0])) return isNegative ? -Infinity : Infinity;
    return Number(found[0]);
  }

  #readBlob(): Buffer {
    const start = this.#at + 2;
    const end = this.#bytes.indexOf(quote, start);
    const hex = this.#bytes.toString("latin1", start, end === -1 ? start : end);
    const blob = Buffer.from(hex, "hex");
    if (end === -1 || blob.length * 2 !== hex.length) throw new UnknownValue(start);
    this.#at = end + 1;
    return blob;
  }

  #readWord(): DumpCell {
    const start = this.#at;
    let end = start;
    while (end < this.#bytes.length && isWordByte(this.#bytes[end]!)) end++;
    const word = this.#bytes.toString("latin1", start, end).toLowerCase();
    this.#at = end;
    if (word === "null") return null;
    if (word === "infinity" || word === "inf") return Infinity;
    this.#expect(open);
    const cell = this.#readCall(word, start);
    this.#expect(close);
    return cell;
  }

  #readCall(word: string, start: number): DumpCell {
    if (word === "replace") return this.#readReplace();
    if (word === "cast") return this.#readCast();
    if (word === "char") return this.#readCharacters();
    if (word === "unistr") return this.#readUnistr();
    throw new UnknownValue(start);
  }

  /** replace(<text>,'<marker>',char(10 or 13)), once or twice: each only ever around the other. */
  #readReplace(): DumpCell {
    const start = this.#at;
    const markers = new Map<string, string>();
    let depth = 0;
    while (this.#isWord("replace")) depth++;
    const text = this.#readPlainText();
    for (let level = 0; level <= depth; level++) {
      if (level > 0) this.#expect(close);
      this.#expect(comma);
      const marker = this.#readPlainText();
      this.#expect(comma);
      const character = this.#readTerm();
      if (typeof marker !== "string" || typeof character !== "string")
        throw new UnknownValue(start);
      markers.set(marker, character);
    }
    const marked = readMarked(text, markers);
    if (marked === undefined) throw new UnknownValue(start);
    return marked;
  }

  #readPlainText(): string | RawText {
    if (this.#skipSpace() !== quote) throw new UnknownValue(this.#at);
    return this.#readText();
  }

  /** Consumes `word(` when that is what follows. */
  #isWord(word: string): boolean {
    this.#skipSpace();
    const end = this.#at + word.length;
    if (this.#bytes.toString("latin1", this.#at, end).toLowerCase() !== word) return false;
    this.#at = end;
    this.#expect(open);
    return true;
  }

  /** CAST(X'…' AS TEXT) */
  #readCast(): Cell {
    this.#skipSpace();
    const start = this.#at;
    const value = this.#readTerm();
    const rest = this.#bytes.toString("latin1", this.#at, this.#at + 40);
    const found = /^\s+as\s+(text|blob)\s*(?=\))/i.exec(rest);
    if (found === null || !Buffer.isBuffer(value)) throw new UnknownValue(start);
    this.#at += found[0].length;
    return found[1]!.toLowerCase() === "text" ? textCell(value) : value;
  }

  #readCharacters(): string | RawText {
    const codes: number[] = [];
    do {
      if (codes.length > 0) this.#at++;
      const code = this.#readTerm();
      if (typeof code !== "bigint" || code < 0n || code > 0x10ffffn)
        throw new UnknownValue(this.#at);
      codes.push(Number(code));
    } while (this.#skipSpace() === comma);
    return textCell(Buffer.from(String.fromCodePoint(...codes)));
  }

  #readUnistr(): string | RawText {
    const start = this.#at;
    const text = this.#readPlainText();
    if (typeof text !== "string") throw new UnknownValue(start);
    return textCell(Buffer.from(unescapeUnistr(text)));
  }
}
