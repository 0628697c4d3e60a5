import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseConnectionUrl } from "../postgres/connection-url.ts";
import { buildPassFile, buildServiceFile } from "../postgres/service-file.ts";
import {
  runSql,
  startThrowawayServer,
  type ThrowawayServer,
  type ThrowawayServerOptions,
} from "../postgres/throwaway-server.ts";
import { type DemoDatabases, makeDemoDatabases } from "./databases.ts";
import { makeDemoProject } from "./project.ts";
import { makeProjectFolder } from "./project-folder.ts";

export interface DemoServers {
  readonly v1: ThrowawayServer;
  readonly v2: ThrowawayServer;
}

/** Two servers with different system identifiers, started at the same time. */
export async function startDemoServers(
  source: NonNullable<ThrowawayServerOptions["source"]>,
): Promise<DemoServers> {
  const [v1, v2] = await Promise.all([
    startThrowawayServer({ source }),
    startThrowawayServer({ source, template: 2 }),
  ]);
  return { v1, v2 };
}

/** The databases, and an operator's project beside them. */
export interface Stage {
  readonly databases: DemoDatabases;
  /** The operator's project, absolute. */
  readonly project: string;
}

/** Fills v1 while v2's migrations are applied; then the project with its env files. */
export async function setStage({ v1, v2 }: DemoServers, scale: number): Promise<Stage> {
  const project = await makeProjectFolder("shop");
  const databases = await makeDemoDatabases(v1, v2, { scale });
  await makeDemoProject(project, databases);
  return { databases, project };
}

/**
 * Writes service and password file for `psql service=v1` and `service=v2` into the project's tmp/, which git ignores.
 * @returns the service file
 */
export async function writeServices({ project, databases }: Stage): Promise<string> {
  const folder = join(project, "tmp");
  const passfile = join(folder, "pgpass");
  const service = join(folder, "pg_service.conf");
  const endpoints = {
    v1: parseConnectionUrl(databases.v1Url),
    v2: parseConnectionUrl(databases.v2Url),
  };
  const services = Object.entries(endpoints).map(([name, endpoint]) =>
    buildServiceFile(name, endpoint, { passfile }),
  );
  const passwords = Object.values(endpoints).map(buildPassFile);
  await writeFile(service, services.join("\n"), { mode: 0o600 });
  await writeFile(passfile, passwords.join(""), { mode: 0o600 });
  return service;
}

const listTables = `select pg_catalog.format('%I.%I', n.nspname, c.relname)
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname in ('public', 'audit') and c.relname <> '_prisma_migrations' order by 1`;

/** Rows of each table (partitions on their own), migration history left out. */
export async function countRows(url: string): Promise<ReadonlyMap<string, number>> {
  const names = (await runSql(url, listTables)).split("\n");
  const counts = await runSql(
    url,
    names.map((name) => `select count(*) from only ${name}`).join(";"),
  );
  return new Map(counts.split("\n").map((count, index) => [names[index] ?? "", Number(count)]));
}

export const sumOf = (rows: ReadonlyMap<string, number>): number =>
  [...rows.values()].reduce((sum, count) => sum + count, 0);
