import { createHash } from "node:crypto";
import { closeSync, createReadStream, fsyncSync, openSync, readFileSync } from "node:fs";
import { renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { failed, type Problem } from "../engine/failure.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const counts = z.record(z.string(), z.int().nonnegative());
const part = z.object({
  /** 1 for the first. */
  part: z.int().positive(),
  file: z.string(),
  bytes: z.int().positive(),
  sha256,
  /** Of all before the marker; the marker row in v2 holds it. */
  marker: sha256,
  /** Rows of each table in this part. */
  rows: counts,
});
const manifest = z.object({
  format: z.literal(1),
  /** What the files were made of: sha256 of the dump, of v2's schema, of the decisions … */
  source: z.record(z.string(), z.string()),
  parts: z.array(part).min(1),
  /** Rows of each table, in the order in which they are imported. */
  tables: counts,
});

/** One import file. */
export type ImportPart = z.infer<typeof part>;
/** What stands beside the import files. It is written last: where one is, all files are whole. */
export type ImportManifest = z.infer<typeof manifest>;

/** Its name in the folder of the import files. */
export const importManifestFile = "manifest.json";

/** Rows of all tables in a part. */
export const countPartRows = (one: Pick<ImportPart, "rows">): number =>
  Object.values(one.rows).reduce((sum, rows) => sum + rows, 0);

const printManifest = (content: ImportManifest): string =>
  `${JSON.stringify(content, undefined, 2)}\n`;

/** sha256 of the manifest as it is written: it stands for all import files. */
export const hashImportManifest = (content: ImportManifest): string =>
  createHash("sha256").update(printManifest(content)).digest("hex");

/** Writes it whole or not at all, mode 0600. */
export function writeImportManifest(folder: string, content: ImportManifest): void {
  const file = join(folder, importManifestFile);
  const handle = openSync(`${file}.partial`, "w", 0o600);
  try {
    writeFileSync(handle, printManifest(content));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.partial`, file);
}

const again = "Run transform again; it writes the same files from the same dump.";

/** @throws Failure (exit 1) when it is missing or damaged */
export function readImportManifest(folder: string): ImportManifest {
  const file = join(folder, importManifestFile);
  try {
    return manifest.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const what = missing ? "there are no finished import files" : "the import manifest is damaged";
    throw failed(what, [{ what, where: file, todo: again }]);
  }
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

async function findDifference(folder: string, one: ImportPart): Promise<Problem | undefined> {
  const where = join(folder, one.file);
  const size = statSync(where, { throwIfNoEntry: false })?.size;
  if (size === undefined) return { what: `${one.file} is missing`, where, todo: again };
  if (size !== one.bytes)
    return { what: `${one.file} has ${size} bytes instead of ${one.bytes}`, where, todo: again };
  if ((await hashFile(where)) !== one.sha256)
    return { what: `${one.file} was changed after it was written`, where, todo: again };
  return undefined;
}

/**
 * Every import file is there and as it was written.
 * @param folder absolute
 * @throws Failure (exit 1) that names every file that differs
 */
export async function verifyImportFiles(folder: string): Promise<ImportManifest> {
  const content = readImportManifest(folder);
  const problems: Problem[] = [];
  for (const one of content.parts) {
    const difference = await findDifference(folder, one);
    if (difference !== undefined) problems.push(difference);
  }
  if (problems.length > 0)
    throw failed("the import files are not as transform wrote them", problems);
  return content;
}
