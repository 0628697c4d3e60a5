import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeDemoV1 } from "../../scripts/demo/databases.ts";
import { countRows, sumOf } from "../../scripts/demo/stage.ts";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";
import { buildPassFile, buildServiceFile } from "../../scripts/postgres/service-file.ts";
import {
  runSql,
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import { callProgram, type Clients, findClients, type Connection } from "../corpus/libpq.ts";

/** v1 with rows, and an empty v2 of the same schema that is copied for every contender. */
export interface Bench {
  readonly clients: Clients;
  readonly v1: ThrowawayServer;
  readonly v2: ThrowawayServer;
  readonly v1Url: string;
  /** Rows and bytes of v1's tables. */
  readonly rows: number;
  readonly bytes: number;
  readonly tables: number;
  /** SQL that takes v2's foreign keys and triggers away, and puts them back: what the seed's way needs. */
  readonly takeAway: string;
  readonly putBack: string;
  readonly makeTarget: (name: string) => Promise<string>;
  readonly dropTarget: (name: string) => Promise<void>;
  readonly folder: string;
  readonly stop: () => Promise<void>;
}

const owner = "bench_owner";
const empty = "bench_empty";

const keys = `from pg_constraint k where k.contype = 'f' and k.conparentid = 0 order by k.conrelid::regclass::text, k.conname`;
const triggered = `from (select distinct g.tgrelid from pg_trigger g where not g.tgisinternal) t`;

const takeAwaySql = `select format('alter table %s drop constraint %I;', k.conrelid::regclass, k.conname) ${keys};
  select format('alter table %s disable trigger user;', t.tgrelid::regclass) ${triggered}`;
const putBackSql = `select format('alter table %s add constraint %I %s;', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid)) ${keys};
  select format('alter table %s enable trigger user;', t.tgrelid::regclass) ${triggered}`;

/** Starts two servers, fills v1 and makes the empty v2. */
export async function setBench(scale: number): Promise<Bench> {
  const [v1, v2] = await Promise.all([
    startThrowawayServer(),
    startThrowawayServer({ template: 2 }),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all([v1.stop(), v2.stop()]);
  };
  try {
    return { ...(await fill(v1, v2, scale)), v1, v2, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function fill(
  v1: ThrowawayServer,
  v2: ThrowawayServer,
  scale: number,
): Promise<Omit<Bench, "v1" | "v2" | "stop">> {
  const clients = await findClients(Math.max(v1.major, v2.major));
  const made = await makeDemoV1(v1, { database: "bench", owner: "bench_v1", scale });
  const password = await v2.createRole(owner);
  const hasCitext = await v1.psql(
    "bench",
    "select count(*) from pg_extension where extname = 'citext'",
  );
  await v2.createDatabase(empty, { owner, extensions: hasCitext === "1" ? ["citext"] : [] });
  const tmp = fileURLToPath(new URL("../../tmp/bench/", import.meta.url));
  await mkdir(tmp, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(tmp, "run-"));
  await copySchema(clients, v1, v2, folder);
  const emptyUrl = v2.url(empty, owner, password);
  const rows = await countRows(made.url);
  const bytes = await runSql(
    made.url,
    "select sum(pg_table_size(oid)) from pg_class where relkind = 'r' and relnamespace in ('public'::regnamespace, 'audit'::regnamespace)",
  );
  return {
    clients,
    v1Url: made.url,
    rows: sumOf(rows),
    bytes: Number(bytes),
    tables: rows.size,
    takeAway: await runSql(emptyUrl, takeAwaySql),
    putBack: await runSql(emptyUrl, putBackSql),
    makeTarget: async (name) => {
      await v2.createDatabase(name, { owner, copyOf: empty });
      return v2.url(name, owner, password);
    },
    dropTarget: async (name) => {
      await v2.psql("postgres", `drop database ${name} with (force)`);
    },
    folder,
  };
}

const connectionOf = (server: ThrowawayServer, database: string): Connection => ({
  host: server.host,
  port: server.port,
  database,
  user: server.superuser,
  password: server.superuserPassword,
});

/** Extensions are there already; everything else becomes the owner's, who is no superuser. */
async function copySchema(
  clients: Clients,
  v1: ThrowawayServer,
  v2: ThrowawayServer,
  folder: string,
): Promise<void> {
  const file = join(folder, "schema.dump");
  const dumping = ["--schema-only", "--no-owner", "--no-privileges", "-Fc", "-w", "-f", file];
  await callProgram(clients.pgDump, dumping, { connection: connectionOf(v1, "bench") });
  const list = join(folder, "schema.list");
  const chunks: Buffer[] = [];
  await callProgram(clients.pgRestore, ["-l", file], {
    connection: connectionOf(v2, empty),
    onOutput: (chunk) => chunks.push(chunk),
  });
  const lines = Buffer.concat(chunks).toString("utf8").split("\n");
  await writeFile(list, lines.filter((line) => !/ EXTENSION /.test(line)).join("\n"));
  const restoring = [
    "--exit-on-error",
    "--no-owner",
    `--role=${owner}`,
    "-w",
    "-L",
    list,
    "-d",
    empty,
    file,
  ];
  await callProgram(clients.pgRestore, restoring, { connection: connectionOf(v2, empty) });
  await rm(file);
}

/** Service and password file of v1 and one target: the rivals' command lines then need neither host nor password. */
export async function writeServices(bench: Bench, targetUrl: string): Promise<string> {
  const passfile = join(bench.folder, "pgpass");
  const service = join(bench.folder, "pg_service.conf");
  const endpoints = [parseConnectionUrl(bench.v1Url), parseConnectionUrl(targetUrl)] as const;
  const texts = endpoints.map((endpoint, index) =>
    buildServiceFile(index === 0 ? "v1" : "v2", endpoint, { passfile }),
  );
  await writeFile(service, texts.join("\n"), { mode: 0o600 });
  await writeFile(passfile, endpoints.map(buildPassFile).join(""), { mode: 0o600 });
  return service;
}
