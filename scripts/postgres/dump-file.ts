import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { failed } from "../engine/failure.ts";
import type { QualifiedName } from "./identifier.ts";

/** The rows of one table in a plain dump. Offsets are bytes; `end` is where the closing `\.` begins. */
export interface DumpSection {
  readonly table: QualifiedName;
  readonly columns: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly rows: number;
  /** Line of the file, counted from 1, on which the first row stands. */
  readonly line: number;
}

/** What stands in a plain data dump of pg_dump. */
export interface DumpIndex {
  readonly sections: readonly DumpSection[];
  readonly bytes: number;
  readonly sha256: string;
}

const newline = 0x0a;
const endOfRows = "\\.\n";
/** pg_dump writes this as its last line, so a dump without it was cut. */
const trailer = "-- PostgreSQL database dump complete";

/** Reads an identifier as pg_dump writes it, quoted or bare, at a place in a text. */
function readIdentifier(
  text: string,
  from: number,
): { readonly value: string; readonly next: number } {
  if (text[from] !== '"') {
    const end = from + (/^[^\s.,()"]+/.exec(text.slice(from))?.[0].length ?? 0);
    return { value: text.slice(from, end), next: end };
  }
  let value = "";
  let at = from + 1;
  for (;;) {
    const close = text.indexOf('"', at);
    if (close < 0) throw new Error("a quoted name without an end");
    value += text.slice(at, close);
    if (text[close + 1] !== '"') return { value, next: close + 1 };
    value += '"';
    at = close + 2;
  }
}

/**
 * Parses `COPY public."Animal" (id, "tenantId") FROM stdin;`.
 * @throws Error when it is another statement
 */
export function parseCopyHeader(statement: string): {
  readonly table: QualifiedName;
  readonly columns: string[];
} {
  if (!statement.startsWith("COPY ")) throw new Error("not a COPY statement");
  const schema = readIdentifier(statement, "COPY ".length);
  if (statement[schema.next] !== ".") throw new Error("a COPY statement without a schema");
  const name = readIdentifier(statement, schema.next + 1);
  const columns: string[] = [];
  let at = statement.indexOf("(", name.next);
  while (at >= 0 && statement[at] !== ")") {
    const column = readIdentifier(statement, at + (statement[at] === "(" ? 1 : 2));
    columns.push(column.value);
    at = column.next;
  }
  return { table: { schema: schema.value, name: name.value }, columns };
}

/**
 * Walks through the bytes of a dump. Outside of rows it reads statements; inside it only counts lines and looks for the
 * closing `\.`, so that a row of a gigabyte costs no memory.
 */
export class DumpWalker {
  readonly sections: DumpSection[] = [];
  complete = false;
  #offset = 0;
  #line = 1;
  /** Bytes of the present line so far, and the first of them: three are enough to know `\.` and its newline. */
  #length = 0;
  #begin = "";
  /** The present line outside of rows. */
  #text: Buffer[] = [];
  #statement = "";
  #open: { header: ReturnType<typeof parseCopyHeader>; start: number; line: number } | undefined;

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const end = chunk.indexOf(newline, at);
      const next = end < 0 ? chunk.length : end + 1;
      // nearly every line: a whole row, too long to be the closing one
      if (
        this.#open !== undefined &&
        this.#length === 0 &&
        end >= 0 &&
        next - at !== endOfRows.length
      ) {
        this.#line += 1;
        at = next;
        continue;
      }
      this.#take(chunk, at, next);
      if (end >= 0) this.#endLine(this.#offset + next);
      at = next;
    }
    this.#offset += chunk.length;
  }

  /** True when the file ends inside rows or inside a line. */
  get isInside(): boolean {
    return this.#open !== undefined || this.#length > 0;
  }

  #take(chunk: Buffer, from: number, to: number): void {
    if (this.#begin.length < 3)
      this.#begin += chunk.toString("latin1", from, Math.min(to, from + 3));
    this.#length += to - from;
    if (this.#open === undefined) this.#text.push(Buffer.from(chunk.subarray(from, to)));
  }

  #endLine(next: number): void {
    const isClosing = this.#length === endOfRows.length && this.#begin.startsWith(endOfRows);
    const start = next - this.#length;
    const text = this.#text.length === 0 ? "" : Buffer.concat(this.#text).toString("utf8");
    this.#line += 1;
    this.#length = 0;
    this.#begin = "";
    this.#text = [];
    if (this.#open === undefined) this.#takeStatementLine(text, next);
    else if (isClosing) this.#close(start);
  }

  // a name may hold a newline, so a COPY statement may have several lines
  #takeStatementLine(line: string, next: number): void {
    this.#statement = line.startsWith("COPY ") ? line : this.#statement + line;
    if (line.startsWith(trailer)) this.complete = true;
    if (!this.#statement.startsWith("COPY ")) {
      this.#statement = "";
      return;
    }
    if (!line.endsWith(" FROM stdin;\n")) return;
    this.#open = { header: parseCopyHeader(this.#statement), start: next, line: this.#line };
    this.#statement = "";
  }

  #close(end: number): void {
    if (this.#open === undefined) return;
    const { header, start, line } = this.#open;
    this.sections.push({ ...header, start, end, line, rows: this.#line - 1 - line });
    this.#open = undefined;
  }
}

/**
 * Reads a whole dump once and says where the rows of each table stand. Constant memory, apart from the longest row.
 * @throws Failure (exit 1) when it is cut: no closing line, or inside the rows of a table
 */
export async function indexDump(file: string, signal?: AbortSignal): Promise<DumpIndex> {
  const hash = createHash("sha256");
  const walker = new DumpWalker();
  let bytes = 0;
  const stream = createReadStream(file, {
    highWaterMark: 1 << 20,
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    walker.push(chunk);
    bytes += chunk.length;
  }
  if (!walker.complete || walker.isInside) {
    throw failed("the dump is not complete", [
      {
        what: "pg_dump's closing line is missing: the file was cut",
        where: file,
        todo: "Dump again.",
      },
    ]);
  }
  return { sections: walker.sections, bytes, sha256: hash.digest("hex") };
}

/** sha256 of a file, as hex. */
export async function hashFile(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const stream = createReadStream(file, {
    highWaterMark: 1 << 20,
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const chunk of stream as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest("hex");
}

/** One row of a section, counted from 1, as COPY text; undefined when there is none. For the report only. */
export async function readDumpRow(
  file: string,
  section: DumpSection,
  row: number,
): Promise<string | undefined> {
  if (section.end <= section.start) return undefined;
  let left = row;
  let rest = "";
  const stream = createReadStream(file, {
    start: section.start,
    end: section.end - 1,
    encoding: "utf8",
  });
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length >= left) return lines[left - 1];
    left -= lines.length;
  }
  return undefined;
}
