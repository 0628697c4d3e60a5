import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { failed, type Failure } from "../engine/failure.ts";
import { describeEndpoint, type Endpoint } from "./endpoint.ts";
import { lockWait } from "./lock-wait.ts";
import { buildSessionPins, buildStartupOptions, type SessionUse } from "./session.ts";
import { atMost } from "../engine/patience.ts";
import { readSql } from "../engine/sql-file.ts";
import { LockWaitError, sortOut } from "./session-errors.ts";
import { describeHolders } from "./table-holders.ts";
import { tlsChoices, type TlsChoice } from "./tls.ts";

/** oid → parser. Everything that is not listed stays the text that the server sent: nothing is rounded. */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === "t",
  21: Number,
  23: Number,
  114: (text) => JSON.parse(text) as unknown,
  3802: (text) => JSON.parse(text) as unknown,
  1003: (text) => parseTexts(text),
  1005: (text) => parseTexts(text).map(Number),
  1007: (text) => parseTexts(text).map(Number),
  1009: (text) => parseTexts(text),
};
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the driver parses text[], but its list of types lacks it
const textArray = 1009 as Parameters<typeof pg.types.getTypeParser>[0];
const parseTexts = (text: string): string[] => pg.types.getTypeParser(textArray)(text) as string[];
const asText = (text: string): unknown => text;

/** Milliseconds. */
const closePatience = 5_000;

/** How to connect. */
export interface ConnectOptions extends SessionUse {
  /** Shown in pg_stat_activity, so that others can see who we are; at most 63 bytes. */
  readonly applicationName: string;
  /** Ends a running query and the connection. */
  readonly signal?: AbortSignal;
}

/**
 * One pinned session. Values come back as text, except boolean, int2, int4, json(b) and arrays of text, name
 * and int; bigint and numeric stay text because a JavaScript number would round them.
 */
export class Database {
  readonly endpoint: Endpoint;
  /** server_version_num: 150018. */
  readonly version: number;
  readonly #client: pg.Client;
  readonly #release: () => void;

  constructor(endpoint: Endpoint, version: number, client: pg.Client, release: () => void) {
    this.endpoint = endpoint;
    this.version = version;
    this.#client = client;
    this.#release = release;
  }

  /**
   * Runs a statement, or several when there are no values.
   * @throws pg.DatabaseError with the server's own fields (errors.ts turns it into a Problem); Failure when the
   * connection is lost; LockWaitError
   */
  async query<T extends object = Record<string, unknown>>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<T[]> {
    return this.#ask(values.length === 0 ? { text } : { text, values: [...values] });
  }

  async #ask<T extends object>(question: pg.QueryConfig): Promise<T[]> {
    try {
      return (await this.#client.query<T & pg.QueryResultRow>(question)).rows;
    } catch (error) {
      throw sortOut(this.endpoint, error);
    }
  }

  /**
   * Runs exactly one statement: the server itself refuses a text that holds several or none of them.
   * @throws pg.DatabaseError (42601 for several)
   */
  async statement<T extends object = Record<string, unknown>>(text: string): Promise<T[]> {
    const single = { text, queryMode: "extended" };
    return this.#ask(single);
  }

  /** Asks the question of sql/<name>.sql. */
  async ask<T extends object = Record<string, unknown>>(
    name: string,
    values: readonly unknown[] = [],
  ): Promise<T[]> {
    return this.query<T>(readSql(name), values);
  }

  /** The only row of an answer. @throws when there is not exactly one */
  async one<T extends object = Record<string, unknown>>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<T> {
    const rows = await this.query<T>(text, values);
    const [row] = rows;
    if (row === undefined || rows.length !== 1)
      throw new Error(`expected one row, got ${rows.length}`);
    return row;
  }

  /** Runs `work` in one read-only REPEATABLE READ transaction: all its questions see one state. */
  async snapshot<T>(work: () => Promise<T>): Promise<T> {
    await this.query("begin transaction isolation level repeatable read, read only");
    try {
      return await work();
    } finally {
      // read only: nothing to keep, and a rollback also leaves a failed transaction
      await this.query("rollback").catch(() => undefined);
    }
  }

  /** Calls `listener` once when the connection ends, by whomever. */
  onEnd(listener: () => void): void {
    this.#client.once("end", listener);
  }

