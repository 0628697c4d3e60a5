import { chmod, mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { verifyImportable } from "./import-limits.ts";
import {
  importManifestFile,
  type ImportManifest,
  type ImportPart,
  writeImportManifest,
} from "./import-manifest.ts";
import { PartFile } from "./import-part-file.ts";
import { buildInserts, buildSequence, type ImportUnit } from "./import-statements.ts";
import type { ImportTable, RowSource } from "./import-table.ts";

/**
 * Bytes of an import file: a call of wrangler costs a second and more, and locally it holds the whole file with its
 * statements in memory, 380 MB for this.
 */
export const partBytes = 16_000_000;

/** How far the writing is. */
export interface ImportProgress {
  readonly table: string;
  /** Rows of all tables so far. */
  readonly rows: number;
  /** Bytes of all files so far. */
  readonly bytes: number;
}

export interface ImportFilesOptions {
  readonly scratch: RowSource;
  /** Parents first. */
  readonly tables: readonly ImportTable[];
  /** Made when it is missing; import files of an earlier writing are removed from it. */
  readonly folder: string;
  /** What the rows were made of: stands in the manifest. */
  readonly source: Readonly<Record<string, string>>;
  /** Bytes after which a file is ended. */
  readonly partBytes?: number | undefined;
  /** Bytes of one INSERT of several rows. */
  readonly batchBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
}

const isImportFile = (name: string): boolean =>
  name === importManifestFile || /^(?:part-\d+\.sql|manifest\.json)(?:\.partial)?$/.test(name);

/** The manifest goes first: without it, what is left counts for nothing. */
async function emptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  await rm(join(folder, importManifestFile), { force: true });
  for (const name of await readdir(folder))
    if (isImportFile(name)) await rm(join(folder, name), { force: true });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes files one after the other; a unit or a circle of tables is never cut. */
class PartsWriter {
  readonly parts: ImportPart[] = [];
  readonly #options: ImportFilesOptions;
  #file: PartFile | undefined;
  #rows = 0;
  #bytes = 0;

  constructor(options: ImportFilesOptions) {
    this.#options = options;
  }

  async #current(): Promise<PartFile> {
    this.#file ??= await PartFile.create(this.#options.folder, this.parts.length + 1);
    return this.#file;
  }

  async #cutBefore(bytes: number): Promise<void> {
    const file = this.#file;
    if (file === undefined || file.rows.size === 0) return;
    if (file.bytes + bytes > (this.#options.partBytes ?? partBytes)) await this.finish();
  }

  async writeTable(table: ImportTable, isCircleGoingOn: boolean): Promise<void> {
    const { scratch, batchBytes } = this.#options;
    let mayCut = !isCircleGoingOn;
    for (const unit of buildInserts(scratch, table, batchBytes)) {
      if (mayCut) await this.#cutBefore(unit.bytes);
      mayCut = table.cyclic !== true;
      await this.#write(table.shape.name, unit);
    }
  }

  async #write(table: string, unit: ImportUnit): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const file = await this.#current();
    await file.write(unit.sql, unit.bytes);
    file.countRows(table, unit.rows);
    this.#rows += unit.rows;
    this.#bytes += unit.bytes;
    this.#options.onProgress?.({ table, rows: this.#rows, bytes: this.#bytes });
  }

  /** At the end of the last part. */
  async writeSequences(tables: readonly ImportTable[]): Promise<void> {
    const sql = tables.map(buildSequence).join("");
    await (await this.#current()).write(sql, Buffer.byteLength(sql));
  }

  async finish(): Promise<void> {
    this.parts.push(await (await this.#current()).finish());
    this.#file = undefined;
  }

  async abandon(): Promise<void> {
    await this.#file?.abandon();
  }
}

async function writeParts(options: ImportFilesOptions): Promise<ImportPart[]> {
  const writer = new PartsWriter(options);
  try {
    for (const [index, table] of options.tables.entries()) {
      const isCircle = table.cyclic === true && options.tables[index - 1]?.cyclic === true;
      await writer.writeTable(table, isCircle);
    }
    await writer.writeSequences(options.tables);
    await writer.finish();
    return writer.parts;
  } finally {
    await writer.abandon();
  }
}

function countTables(
  tables: readonly ImportTable[],
  parts: readonly ImportPart[],
): Record<string, number> {
  const count = (name: string): number =>
    parts.reduce((sum, { rows }) => sum + (rows[name] ?? 0), 0);
  return Object.fromEntries(tables.map(({ shape }) => [shape.name, count(shape.name)]));
}

/**
 * Writes the rows as files for `d1 execute --file`, and their manifest last. The same rows give the same bytes. Each
 * file ends with its marker row, for a ledger that v2 must have before (`buildLedgerBegin`).
 * @throws Failure (exit 3) when there are rows that D1 cannot take; nothing is written then
 */
export async function writeImportFiles(options: ImportFilesOptions): Promise<ImportManifest> {
  const { scratch, tables, folder, source } = options;
  verifyImportable(scratch, tables);
  await emptyFolder(folder);
  const parts = await writeParts(options);
  await syncFolder(folder);
  const manifest: ImportManifest = {
    format: 1,
    source: { ...source },
    parts,
    tables: countTables(tables, parts),
  };
  writeImportManifest(folder, manifest);
  return manifest;
}
