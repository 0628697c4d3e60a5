import type { HistoryTool } from "./history-shapes.ts";
import type { MigrationFile } from "./migration-files.ts";
import type { HistoryEntry } from "./migration-history.ts";

/** Migrations by name: what was applied, what is to come, what went wrong. */
export interface HistoryComparison {
  readonly applied: readonly string[];
  /** In the folder, not applied; in the order in which they will be. */
  readonly pending: readonly string[];
  /** Begun, not finished, and not marked as rolled back. */
  readonly failed: readonly string[];
  /** Applied, and the file was changed since. */
  readonly edited: readonly string[];
  /** Applied, and not in the folder. */
  readonly unknown: readonly string[];
}

const extension = /\.(?:[cm]?[jt]s|coffee|litcoffee|ls|co|eg|iced|sql)$/;

/** knex writes the file's extension into its history, which a build changes from .ts to .js. */
const keyOf = (tool: HistoryTool, entry: HistoryEntry): string =>
  tool === "knex" ? entry.name.replace(extension, "") : entry.name;

const isEdited = (file: MigrationFile, entries: readonly HistoryEntry[]): boolean =>
  file.checksums !== undefined &&
  entries.length > 0 &&
  entries.every(
    ({ checksum }) => checksum !== null && file.checksums?.includes(checksum) === false,
  );

/** drizzle applies what is later than the latest of its history, and nothing before it. */
function isAppliedByDrizzle(
  files: readonly MigrationFile[],
  entries: readonly HistoryEntry[],
): Set<string> {
  const latest = Math.max(Number.NEGATIVE_INFINITY, ...entries.map(({ name }) => Number(name)));
  return new Set(files.filter(({ key }) => Number(key) <= latest).map(({ key }) => key));
}

/** Compares a history with the files, by the rules of the tool; the tool itself is not needed. */
export function compareHistory(
  tool: HistoryTool,
  files: readonly MigrationFile[],
  entries: readonly HistoryEntry[],
): HistoryComparison {
  const inState = (state: HistoryEntry["state"]): HistoryEntry[] =>
    entries.filter((entry) => entry.state === state);
  const failed = [...new Set(inState("failed").map(({ name }) => name))];
  const done = inState("applied");
  const keys =
    tool === "drizzle"
      ? isAppliedByDrizzle(files, done)
      : new Set(done.map((entry) => keyOf(tool, entry)));
  const known = new Set(files.map(({ key }) => key));
  const names = (some: readonly MigrationFile[]): string[] => some.map(({ name }) => name);
  const entriesOf = (file: MigrationFile): HistoryEntry[] =>
    done.filter((entry) => keyOf(tool, entry) === file.key);
  return {
    applied: names(files.filter(({ key }) => keys.has(key))),
    pending: names(files.filter(({ key }) => !keys.has(key) && !failed.includes(key))),
    failed,
    edited: names(files.filter((file) => isEdited(file, entriesOf(file)))),
    unknown: [
      ...new Set(done.filter((entry) => !known.has(keyOf(tool, entry))).map(({ name }) => name)),
    ],
  };
}
