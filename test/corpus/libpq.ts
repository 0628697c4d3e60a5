import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { childEnvironment, environmentVariable } from "../../scripts/engine/settings.ts";
import { listPrograms, pickProgram, besideProgram } from "../../scripts/postgres/programs.ts";
import { clientInstallCommand } from "../../scripts/postgres/install-command.ts";

/** Absolute paths of Postgres' own programs: the comparison stands on them and not on our code. */
export interface Clients {
  readonly psql: string;
  readonly pgDump: string;
  readonly pgRestore: string;
}

/** A database as libpq's variables name it; the password is in no argv. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** @throws Error with the install command when they are missing or older than the servers */
export async function findClients(serverMajor: number): Promise<Clients> {
  const searchPath = { pgBin: environmentVariable("PG_BIN"), path: environmentVariable("PATH") };
  const pgDump = pickProgram(await listPrograms("pg_dump", searchPath), serverMajor);
  if (pgDump === undefined) {
    throw new Error(
      `psql, pg_dump and pg_restore ${serverMajor} or newer are needed: ${clientInstallCommand()}`,
    );
  }
  return {
    psql: besideProgram(pgDump, "psql"),
    pgDump: pgDump.path,
    pgRestore: besideProgram(pgDump, "pg_restore"),
  };
}

const pinned = ["TimeZone=UTC", "DateStyle=ISO", "IntervalStyle=postgres", "extra_float_digits=3"];

const variablesOf = (connection: Connection): Record<string, string> => ({
  PGHOST: connection.host,
  PGPORT: String(connection.port),
  PGDATABASE: connection.database,
  PGUSER: connection.user,
  PGPASSWORD: connection.password,
  PGCLIENTENCODING: "UTF8",
});

export interface ProgramCall {
  readonly connection: Connection;
  /** Standard input; closed when there is none. */
  readonly input?: Readable;
  readonly onOutput?: (chunk: Buffer) => void;
  /** True: TimeZone, DateStyle and the like as on the other side. A restore is left as the dump wants it. */
  readonly pin?: boolean;
}

const keepOfStderr = 8_000;

/**
 * Runs one program against one database.
 * @throws Error with the last lines of its standard error when it ends otherwise than with exit code 0
 */
export async function callProgram(
  program: string,
  args: readonly string[],
  { connection, input, onOutput, pin = false }: ProgramCall,
): Promise<void> {
  const options = pin ? { PGOPTIONS: pinned.map((setting) => `-c ${setting}`).join(" ") } : {};
  const child = spawn(program, args, {
    env: { ...childEnvironment(), ...variablesOf(connection), ...options },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-keepOfStderr);
  });
  child.stdout?.on("data", onOutput ?? (() => undefined));
  // psql that has stopped at an error closes the pipe: what it said tells more than EPIPE
  const fed =
    input === undefined || child.stdin === null
      ? undefined
      : pipeline(input, child.stdin).catch((error: unknown) => error);
  const [code] = await ended;
  const feeding = await fed;
  if (code !== 0) throw new Error(lastLines(stderr) || `${program} ended with exit code ${code}`);
  if (feeding instanceof Error) throw feeding;
}

const lastLines = (text: string): string => text.trimEnd().split("\n").slice(-4).join("\n");

/** The whole standard output as text. */
export async function readOutput(
  program: string,
  args: readonly string[],
  call: ProgramCall,
): Promise<string> {
  const chunks: Buffer[] = [];
  await callProgram(program, args, { ...call, onOutput: (chunk) => chunks.push(chunk) });
  return Buffer.concat(chunks).toString("utf8");
}

const quiet = ["-X", "-w", "-q", "-v", "ON_ERROR_STOP=1"];

/** Restores a plain dump. @throws Error with psql's own words */
export const restorePlain = (
  clients: Clients,
  connection: Connection,
  input: Readable,
): Promise<void> => callProgram(clients.psql, quiet, { connection, input });

const unit = "\u001f";

/** Rows of one query, as text; line breaks in them are kept. NULL and '' are the same here. */
export async function queryRows(
  clients: Clients,
  connection: Connection,
  sql: string,
): Promise<string[][]> {
  // no text of Postgres holds the zero byte that ends each row
  const args = [...quiet, "-At", "-0", "-F", unit, "-c", sql];
  const text = await readOutput(clients.psql, args, { connection, pin: true });
  return text
    .split("\0")
    .slice(0, -1)
    .map((line) => line.split(unit));
}
