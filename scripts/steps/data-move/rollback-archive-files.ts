import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Command } from "../../engine/command.ts";
import { failed, refused } from "../../engine/failure.ts";
import { CommandError } from "../../engine/shell.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Table } from "../../postgres/catalogue.ts";
import { hashFile, indexDump, type DumpIndex } from "../../postgres/dump-file.ts";
import { displayName, nameKey } from "../../postgres/identifier.ts";
import { besideProgram, pickProgram } from "../../postgres/programs.ts";
import {
  buildArchiveReading,
  listMissing,
  type ArchivePart,
} from "../../postgres/rollback-archive.ts";
import type { RollbackManifest } from "../../postgres/rollback-manifest.ts";
import { findPrograms } from "./programs.ts";
import { partialFile, syncToDisk } from "./rollback-files.ts";
import { isOf } from "./rollback-scope.ts";

/**
 * pg_dump for v2's server. It refuses one that is newer than itself, and the run's own was chosen for v1.
 * @throws Failure (exit 3) when this machine has none
 */
export async function findArchiver(major: number): Promise<string> {
  const found = pickProgram(await findPrograms("pg_dump"), major);
  if (found !== undefined) return found.path;
  throw refused("a rollback point cannot be taken on this machine", [
    {
      what: `there is no pg_dump ${major} or newer, and pg_dump refuses a server newer than itself`,
      todo: "Install the client programs of v2's version, or name their folder with PG_BIN.",
    },
  ]);
}

/** The pg_restore that belongs to a pg_dump. */
export const besideArchiver = (archiver: string): string =>
  besideProgram({ path: archiver }, "pg_restore");

/**
 * The pg_restore for a rollback point: that of the pg_dump which made it, when it is there; an older one may not read it.
 * @throws Failure (exit 3) when this machine has none for v2's server either
 */
export async function findArchiveReader(
  { tools }: Pick<RollbackManifest, "tools">,
  major: number,
): Promise<string> {
  const own = besideArchiver(tools["pg_dump"] ?? "");
  return existsSync(own) ? own : besideArchiver(await findArchiver(major));
}

/** Runs a program; what it says goes into the report. @throws Failure (exit 1) */
export async function runArchiver(context: StepContext, command: Command): Promise<void> {
  try {
    await context.execute(command);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const lines = error.stderr.trimEnd().split("\n");
    const what = lines.find((line) => /error/iu.test(line)) ?? lines[0] ?? "";
    throw failed(`${command.title}: ${error.message}`, [{ what, rows: lines }], { cause: error });
  }
}

/** An empty file of mode 0600: the programs write into it as it is, and nobody else reads along. */
export function makePrivate(file: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, "", { mode: 0o600, flag: "wx" });
}

/** Reads a part of an archive into a file of mode 0600. @returns its path */
export async function readArchive(
  context: StepContext,
  reader: string,
  archive: string,
  part: ArchivePart,
): Promise<string> {
  const into = partialFile(context, `${part}.sql`);
  makePrivate(into);
  try {
    await runArchiver(context, buildArchiveReading(reader, archive, part, into));
  } catch (error) {
    rmSync(into, { force: true });
    throw error;
  }
  return into;
}

/** The same as a text; for a schema, which is small. */
export async function readArchiveText(
  context: StepContext,
  reader: string,
  archive: string,
  part: ArchivePart,
): Promise<string> {
  const file = await readArchive(context, reader, archive, part);
  try {
    return readFileSync(file, "utf8");
  } finally {
    rmSync(file, { force: true });
  }
}

/** Rows of an archive as a plain dump, and where each table's stand. */
export interface UnpackedRows {
  readonly file: string;
  readonly index: DumpIndex;
}

export async function unpackRows(
  context: StepContext,
  reader: string,
  archive: string,
): Promise<UnpackedRows> {
  const file = await readArchive(context, reader, archive, "rows");
  try {
    return { file, index: await indexDump(file, context.signal) };
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

/**
 * The archive names every table and gives back as many rows of each as were counted in its snapshot.
 * @param leaves the tables and partitions that were dumped
 * @param kept tables with the rows of all that hangs below them
 * @throws Failure (exit 1) that names the tables
 */
export async function verifyReadable(
  context: StepContext,
  archive: { readonly reader: string; readonly file: string },
  leaves: readonly Table[],
  kept: readonly (readonly [table: Table, rows: number])[],
): Promise<void> {
  const { reader, file } = archive;
  const missing = listMissing(await readArchiveText(context, reader, file, "contents"), leaves);
  const unpacked = await unpackRows(context, reader, file);
  rmSync(unpacked.file, { force: true });
  const sections = new Map(
    unpacked.index.sections.map(({ table, rows }) => [nameKey(table), rows]),
  );
  const found = kept.map(([table, rows]) => ({
    table,
    rows,
    readBack: leaves
      .filter((leaf) => isOf(leaf, table))
      .reduce((sum, leaf) => sum + (sections.get(nameKey(leaf)) ?? 0), 0),
  }));
  const wrong = found.filter(({ rows, readBack }) => rows !== readBack);
  if (missing.length + wrong.length === 0) return;
  throw failed("the rollback point cannot be read back as a whole", [
    ...missing.map((table) => ({ what: `${displayName(table)} is not in it`, where: file })),
    ...wrong.map(({ table, rows, readBack }) => ({
      what: `${displayName(table)}: ${readBack} rows come out of it, ${rows} were counted`,
      where: file,
    })),
  ]);
}

/** What the manifest says of a file that is complete. */
export async function describeFile(
  file: string,
  name: string,
  signal: AbortSignal,
): Promise<RollbackManifest["rows"]> {
  syncToDisk(file);
  return { file: name, bytes: statSync(file).size, sha256: await hashFile(file, signal) };
}
