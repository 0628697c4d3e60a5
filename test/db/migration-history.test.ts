import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CheckResult } from "../../scripts/engine/check.ts";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";
import { withDatabase } from "../../scripts/postgres/database.ts";
import {
  buildArtefactTruncation,
  decideHistories,
  findHistories,
  listHistoryTableNames,
  type History,
} from "../../scripts/postgres/migration-history.ts";
import {
  runSql,
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import { buildMigrationSection } from "../../scripts/steps/data-move/preflight/migrations.ts";
import { makePreflightContext } from "./preflight-context.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const prismaTable = `create table _prisma_migrations (
  id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null,
  logs text, rolled_back_at timestamptz, started_at timestamptz not null default clock_timestamp(), applied_steps_count int not null default 0)`;

let server: ThrowawayServer;
let password: string;
let database = "";
let number = 0;
let folder: string;

const run = (sql: string): Promise<string> => runSql(server.url(database, "app", password), sql);
const find = (user = "app"): Promise<History[]> =>
  withDatabase(
    parseConnectionUrl(server.url(database, user, password)),
    { readOnly: true, applicationName: "movebook test" },
    findHistories,
  );
const say = (results: readonly CheckResult[]): string[] =>
  results.map(({ outcome, text }) => `${outcome}: ${text}`);

/** What `status` and preflight say. */
const check = async (
  variables: Record<string, string> = {},
  environment = "dev",
): Promise<readonly CheckResult[]> => {
  const { context } = makePreflightContext({ folder, variables, environment });
  const decision = decideHistories({ namedTool: undefined, inTarget: await find() });
  const section = await buildMigrationSection(context, decision);
  expect(section.heading).toBe("Migrations of v2:");
  return section.results;
};

const script = (name: string, text = "select 1;\n"): void => {
  mkdirSync(join(folder, "prisma/migrations", name), { recursive: true });
  writeFileSync(join(folder, "prisma/migrations", name, "migration.sql"), text);
};
const applied = (name: string, text = "select 1;\n"): Promise<string> =>
  run(
    `insert into _prisma_migrations (id, checksum, finished_at, migration_name) values ('${name}', '${sha256(text)}', now(), '${name}')`,
  );

beforeAll(async () => {
  server = await startThrowawayServer();
  password = await server.createRole("app");
  await server.createRole("reader", { password });
});

beforeEach(async () => {
  number += 1;
  database = `history_${number}`;
  folder = mkdtempSync(join(tmpdir(), "history-"));
  await server.createDatabase(database, { owner: "app" });
  return () => rmSync(folder, { recursive: true });
});

afterAll(() => server.stop());

describe("the histories of a database", () => {
  it("are found in all schemas with their entries, oldest first", async () => {
    await run(prismaTable);
    await applied("2_b");
    await applied("1_a");
    await run(`create schema drizzle; create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
      insert into drizzle.__drizzle_migrations (hash, created_at) values ('h', 1735689600000);
      create schema jobs; create table jobs.knex_migrations (id serial, name text, batch int, migration_time timestamptz);
      create table jobs.knex_migrations_lock (index serial, is_locked int);
      create table schema_migrations (version text, note text)`);
    const found = await find();
    expect(
      found.map(({ tool, tables }) => [
        tool,
        tables.map(({ schema, name }) => `${schema}.${name}`),
      ]),
    ).toEqual([
      ["drizzle", ["drizzle.__drizzle_migrations"]],
      ["knex", ["jobs.knex_migrations", "jobs.knex_migrations_lock"]],
      ["prisma", ["public._prisma_migrations"]],
    ]);
    expect(found[0]?.entries).toEqual([{ name: "1735689600000", state: "applied", checksum: "h" }]);
    expect(found[2]?.entries.map(({ name }) => name)).toEqual(["2_b", "1_a"]);
  });

  it.each([
    [
      "dbmate",
      "create table schema_migrations (version varchar primary key); insert into schema_migrations values ('1')",
      "1",
    ],
    [
      "rails",
      "create table schema_migrations (version varchar primary key); create table ar_internal_metadata (key text, value text, created_at timestamp, updated_at timestamp); insert into schema_migrations values ('1')",
      "1",
    ],
    [
      "alembic",
      "create table alembic_version (version_num varchar(32) primary key); insert into alembic_version values ('ae1')",
      "ae1",
    ],
    [
      "flyway",
      "create table flyway_schema_history (installed_rank int, version text, description text, type text, script text, checksum int, installed_by text, installed_on timestamp, execution_time int, success bool); insert into flyway_schema_history (installed_rank, script, success) values (1, 'V1__a.sql', true)",
      "V1__a.sql",
    ],
    [
      "node-pg-migrate",
      "create table pgmigrations (id serial, name text, run_on timestamp); insert into pgmigrations (name) values ('1_a')",
      "1_a",
    ],
  ])("of %s are read", async (tool, sql, name) => {
    await run(sql);
    expect(await find()).toMatchObject([
      { tool, readable: true, entries: [{ name, state: "applied" }] },
    ]);
  });

  it("may be of a role that we are not: then they are known and not read", async () => {
    await run(`${prismaTable}; grant usage on schema public to reader`);
    expect(await find("reader")).toMatchObject([
      { tool: "prisma", readable: false, otherOwners: ["app"], entries: [] },
    ]);
    await run(
      "grant select on _prisma_migrations to reader; alter table _prisma_migrations enable row level security",
    );
    expect(await find("reader")).toMatchObject([{ readable: false, entries: [] }]);
  });

  it("name the tables that no dump may hold", async () => {
    await run(`${prismaTable}; create table _prisma_migrations_lock (id int)`);
    const names = await withDatabase(
      parseConnectionUrl(server.url(database, "app", password)),
      { readOnly: true, applicationName: "movebook test" },
      listHistoryTableNames,
    );
    expect(names.map(({ name }) => name)).toEqual([
      "_prisma_migrations",
      "_prisma_migrations_lock",
    ]);
  });

  it("are emptied when they are v1's, and only they", async () => {
    await run(
      `${prismaTable}; create table schema_migrations (version text); insert into schema_migrations values ('1')`,
    );
    await applied("1_a");
    const { artefacts } = decideHistories({ namedTool: "dbmate", inTarget: await find() });
    await run(buildArtefactTruncation(artefacts).join("\n"));
    expect(
      await run(
        "select (select count(*) from _prisma_migrations), (select count(*) from schema_migrations)",
      ),
    ).toBe("0|1");
  });
});

describe("the migrations of v2", () => {
  beforeEach(() => run(prismaTable).then(() => undefined));

  it("are all applied", async () => {
    script("1_a");
    await applied("1_a");
    expect(say(await check())).toEqual([
      "passed: Database schema is up to date",
      "passed: All migrations applied (1)",
      "noted: files: prisma/migrations",
      "noted: history: _prisma_migrations (prisma) is the only history in v2: taken for v2's own and kept",
    ]);
  });

  it("that are pending refuse, with the command that the tool or the project has for it", async () => {
    script("1_a");
    script("2_b");
    await applied("1_a");
    const [result] = await check();
    expect(result).toMatchObject({
      outcome: "problem",
      text: "1 migration pending in v2",
      problem: { details: ["2_b"], todo: "Apply it: npx prisma migrate deploy" },
    });
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ scripts: { "db:v2:dev:migrate": "x", "db:v2:prod:deploy": "y" } }),
    );
    expect((await check())[0]?.problem?.todo).toBe("Apply it: npm run db:v2:dev:migrate");
    expect((await check({}, "prod"))[0]?.problem?.todo).toBe("Apply it: npm run db:v2:prod:deploy");
  });

  it("that failed refuse", async () => {
    script("1_a");
    await run(
      `insert into _prisma_migrations (id, checksum, migration_name) values ('1', 'x', '1_a')`,
    );
    expect(say(await check())[0]).toBe("problem: 1 migration of v2 failed and was not finished");
  });

  it("that were edited or are not in the folder are warned of", async () => {
    script("1_a", "select 2;\n");
    await applied("1_a");
    await applied("0_gone");
    expect(say(await check())).toEqual(
      expect.arrayContaining([
        "warned: 1 migration file changed after being applied to v2",
        "warned: 1 migration applied to v2 and not in this folder",
      ]),
    );
  });

  it("cannot be compared without their files: failed ones are seen all the same, a named folder must be there", async () => {
    await applied("1_a");
    expect(say(await check())[0]).toBe(
      "warned: the folder of v2's migrations is not there: pending ones cannot be seen (1 migration applied)",
    );
    expect((await check({ V2_MIGRATIONS_FOLDER: "elsewhere" }))[0]?.outcome).toBe("not-run");
    await run(
      `insert into _prisma_migrations (id, checksum, migration_name) values ('1', 'x', '2_b')`,
    );
    expect(say(await check())[0]).toBe("problem: 1 migration of v2 failed and was not finished");
  });

  it("are looked for in the folder that the settings name", async () => {
    mkdirSync(join(folder, "database/1_a"), { recursive: true });
    writeFileSync(join(folder, "database/1_a/migration.sql"), "select 1;\n");
    await applied("1_a");
    expect(say(await check({ V2_MIGRATIONS_FOLDER: "database" }))[0]).toBe(
      "passed: Database schema is up to date",
    );
  });

  it("of two tools refuse until one is named", async () => {
    await run("create table schema_migrations (version text)");
    expect(say(await check())).toEqual([
      "problem: v2 holds the histories of several migration tools, and nothing says which is v2's own",
    ]);
  });
});
