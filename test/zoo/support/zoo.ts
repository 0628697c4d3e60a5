import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentVariable } from "../../../scripts/engine/settings.ts";
import { quoteIdentifier, quoteLiteral } from "../../../scripts/postgres/identifier.ts";
import {
  runSql,
  startThrowawayServer,
  type ThrowawayServer,
} from "../../../scripts/postgres/throwaway-server.ts";
import { type Clients, type Connection, findClients } from "../../corpus/libpq.ts";
import { type Ended, type Running, startCommand } from "../../e2e/support/move.ts";
import { compareMove, type MoveExpectations, type Verdict } from "./compare-move.ts";

/** How one of the two databases is made. */
export interface DatabaseOptions {
  /** Default UTF8. */
  readonly encoding?: string;
  /** Text after `create database … encoding …`: `lc_collate 'C' lc_ctype 'C'`, `locale_provider icu …`. */
  readonly more?: string;
  /** Default template0. */
  readonly template?: string;
  /** Of the owner's role: `bypassrls`, `connection limit 9`. */
  readonly role?: string;
}

/**
 * SQL, or SQL that names the database's owner (quoted); in one transaction, unless it says COMMIT. Many are sent one
 * after the other, each in a session of its own.
 */
export type Sql = string | ((owner: string) => string) | readonly string[];

/** What is in both databases before the move. */
export interface AnimalOptions {
  /** As superuser, before anything else: roles, extensions. */
  readonly v1AsSuperuser?: Sql;
  readonly v2AsSuperuser?: Sql;
  /** As the databases' owners, who are no superusers. */
  readonly v1?: Sql;
  readonly v2?: Sql;
  /** As superuser, when all else is there. */
  readonly v1AtLast?: Sql;
  readonly v2AtLast?: Sql;
  readonly v1Database?: DatabaseOptions;
  readonly v2Database?: DatabaseOptions;
}

/** One of the two databases. */
export interface Side {
  readonly server: ThrowawayServer;
  readonly database: string;
  readonly owner: string;
  readonly url: string;
  readonly superuser: Connection;
  /** SQL as the owner; rows as `psql -At` gives them. */
  readonly sql: (sql: string) => Promise<string>;
  /** SQL as superuser. */
  readonly asSuperuser: (sql: string) => Promise<string>;
}

export interface CallEnvironment {
  readonly [variable: string]: string;
}

/** Two databases of their own and an operator's folder. */
export interface Animal {
  readonly v1: Side;
  readonly v2: Side;
  readonly folder: string;
  /** Any command: `["status", "data-move", "--env", "dev"]`. */
  readonly movebook: (args: readonly string[], env?: CallEnvironment) => Promise<Ended>;
  /** Starts it and gives the process, for tests that interfere. */
  readonly start: (args: readonly string[], env?: CallEnvironment) => Running;
  /** The whole run. */
  readonly moveIt: (args?: readonly string[], env?: CallEnvironment) => Promise<Ended>;
  /** The step preflight alone. */
  readonly preflight: (args?: readonly string[], env?: CallEnvironment) => Promise<Ended>;
  /**
   * Runs `work` (default: the whole run) and compares v1 and v2 with themselves before, and v2's rows with v1's, by
   * Postgres' own programs. A work that ends otherwise than with exit code 0 must leave v2 as it was.
   */
  readonly compare: (
    expectations?: MoveExpectations,
    work?: () => Promise<Ended>,
  ) => Promise<Verdict>;
  readonly remove: () => void;
}

/** Two servers for many animals. */
export interface Zoo {
  readonly v1: ThrowawayServer;
  readonly v2: ThrowawayServer;
  readonly clients: Clients;
  readonly animal: (options: AnimalOptions) => Promise<Animal>;
  readonly stop: () => Promise<void>;
}

/** Settings of the servers, beside ours. */
export interface ZooSettings {
  readonly v1?: Readonly<Record<string, string>>;
  readonly v2?: Readonly<Record<string, string>>;
}

let count = 0;

