import { createHash, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { callProgram, type Clients, type Connection } from "./libpq.ts";

/** What a table, a materialized view or a question gives. */
export interface Contents {
  readonly rows: number;
  /** Of its rows as COPY writes them, sorted bytewise; columns in the order of their names. */
  readonly sha256: string;
}

/** One COPY … TO STDOUT and the name under which its contents are kept. */
export interface Copy {
  readonly name: string;
  readonly sql: string;
}

const lineFeed = 10;

/**
 * Cuts one stream of bytes into the outputs of many COPYs. Between them stands a line that no row can be; rows may be
 * of any length and are not kept.
 */
class CopyCutter {
  readonly #mark: Buffer;
  readonly #found: Contents[] = [];
  #hash = createHash("sha256");
  #rows = 0;
  /** The beginning of a line, as long as it may be a mark. */
  #head = Buffer.alloc(0);
  #isHead = true;

  constructor(mark: string) {
    this.#mark = Buffer.from(`${mark}\n`);
  }

  take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#isHead ? this.#takeHead(rest) : this.#takeRow(rest);
  }

  #takeHead(chunk: Buffer): Buffer {
    const feed = chunk.indexOf(lineFeed);
    const wanted = this.#mark.length - this.#head.length;
    const end = Math.min(feed === -1 ? chunk.length : feed + 1, wanted);
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, end)]);
    if (this.#head.equals(this.#mark)) this.#endCopy();
    else if (this.#head.length === this.#mark.length || this.#head.at(-1) === lineFeed)
      this.#endHead();
    return chunk.subarray(end);
  }

  #endHead(): void {
    this.#hash.update(this.#head);
    this.#isHead = this.#head.at(-1) === lineFeed;
    if (this.#isHead) this.#rows += 1;
    this.#head = Buffer.alloc(0);
  }

  #endCopy(): void {
    this.#found.push({ rows: this.#rows, sha256: this.#hash.digest("hex") });
    this.#hash = createHash("sha256");
    this.#rows = 0;
    this.#head = Buffer.alloc(0);
  }

  #takeRow(chunk: Buffer): Buffer {
    const feed = chunk.indexOf(lineFeed);
    const end = feed === -1 ? chunk.length : feed + 1;
    this.#hash.update(chunk.subarray(0, end));
    if (feed !== -1) {
      this.#rows += 1;
      this.#isHead = true;
    }
    return chunk.subarray(end);
  }

  get found(): readonly Contents[] {
    return this.#found;
  }
}

/** Reads many tables with one psql. @throws Error with psql's own words */
export async function readCopies(
  clients: Clients,
  connection: Connection,
  copies: readonly Copy[],
): Promise<ReadonlyMap<string, Contents>> {
  if (copies.length === 0) return new Map();
  const mark = `end of a copy ${randomUUID()}`;
  const cutter = new CopyCutter(mark);
  const script = copies.map(({ sql }) => `${sql};\n\\echo ${mark}\n`);
  await callProgram(clients.psql, ["-X", "-w", "-q", "-v", "ON_ERROR_STOP=1"], {
    connection,
    input: Readable.from(script),
    pin: true,
    onOutput: (chunk) => cutter.take(chunk),
  });
  const { found } = cutter;
  if (found.length !== copies.length)
    throw new Error(`psql gave ${found.length} of ${copies.length} tables`);
  return new Map(
    copies.flatMap(({ name }, at) => {
      const contents = found[at];
      return contents === undefined ? [] : [[name, contents] as const];
    }),
  );
}
