import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quoteIdentifier } from "../../scripts/postgres/identifier.ts";
import type { ThrowawayServer } from "../../scripts/postgres/throwaway-server.ts";
import { listNamedRoles, readDump } from "./dump-text.ts";
import {
  callProgram,
  type Clients,
  type Connection,
  queryRows,
  readOutput,
  restorePlain,
} from "./libpq.ts";
import { buildGiveAway } from "./ownership.ts";

/** A database, as its superuser and as its owner see it. */
export interface Restored {
  readonly superuser: Connection;
  readonly owner: Connection;
  /** The owner's URL, for movebook. */
  readonly url: string;
  readonly notes: readonly string[];
}

async function makeDatabase(
  server: ThrowawayServer,
  database: string,
): Promise<Omit<Restored, "notes">> {
  const role = `${database}_owner`;
  const password = await server.createRole(role);
  await server.createDatabase(database, { owner: role });
  const { host, port } = server;
  const at = { host, port, database };
  return {
    superuser: { ...at, user: server.superuser, password: server.superuserPassword },
    owner: { ...at, user: role, password },
    url: server.url(database, role, password),
  };
}

/** Roles are the cluster's, and another database may make the same one at this moment. */
const makeRoles = async (server: ThrowawayServer, roles: readonly string[]): Promise<void> => {
  for (const role of roles) {
    await server.psql(
      "postgres",
      `do $$ begin create role ${quoteIdentifier(role)}; exception when duplicate_object or unique_violation then null; end $$`,
    );
  }
};

/**
 * v1: the dump restored as given by psql, as superuser; then all of it but extensions belongs to a plain role.
 * @throws Error with psql's own words
 */
export async function restoreSource(
  clients: Clients,
  server: ThrowawayServer,
  database: string,
  file: string,
): Promise<Restored> {
  const made = await makeDatabase(server, database);
  await makeRoles(server, await listNamedRoles(file));
  await restorePlain(clients, made.superuser, readDump(file));
  await queryRows(clients, made.superuser, buildGiveAway(made.owner.user));
  await queryRows(clients, made.superuser, "analyze");
  return { ...made, notes: [] };
}

/**
 * v2: v1's schema, restored as its owner, who is no superuser; extensions and their schemas are made by the superuser
 * beforehand, as on a managed service. What no plain role may make (functions in C, …) makes the superuser restore it.
 */
export async function restoreTarget(
  clients: Clients,
  server: ThrowawayServer,
  source: Restored,
): Promise<Restored> {
  const folder = await mkdtemp(join(tmpdir(), "movebook-corpus-"));
  try {
    return await restoreSchema(clients, server, source, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function restoreSchema(
  clients: Clients,
  server: ThrowawayServer,
  source: Restored,
  folder: string,
): Promise<Restored> {
  const file = join(folder, "schema.dump");
  const contents = join(folder, "schema.list");
  const dumping = ["--schema-only", "--no-owner", "--no-privileges", "-Fc", "-w", "-f", file];
  await callProgram(clients.pgDump, dumping, { connection: source.superuser });
  await makeRoles(server, await listPolicyRoles(clients, source.superuser));
  const { database } = source.superuser;
  const made = await makeDatabase(server, database);
  const ready = await makeExtensions(clients, source.superuser, made);
  await writeFile(contents, await listEntries(clients, file, made.superuser, ready));
  const restore = (connection: Connection): Promise<void> =>
    callProgram(
      clients.pgRestore,
      [
        "--exit-on-error",
        "--single-transaction",
        "--no-owner",
        "-w",
        "-L",
        contents,
        "-d",
        database,
        file,
      ],
      {
        connection,
      },
    );
  try {
    await restore(made.owner);
    return { ...made, notes: [] };
  } catch (error) {
    await restore(made.superuser);
    await queryRows(clients, made.superuser, buildGiveAway(made.owner.user));
    const [reason = ""] = String(error).split("\n");
    return { ...made, notes: [`v2's schema was restored by the superuser, because: ${reason}`] };
  }
}

const listPolicyRoles = async (clients: Clients, source: Connection): Promise<string[]> => {
  const sql =
    "select distinct r.rolname from pg_policy p join pg_roles r on r.oid = any (p.polroles)";
  return (await queryRows(clients, source, sql)).map(([name = ""]) => name);
};

/** @returns the schemas that are there already */
async function makeExtensions(
  clients: Clients,
  source: Connection,
  made: Omit<Restored, "notes">,
): Promise<ReadonlySet<string>> {
  const extensions = await queryRows(
    clients,
    source,
    `select e.extname, n.nspname
     from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname <> 'plpgsql' order by e.oid`,
  );
  const ready = new Set<string>();
  for (const [extension = "", schema = ""] of extensions) {
    if (schema !== "public" && schema !== "pg_catalog") {
      const as = quoteIdentifier(made.owner.user);
      await queryRows(
        clients,
        made.superuser,
        `create schema if not exists ${quoteIdentifier(schema)} authorization ${as}`,
      );
      ready.add(schema);
    }
    const where = schema === "pg_catalog" ? "" : ` schema ${quoteIdentifier(schema)}`;
    await queryRows(
      clients,
      made.superuser,
      `create extension if not exists ${quoteIdentifier(extension)}${where} cascade`,
    );
  }
  return ready;
}

/** The dump's table of contents without what the superuser has made, and without what only a superuser may make. */
async function listEntries(
  clients: Clients,
  file: string,
  connection: Connection,
  ready: ReadonlySet<string>,
): Promise<string> {
  const list = await readOutput(clients.pgRestore, ["-l", file], { connection });
  const isLeftOut = (line: string): boolean =>
    /^\d+; \d+ \d+ (?:EXTENSION|COMMENT - EXTENSION|EVENT TRIGGER|COMMENT - EVENT TRIGGER|PUBLICATION|SUBSCRIPTION)\b/.test(
      line,
    ) ||
    [...ready].some((schema) => line.includes(` SCHEMA - ${schema} `) && !line.includes("COMMENT"));
  return list
    .split("\n")
    .filter((line) => !isLeftOut(line))
    .join("\n");
}
