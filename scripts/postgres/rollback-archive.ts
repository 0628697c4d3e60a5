import type { Command } from "../engine/command.ts";
import type { Endpoint } from "./endpoint.ts";
import { quoteName, type QualifiedName } from "./identifier.ts";
import { lockWait } from "./load-parts.ts";
import { buildConnection } from "./psql.ts";

/** What goes into an archive. */
export interface ArchiveOptions {
  readonly program: string;
  readonly applicationName: string;
  /** Absolute path of the file that is written. */
  readonly file: string;
  readonly holds: "rows" | "schema";
  /** By name: ordinary tables, and partitions where rows are dumped. */
  readonly tables: readonly QualifiedName[];
  /** Name of the snapshot that another session has exported and keeps open. */
  readonly snapshot: string;
}

/** An archive of tables (pg_dump -Fc), of the moment that a session has exported. Reads only; argv holds no URL. */
export function buildArchive(endpoint: Endpoint, options: ArchiveOptions): Command {
  const { dbname, environment, secretFiles } = buildConnection(endpoint, {
    readOnly: true,
    applicationName: options.applicationName,
  });
  return {
    title: `pg_dump (rollback point, ${options.holds})`,
    program: options.program,
    args: [
      options.holds === "rows" ? "--data-only" : "--schema-only",
      "--format=custom",
      "--encoding=UTF8",
      "--no-password",
      `--lock-wait-timeout=${lockWait}`,
      `--snapshot=${options.snapshot}`,
      `--file=${options.file}`,
      ...options.tables.map((table) => `--table=${quoteName(table)}`),
      `--dbname=${dbname}`,
    ],
    environment,
    secretFiles,
  };
}

/** What is read out of an archive: its table of contents, or a part of it as plain SQL. */
export type ArchivePart = "contents" | "rows" | "pre-data" | "post-data";

const partArguments: Readonly<Record<ArchivePart, readonly string[]>> = {
  contents: ["--list"],
  rows: ["--data-only"],
  "pre-data": ["--section=pre-data"],
  "post-data": ["--section=post-data"],
};

/** Reads an archive into a file; connects nowhere. */
export const buildArchiveReading = (
  program: string,
  archive: string,
  part: ArchivePart,
  into: string,
): Command => ({
  title: `pg_restore (${part})`,
  program,
  args: [...partArguments[part], `--file=${into}`, archive],
  environment: { LC_ALL: "C" },
});

/** Names stand in a table of contents without their line breaks. */
const asListed = (text: string): string => text.replaceAll(/[\r\n]/gu, " ");

/** The tables whose rows an archive's table of contents does not name. */
export function listMissing(contents: string, tables: readonly QualifiedName[]): QualifiedName[] {
  const lines = contents.split("\n");
  return tables.filter(({ schema, name }) => {
    const entry = ` TABLE DATA ${asListed(schema)} ${asListed(name)} `;
    return !lines.some((line) => line.includes(entry));
  });
}

/** Settings of the session that pg_restore writes first: ours has its own, and an older server does not know them all. */
const ownSetting =
  /^SET (?:statement_timeout|lock_timeout|idle_in_transaction_session_timeout|transaction_timeout|client_encoding|client_min_messages|row_security) = [^;]*;$/u;
const restrictLine = /^\\(?:un)?restrict \S+$/u;

/** The statements of a schema script, as they can be sent within a transaction of ours. */
export const cleanScript = (script: string): string =>
  script
    .split("\n")
    .filter((line) => !ownSetting.test(line) && !restrictLine.test(line))
    .join("\n");