export async function startZoo(settings: ZooSettings = {}): Promise<Zoo> {
  const [v1, v2] = await Promise.all([
    startThrowawayServer({ settings: { max_prepared_transactions: "4", ...settings.v1 } }),
    startThrowawayServer({
      template: 2,
      settings: { max_prepared_transactions: "4", ...settings.v2 },
    }),
  ]);
  const clients = await findClients(Math.max(v1.major, v2.major));
  const animals: Animal[] = [];
  return {
    v1,
    v2,
    clients,
    animal: async (options) => {
      const animal = await makeAnimal({ v1, v2, clients }, options);
      animals.push(animal);
      return animal;
    },
    stop: async () => {
      for (const animal of animals) animal.remove();
      await Promise.all([v1.stop(), v2.stop()]);
    },
  };
}

async function makeSide(
  server: ThrowawayServer,
  name: string,
  { encoding = "UTF8", more = "", template = "template0", role = "" }: DatabaseOptions,
): Promise<Side> {
  const owner = `${name}_owner`;
  const password = await server.createRole(owner);
  const quoted = quoteIdentifier(owner);
  if (role !== "") await server.psql("postgres", `alter role ${quoted} ${role}`);
  await server.psql(
    "postgres",
    `create database ${quoteIdentifier(name)} owner ${quoted} template ${quoteIdentifier(template)} encoding ${quoteLiteral(encoding)} ${more}`,
  );
  await server.psql(name, `alter schema public owner to ${quoted}`);
  const url = server.url(name, owner, password);
  const { host, port, superuser, superuserPassword } = server;
  return {
    server,
    database: name,
    owner,
    url,
    superuser: { host, port, database: name, user: superuser, password: superuserPassword },
    sql: (sql) => runSql(url, sql),
    asSuperuser: (sql) => server.psql(name, sql),
  };
}

async function send(
  side: Side,
  ask: (sql: string) => Promise<string>,
  sql: Sql = [],
): Promise<void> {
  const text = typeof sql === "function" ? sql(quoteIdentifier(side.owner)) : sql;
  for (const each of [text].flat()) {
    try {
      await ask(each);
    } catch (error) {
      throw new Error(`${String(error)}\nin ${side.database}: ${each}`, { cause: error });
    }
  }
}

async function fill(side: Side, asSuperuser?: Sql, asOwner?: Sql, atLast?: Sql): Promise<void> {
  await send(side, side.asSuperuser, asSuperuser);
  await send(side, side.sql, asOwner);
  await send(side, side.asSuperuser, atLast);
}

type Keepers = Pick<Zoo, "v1" | "v2" | "clients">;

async function makeAnimal(keepers: Keepers, options: AnimalOptions): Promise<Animal> {
  count += 1;
  const name = `zoo_${process.pid}_${count}`;
  const [v1, v2] = await Promise.all([
    makeSide(keepers.v1, `${name}_v1`, options.v1Database ?? {}),
    makeSide(keepers.v2, `${name}_v2`, options.v2Database ?? {}),
  ]);
  const filled = await Promise.allSettled([
    fill(v1, options.v1AsSuperuser, options.v1, options.v1AtLast),
    fill(v2, options.v2AsSuperuser, options.v2, options.v2AtLast),
  ]);
  for (const result of filled) if (result.status === "rejected") throw result.reason;
  return describeAnimal(keepers.clients, v1, v2);
}

function describeAnimal(clients: Clients, v1: Side, v2: Side): Animal {
  const folder = mkdtempSync(join(tmpdir(), "movebook-zoo-"));
  const pgBin = environmentVariable("PG_BIN");
  const settings = {
    V1_DEV_SNAPSHOT_DIRECT_URL: v1.url,
    DATABASE_DIRECT_URL: v2.url,
    DATABASE_URL: v2.url,
    ...(pgBin === undefined ? {} : { PG_BIN: pgBin }),
  };
  const start: Animal["start"] = (args, env = {}) =>
    startCommand(folder, args, { env: { ...settings, ...env } });
  const movebook: Animal["movebook"] = (args, env) => start(args, env).ended;
  const usual = ["--env", "dev", "--any-branch", "--allow-dirty"];
  const moveIt: Animal["moveIt"] = (args = [], env = {}) =>
    movebook(["run", "data-move", ...usual, ...args], env);
  return {
    v1,
    v2,
    folder,
    movebook,
    start,
    moveIt,
    preflight: (args = [], env = {}) =>
      movebook(["step", "data-move", "preflight", ...usual, ...args], env),
    compare: (expectations = {}, work = moveIt) =>
      compareMove(clients, { v1, v2 }, expectations, work),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
