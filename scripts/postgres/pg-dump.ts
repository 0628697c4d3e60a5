import type { Command } from "../engine/command.ts";
import type { Endpoint } from "./endpoint.ts";
import { quoteName, type QualifiedName } from "./identifier.ts";
import { lockWait } from "./lock-wait.ts";
import { buildConnection, nameSession } from "./psql.ts";

/** What is dumped, by whom, into which file. */
export interface DumpOptions {
  readonly program: string;
  readonly applicationName: string;
  /** Absolute path of the file that is written. */
  readonly file: string;
  /** The tables whose rows are dumped: ordinary ones and partitions, by name. */
  readonly tables: readonly QualifiedName[];
}

/**
 * Data only, plain SQL, one consistent snapshot, read-only by force. Tables are named one by one, so that nothing
 * comes along that was left out by decision. --disable-triggers is not used: managed servers refuse it to owners.
 */
export function buildDumpCommand(endpoint: Endpoint, options: DumpOptions): Command {
  const { dbname, environment, secretFiles } = buildConnection(endpoint, {
    readOnly: true,
    applicationName: nameSession(options.applicationName, "pg_dump"),
  });
  return {
    title: "pg_dump (data only)",
    program: options.program,
    args: [
      "--data-only",
      "--format=plain",
      "--encoding=UTF8",
      "--no-password",
      `--lock-wait-timeout=${lockWait}`,
      `--file=${options.file}`,
      ...options.tables.map((table) => `--table=${quoteName(table)}`),
      `--dbname=${dbname}`,
    ],
    environment,
    secretFiles,
  };
}
