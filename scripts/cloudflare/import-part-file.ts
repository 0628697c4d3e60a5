import { createHash } from "node:crypto";
import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { buildMarker } from "./import-ledger.ts";
import { countPartRows, type ImportPart } from "./import-manifest.ts";
import { partHead } from "./import-statements.ts";

/** Bytes that are gathered before they are written. */
const bufferBytes = 1_000_000;

const nameOf = (part: number): string => `part-${String(part).padStart(4, "0")}.sql`;

/** One import file while it is written: under another name, until it is whole and on the disk. */
export class PartFile {
  readonly part: number;
  readonly rows = new Map<string, number>();
  /** Bytes so far. */
  bytes = 0;
  readonly #folder: string;
  readonly #handle: FileHandle;
  readonly #hash = createHash("sha256");
  #waiting: string[] = [];
  #waitingBytes = 0;

  private constructor(folder: string, part: number, handle: FileHandle) {
    this.#folder = folder;
    this.part = part;
    this.#handle = handle;
  }

  static async create(folder: string, part: number): Promise<PartFile> {
    const handle = await open(join(folder, `${nameOf(part)}.partial`), "w", 0o600);
    const file = new PartFile(folder, part, handle);
    await file.write(partHead, Buffer.byteLength(partHead));
    return file;
  }

  /** @param bytes of `sql` in UTF-8 */
  async write(sql: string, bytes: number): Promise<void> {
    this.#waiting.push(sql);
    this.#waitingBytes += bytes;
    this.bytes += bytes;
    if (this.#waitingBytes >= bufferBytes) await this.#flush();
  }

  countRows(table: string, rows: number): void {
    this.rows.set(table, (this.rows.get(table) ?? 0) + rows);
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#waiting.join(""));
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#hash.update(bytes);
    await this.#handle.appendFile(bytes);
  }

  /** Ends it with its marker and gives it its name. */
  async finish(): Promise<ImportPart> {
    await this.#flush();
    const marker = this.#hash.copy().digest("hex");
    const rows = Object.fromEntries(this.rows);
    const line = buildMarker({ part: this.part, sha256: marker, rows: countPartRows({ rows }) });
    await this.write(line, Buffer.byteLength(line));
    await this.#flush();
    await this.#handle.sync();
    await this.#handle.close();
    const file = nameOf(this.part);
    await rename(join(this.#folder, `${file}.partial`), join(this.#folder, file));
    return {
      part: this.part,
      file,
      bytes: this.bytes,
      sha256: this.#hash.digest("hex"),
      marker,
      rows,
    };
  }

  /** Lets go of a file that is not finished. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }
}
