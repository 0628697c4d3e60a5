import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { HistoryTool } from "./history-shapes.ts";

/** A migration as it stands in a folder, in the order in which it is applied. */
export interface MigrationFile {
  /** What people call it: the folder's or the file's name. */
  readonly name: string;
  /** What the history calls it. */
  readonly key: string;
  /** sha256 of the script as it is, with LF and with CRLF: git may have changed the line ends. */
  readonly checksums?: readonly string[];
}

/** Where tools look when they are told nothing else, below the project. */
export const usualFolders: Readonly<Record<HistoryTool, readonly string[]>> = {
  prisma: ["prisma/migrations"],
  dbmate: ["db/migrations"],
  drizzle: ["drizzle"],
  knex: ["migrations"],
  rails: ["db/migrate"],
  alembic: ["alembic/versions", "migrations/versions"],
  flyway: ["sql", "db/migration", "src/main/resources/db/migration"],
  "node-pg-migrate": ["migrations"],
};

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The checksums that one script can have in a history. */
export function listChecksums(script: string): string[] {
  const lf = script.replaceAll("\r\n", "\n");
  return [...new Set([script, lf, lf.replaceAll("\n", "\r\n")].map(sha256))];
}

const isMissing = (error: unknown): boolean => (error as { code?: string }).code === "ENOENT";

async function readScript(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}

/** Folders with a migration.sql in them. */
async function readScriptFolders(folder: string): Promise<MigrationFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isFile()).map(({ name }) => name);
  const files: MigrationFile[] = [];
  for (const name of names.toSorted()) {
    const script = await readScript(join(folder, name, "migration.sql"));
    if (script !== undefined) files.push({ name, key: name, checksums: listChecksums(script) });
  }
  return files;
}

/** Files of one folder by the name's pattern; the group `key` is what the history calls them. */
async function readNamedFiles(folder: string, pattern: RegExp): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => !name.endsWith(".d.ts"));
  return names.toSorted().flatMap((name) => {
    const key = pattern.exec(name)?.groups?.["key"];
    return key === undefined ? [] : [{ name, key }];
  });
}

const drizzleJournal = z.object({
  entries: z.array(z.object({ tag: z.string(), when: z.number() })),
});

/** drizzle-kit's journal; from 1.0 on there is none, and the folders' names hold the moment (UTC). */
async function readDrizzle(folder: string): Promise<MigrationFile[]> {
  const journal = await readScript(join(folder, "meta", "_journal.json"));
  if (journal === undefined) {
    return (await readScriptFolders(folder)).flatMap((file) => {
      const moment = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(file.name);
      if (moment === null) return [];
      const [, year, month, day, hour, minute, second] = moment;
      const time = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
      return [{ ...file, key: String(Date.parse(time)) }];
    });
  }
  const { entries } = drizzleJournal.parse(JSON.parse(journal));
  return Promise.all(
    entries.map(async ({ tag, when }) => {
      const script = await readScript(join(folder, `${tag}.sql`));
      const file = { name: tag, key: String(when) };
      return script === undefined ? file : { ...file, checksums: listChecksums(script) };
    }),
  );
}

const code = "(?:[cm]?[jt]s|coffee|litcoffee|ls|co|eg|iced)";

const readers: Partial<
  Readonly<Record<HistoryTool, (folder: string) => Promise<MigrationFile[]>>>
> = {
  prisma: readScriptFolders,
  drizzle: readDrizzle,
  dbmate: (folder) => readNamedFiles(folder, /^(?<key>\d+).*\.sql$/),
  rails: (folder) => readNamedFiles(folder, /^(?<key>\d+)_.*\.rb$/),
  knex: (folder) => readNamedFiles(folder, new RegExp(`^(?<key>.+)\\.${code}$`)),
  "node-pg-migrate": (folder) =>
    readNamedFiles(folder, new RegExp(`^(?<key>\\d+[_-].+)\\.(?:sql|${code})$`)),
};

/** True when the files of a tool tell which of them are pending; not so for Alembic and Flyway. */
export const tellsPending = (tool: HistoryTool): boolean => readers[tool] !== undefined;

/**
 * The migrations of a folder; none for tools whose files do not tell which are pending.
 * @param folder absolute
 * @throws the file system's error (ENOENT when the folder is not there), an Error for a damaged journal
 */
export const readMigrationFiles = async (
  tool: HistoryTool,
  folder: string,
): Promise<MigrationFile[]> => (await readers[tool]?.(folder)) ?? [];
