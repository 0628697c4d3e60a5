import { readSql, sqlFolder } from "../engine/sql-file.ts";
import { runSql, type ThrowawayServer } from "../postgres/throwaway-server.ts";
import { applyMigrations } from "./migrations.ts";

/** Folder with v2's migrations, as Prisma keeps them. */
export const demoMigrations: string = sqlFolder("demo/v2/prisma/migrations");

export interface DemoNames {
  readonly v1Database: string;
  readonly v1Owner: string;
  readonly v2Database: string;
  readonly v2Owner: string;
}

const defaultNames: DemoNames = {
  v1Database: "shop_v1",
  v1Owner: "shop_v1_owner",
  v2Database: "shop_v2",
  v2Owner: "shop_v2_owner",
};

export interface DemoOptions {
  /** 1 gives some 600,000 rows, 0.01 some 6,000, 0 the fewest: some 440. */
  readonly scale: number;
  /** Names that are new on their servers. */
  readonly names?: Partial<DemoNames>;
  /** False: a stand-in for citext, as where the server lacks it. Default: the extension where it is available. */
  readonly citext?: boolean;
}

export interface DemoDatabases extends DemoNames {
  /** Direct URLs of the owners, who are no superusers. */
  readonly v1Url: string;
  readonly v2Url: string;
}

/** A demo database and the URL of its owner. */
export interface DemoDatabase {
  readonly database: string;
  readonly owner: string;
  readonly url: string;
}

/**
 * Makes the demo's v1, with rows, and its v2, with the schema applied by migrations and no rows. The servers may be
 * the same. Everything is made by the owners; only the extension is made by the superuser, as on a managed service.
 * @throws the server's error, also when a name is taken
 */
export async function makeDemoDatabases(
  v1: ThrowawayServer,
  v2: ThrowawayServer,
  { scale, names: wanted, citext = true }: DemoOptions,
): Promise<DemoDatabases> {
  const names = { ...defaultNames, ...wanted };
  const [source, target] = await Promise.all([
    makeDemoV1(v1, { database: names.v1Database, owner: names.v1Owner, scale, citext }),
    makeDemoV2(v2, { database: names.v2Database, owner: names.v2Owner, citext }),
  ]);
  return { ...names, v1Url: source.url, v2Url: target.url };
}

/** What one demo database is to be. */
export interface NewDemoDatabase extends Pick<DemoOptions, "citext"> {
  readonly database: string;
  readonly owner: string;
}

/** v1 of the demo: schema, rows, and an old migration history of its own. */
export async function makeDemoV1(
  server: ThrowawayServer,
  wanted: NewDemoDatabase & Pick<DemoOptions, "scale">,
): Promise<DemoDatabase> {
  const made = await makeOwnedDatabase(server, wanted);
  await runSql(made.url, readSql("demo/v1/schema"));
  await runSql(
    made.url,
    `select set_config('demo.scale', '${wanted.scale}', false);\n${readSql("demo/v1/fill")}`,
  );
  await runSql(made.url, "analyze");
  return made;
}

/** v2 of the demo: the schema by its migrations, their history, and no rows. */
export async function makeDemoV2(
  server: ThrowawayServer,
  wanted: NewDemoDatabase,
): Promise<DemoDatabase> {
  const made = await makeOwnedDatabase(server, wanted);
  await applyMigrations(made.url, demoMigrations);
  return made;
}

/** A database, and everything in it but the extension, that belongs to a role without any privilege. */
async function makeOwnedDatabase(
  server: ThrowawayServer,
  { database, owner, citext = true }: NewDemoDatabase,
): Promise<DemoDatabase> {
  const available = "select count(*) from pg_catalog.pg_available_extensions where name = 'citext'";
  const hasCitext = citext && (await server.psql("postgres", available)) === "1";
  const password = await server.createRole(owner);
  await server.createDatabase(database, { owner, extensions: hasCitext ? ["citext"] : [] });
  const url = server.url(database, owner, password);
  // A stand-in under the same name, without its comparison, on servers that lack the contributed modules.
  if (!hasCitext) await runSql(url, "create domain public.citext as text");
  return { database, owner, url };
}