  /** Says goodbye; a connection that was cut without a word is not waited for. */
  async close(): Promise<void> {
    this.#release();
    await atMost(closePatience, this.#client.end()).catch(() => undefined);
  }
}

function buildClient(endpoint: Endpoint, options: ConnectOptions, tls: TlsChoice): pg.Client {
  return new pg.Client({
    host: endpoint.host,
    port: endpoint.port,
    database: endpoint.database,
    user: endpoint.user,
    // '' and not undefined: pg would otherwise look for PGPASSWORD and ~/.pgpass
    password: endpoint.password?.reveal() ?? "",
    ssl: tls.config,
    options: buildStartupOptions(options, endpoint.parameters["options"]),
    application_name: options.applicationName.slice(0, 63),
    // Neon wakes a suspended compute in some hundred milliseconds, other managed services in seconds
    connectionTimeoutMillis: 20_000,
    keepAlive: true,
    types: { getTypeParser: (oid: number) => parsers[oid] ?? asText },
  });
}

async function open(endpoint: Endpoint, options: ConnectOptions): Promise<pg.Client> {
  const choices = tlsChoices(endpoint);
  for (const [index, choice] of choices.entries()) {
    const client = buildClient(endpoint, options, choice);
    // an idle session that the server ends must not end us; the next query reports it
    client.on("error", () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      const next = choices[index + 1];
      if (next === undefined || !choice.mayFallBack(error)) throw error;
    }
  }
  throw new Error("no way to connect was tried");
}

const isPassing = (error: unknown): boolean =>
  ["53300", "ECONNRESET", "ETIMEDOUT"].includes((error as { code?: string }).code ?? "") ||
  /timeout|terminated unexpectedly/i.test((error as Error).message);

/** Milliseconds: a server that starts, or recovers from a crash, takes no connections and says so (57P03). */
const patience = 20_000;
const pause = 200;

const isComing = (error: unknown): boolean => (error as { code?: string }).code === "57P03";

/** A passing fault is tried once more; a server that is coming up is waited for. */
async function openPatiently(endpoint: Endpoint, options: ConnectOptions): Promise<pg.Client> {
  const until = Date.now() + patience;
  for (let isAgain = false; ; isAgain = true) {
    try {
      return await open(endpoint, options);
    } catch (error) {
      if (isComing(error) ? Date.now() > until : isAgain || !isPassing(error)) throw error;
      if (isComing(error))
        await sleep(
          pause,
          undefined,
          options.signal === undefined ? {} : { signal: options.signal },
        );
    }
  }
}

/**
 * Opens one pinned session with an empty search_path, so that all names in answers are qualified.
 * A passing fault (reset, time-out) is tried once more; a server that starts up is waited for.
 * @throws the driver's error; its message holds no secret
 */
export async function connect(endpoint: Endpoint, options: ConnectOptions): Promise<Database> {
  options.signal?.throwIfAborted();
  const client = await openPatiently(endpoint, options);
  try {
    await client.query(`${buildSessionPins(options)}\nset search_path = '';`);
    const answer = await client.query<{ version: number; pid: number }>(
      "select pg_catalog.current_setting('server_version_num')::int as version, pg_catalog.pg_backend_pid() as pid",
    );
    const { version, pid } = answer.rows[0] as { version: number; pid: number };
    const cancel = (): void => void cancelQuery(endpoint, options, pid, client);
    options.signal?.addEventListener("abort", cancel, { once: true });
    return new Database(endpoint, version, client, () =>
      options.signal?.removeEventListener("abort", cancel),
    );
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** Ending the socket alone would leave a long query running on the server. */
async function cancelQuery(
  endpoint: Endpoint,
  options: ConnectOptions,
  pid: number,
  client: pg.Client,
): Promise<void> {
  try {
    const { signal: _, ...rest } = options;
    const other = await open(endpoint, rest);
    await other.query("select pg_catalog.pg_cancel_backend($1)", [pid]);
    await other.end();
  } catch {
    // the server is gone: nothing to cancel
  }
  await client.end().catch(() => undefined);
}

/**
 * As `connect`, for steps: an error becomes a Failure that names the endpoint and what to look at.
 * @throws Failure (exit 1)
 */
export async function connectOrFail(
  endpoint: Endpoint,
  options: ConnectOptions,
): Promise<Database> {
  try {
    return await connect(endpoint, options);
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw failed(
      `cannot connect to ${describeEndpoint(endpoint)}: ${(error as Error).message}`,
      [],
      { cause: error },
    );
  }
}

/** Who holds what a session waited for in vain. */
async function explainWaiting(database: Database, thrown: LockWaitError): Promise<Failure> {
  await database.query("rollback").catch(() => undefined);
  const holders = await describeHolders(database).catch(() => []);
  const problem = {
    what: `a table could not be had within ${lockWait / 1_000} s: another session holds it`,
    where: describeEndpoint(database.endpoint),
    details: holders.length === 0 ? ["it has let go of it meanwhile"] : holders,
    todo: "End that session's transaction (stop the application that uses the database), then call again.",
  };
  return failed("another session holds a table that is needed", [problem], { cause: thrown });
}

/**
 * Opens a session, hands it to `work`, closes it whatever happens.
 * @throws Failure (exit 1) when it cannot connect, loses the connection, or waits in vain for a table
 */
export async function withDatabase<T>(
  endpoint: Endpoint,
  options: ConnectOptions,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await connectOrFail(endpoint, options);
  try {
    return await work(database);
  } catch (error) {
    const isOurs = error instanceof LockWaitError && error.endpoint === endpoint;
    throw isOurs ? await explainWaiting(database, error) : error;
  } finally {
    await database.close();
  }
}
