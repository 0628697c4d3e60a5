import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { listPrograms, pickProgram } from "../../scripts/postgres/programs.ts";
import { makeMove, startPair, type Ended, type Move, type Pair } from "./support/move.ts";

/* Rows of v2 that give way to v1's are saved, and come back as they were. */

let pair: Pair;
let move: Move;
let pgDump: string;

beforeAll(async () => {
  pair = await startPair();
  const { PG_BIN: pgBin, PATH: path } = process.env;
  pgDump = pickProgram(await listPrograms("pg_dump", { pgBin, path }), pair.v2.major)?.path ?? "";
});
afterAll(() => pair.stop());
afterEach(() => move.remove());

const dev = ["--env", "dev"];
const replacing = [...dev, "--replace", "--yes"];
const run = (...more: string[]): Promise<Ended> =>
  move.movebook(["run", "data-move", ...replacing, ...more]);
const resume = (): Promise<Ended> => move.movebook(["resume", "data-move", ...replacing]);
const undo = (...more: string[]): Promise<Ended> =>
  move.movebook(["undo", "data-move", ...dev, "--yes", ...more]);
const rollback = (verb: string, ...more: string[]): Promise<Ended> =>
  move.movebook(["rollback", verb, "data-move", ...more, ...dev]);

/** Everything that is in v2, by pg_dump: schema, rows in their order, states of sequences. */
const picture = (): string =>
  execFileSync(pgDump, ["--dbname", move.v2Url], { encoding: "utf8" }).replaceAll(
    /^\\(?:un)?restrict .*$/gmu,
    "",
  );

/** What v2's own migrations and its first users have left: rows of tables that move, and one that refers to them. */
const seeds = `
  insert into "Tenant" (id, slug, name, "updatedAt") select n, 'seed-' || n, 'Seed ' || n, now() from generate_series(1, 3) n;
  select setval('"Tenant_id_seq"', 3);
  insert into "Party" ("tenantId", type, name, "updatedAt") select 1, 'CONTACT', E'Old\\t\\\\' || n, now() from generate_series(1, 5) n;
  insert into "ActivityLog" ("tenantId", action, "occurredAt", "receivedAt", address)
    select 1, 'seed', timestamp '2024-01-15' + n * interval '20 days', now(), '10.0.0.1' from generate_series(0, 9) n;
  create table "Bookmark" (id serial primary key, "tenantId" int references "Tenant" (id) on delete cascade);
  comment on constraint "Bookmark_tenantId_fkey" on "Bookmark" is 'kept';
  insert into "Bookmark" ("tenantId") values (1), (2)`;

/** A move into a v2 that holds rows. */
async function makeSeeded(more = ""): Promise<void> {
  move = await makeMove(pair);
  await move.inV2(`${seeds}; ${more}`);
}

const pointFile = (name = "rollback.dump"): string => join(move.runs().at(-1) ?? "", name);

/** A point that was taken years ago: a copy of the newest one. @returns its folder */
function makeOldPoint(): string {
  const run = "20200101T000000.000Z-aaaa";
  const folder = join(move.folder, "tmp/data-move-dev", run);
  mkdirSync(folder);
  copyFileSync(pointFile(), join(folder, "rollback.dump"));
  const manifest = JSON.parse(readFileSync(pointFile("rollback.manifest.json"), "utf8")) as object;
  const old = { ...manifest, run, takenAt: "2020-01-01T00:00:00.000Z" };
  writeFileSync(join(folder, "rollback.manifest.json"), JSON.stringify(old));
  return folder;
}

/** Waits until a question has an answer in v2. */
async function waitFor(question: string): Promise<void> {
  for (let tries = 0; tries < 2_400; tries += 1) {
    if ((await move.inV2(question)) !== "") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing was seen of: ${question}`);
}

/** Waits until a session of v2 loads Party. */
const waitForCopy = (): Promise<void> =>
  waitFor(
    `select pid from pg_stat_progress_copy where relid = '"Party"'::regclass and command = 'COPY FROM'`,
  );

/** Waits until no session of ours is left in v2. */
const waitForQuiet = (): Promise<void> =>
  waitFor(
    `select 1 where not exists (select from pg_stat_activity where datname = current_database() and application_name like 'movebook%')`,
  );

describe("a v2 that holds rows", () => {
  test("is refused without --replace, table by table; nothing gives way unasked", async () => {
    await makeSeeded();
    const before = picture();
    const refused = await move.movebook(["run", "data-move", ...dev]);
    expect(refused.code).toBe(3);
    expect(refused.output).toContain("Party: 5 rows");
    expect(refused.output).toContain("run data-move --env dev --replace");
    const unasked = await move.movebook(["run", "data-move", ...dev, "--replace"]);
    expect(unasked.code).toBe(3);
    expect(unasked.output).toContain(
      "3 tables of v2 hold 18 rows, which give way to v1's (--replace)",
    );
    expect(unasked.output).toContain("--replace --yes");
    expect(picture()).toBe(before);
  });

  test("is replaced and undone, byte for byte; what was written since is never lost in silence", async () => {
    await makeSeeded();
    const before = picture();
    const moved = await run();
    expect(moved.output).toContain("RESULT: PASS");
    expect(moved.output).toContain("Rollback point taken and read back: 3 tables, 18 rows");
    expect(moved.code).toBe(0);
    expect(statSync(pointFile()).mode & 0o777).toBe(0o600);
    expect(await move.inV2(`select count(*) from "Tenant" where slug like 'seed-%'`)).toBe("0");
    // an update leaves the number of rows as it is
    await move.inV2(`update "Party" set name = name || ' (new)' where id in (select min(id) from "Party");
      insert into "Tenant" (id, slug, name, "updatedAt") values (4711, 'new', 'New', now())`);
    const written = picture();
    const refused = await undo("--until", "import");
    expect(refused.code).toBe(3);
    expect(refused.output).toContain("1 row of Party was changed after the import");
    expect(refused.output).toMatch(/Tenant holds 4 rows, the import wrote 3/u);
    expect(await move.inV2(`select count(*) from "Tenant" where id = 4711`)).toBe("1");
    expect(written).toContain("(new)");
    const undone = await undo("--replace");
    expect(undone.output).toContain("that is lost (--replace)");
    expect(undone.output).toContain("v2 is as it was");
    expect(undone.code).toBe(0);
    expect(picture()).toBe(before);
  });

  test("is not replaced when a table that does not move needs its rows: all is as before", async () => {
    await makeSeeded(`insert into "Tenant" (id, slug, name, "updatedAt") values (99, 'only-here', 'X', now());
      insert into "Bookmark" ("tenantId") values (99), (99)`);
    const before = picture();
    const ended = await run();
    expect(ended.code).toBe(1);
    expect(ended.output).toContain("Bookmark_tenantId_fkey");
    expect(picture()).toBe(before);
  });
});

describe("rows that are written between the rollback point and the import", () => {
  test("are not lost: the import refuses, and goes on with a new point", async () => {
    await makeSeeded();
    expect((await run("--until", "rollback-point")).code).toBe(0);
    await move.inV2(
      `insert into "Party" ("tenantId", type, name, "updatedAt") values (1, 'CONTACT', 'Late', now())`,
    );
    const counted = await resume();
    expect(counted.code).toBe(3);
    expect(counted.output).toContain("Party: 6 rows now, 5 in the rollback point");
    expect(counted.output).toContain("--from rollback-point --replace");
    expect((await run("--from", "rollback-point", "--until", "rollback-point")).code).toBe(0);
    await move.inV2(`update "Party" set name = 'Later' where name = 'Late'`);
    const before = picture();
    const summed = await resume();
    expect(summed.code).toBe(3);
    expect(summed.output).toContain("Party does not hold the rows that the rollback point holds");
    expect(picture()).toBe(before);
    const ended = await run("--from", "rollback-point");
    expect(ended.output).toContain("RESULT: PASS");
    expect(ended.code).toBe(0);
    expect((await undo()).code).toBe(0);
    expect(picture()).toBe(before);
  });
});

/** Rows of Party wait at a gate of v2's own: a check that takes a lock which the test holds. */
async function closeGate(): Promise<{ readonly open: () => Promise<void> }> {
  const keeper = new pg.Client({ connectionString: move.v2Url });
  await keeper.connect();
  await keeper.query("select pg_advisory_lock(4711)");
  return { open: () => keeper.end() };
}

async function killInTheLoad(args: readonly string[]): Promise<void> {
  const gate = await closeGate();
  const running = move.start(args);
  await waitForCopy();
  running.child.kill("SIGKILL");
  await running.ended;
  await gate.open();
  await waitForQuiet();
}

/** The rows are back and committed; the refresh of a materialized view waits for a reader. */
async function killBehindTheRows(args: readonly string[]): Promise<void> {
  const reader = new pg.Client({ connectionString: move.v2Url });
  await reader.connect();
  await reader.query(`begin; select count(*) from "TenantSummary"`);
  const running = move.start(args);
  await waitFor(
    `select 1 from pg_locks where relation = '"TenantSummary"'::regclass and not granted`,
  );
  running.child.kill("SIGKILL");
  await running.ended;
  await reader.end();
  await waitForQuiet();
}

describe("kill -9", () => {
  test("in the import that replaces, and in the undo: before, or all of it", async () => {
    await makeSeeded(
      `create function gate() returns bool language plpgsql as 'begin perform pg_advisory_xact_lock_shared(4711); return true; end';
       alter table "Party" add constraint gate check (gate())`,
    );
    const before = picture();
    await killInTheLoad(["run", "data-move", ...replacing]);
    expect(picture()).toBe(before);
    const ended = await resume();
    expect(ended.output).toContain("RESULT: PASS");
    expect(ended.code).toBe(0);
    await killInTheLoad(["undo", "data-move", ...dev, "--yes"]);
    expect(await move.inV2(`select count(*) from "Tenant" where slug like 'seed-%'`)).toBe("0");
    await killBehindTheRows(["undo", "data-move", ...dev, "--yes"]);
    expect(await move.inV2(`select count(*) from "Tenant" where slug like 'seed-%'`)).toBe("3");
    const undone = await undo();
    expect(undone.output).toContain("the rows are as before the import already");
    expect(undone.output).toContain("v2 is as it was");
    expect(undone.code).toBe(0);
    expect(picture()).toBe(before);
  });
});

describe("v1's migration history in v2", () => {
  test("is saved, dropped by postimport, and made again by undo as it was", async () => {
    move = await makeMove(pair);
    await move.inV2(
      `create table knex_migrations (id serial primary key, name varchar(255), batch int, migration_time timestamptz);
       comment on column knex_migrations.batch is 'which call';
       create index on knex_migrations (name);
       grant select on knex_migrations to public;
       insert into knex_migrations (name, batch, migration_time) select 'm' || n, 1, now() from generate_series(1, 3) n;
       create table knex_migrations_lock (index serial primary key, is_locked int);
       insert into knex_migrations_lock (is_locked) values (0)`,
    );
    const before = picture();
    const env = { V2_MIGRATION_TOOL: "prisma" };
    const moved = await move.movebook(["run", "data-move", ...dev], { env });
    expect(moved.output).toContain("v1's migration history goes from v2 and is saved too");
    expect(moved.output).toContain("Migration history: dropped");
    expect(moved.code).toBe(0);
    expect(await move.inV2(`select to_regclass('knex_migrations') is null`)).toBe("t");
    const undone = await move.movebook(["undo", "data-move", ...dev, "--yes"], { env });
    expect(undone.output).toContain("v2 is as it was");
    expect(undone.code).toBe(0);
    expect(picture()).toBe(before);
  });
});

describe("movebook rollback", () => {
  test("lists, restores long after, says what would be lost, and cleans", async () => {
    await makeSeeded();
    const before = picture();
    expect((await rollback("restore", "--yes")).code).toBe(3);
    expect((await run()).code).toBe(0);
    await move.inV2(
      `insert into "Party" ("tenantId", type, name, "updatedAt") values (1, 'CONTACT', 'Weeks later', now())`,
    );
    const listed = await rollback("list");
    expect(listed.output).toMatch(/3 tables, 18 rows of shop_v2_owner@127\.0\.0\.1/u);
    const refused = await rollback("restore", "--yes");
    expect(refused.code).toBe(3);
    expect(refused.output).toContain("Party holds 25 rows, the import wrote 24");
    expect(refused.output).toContain("--replace");
    const restored = await rollback("restore", "--yes", "--replace");
    expect(restored.output).toContain("those of the rollback point: compared");
    expect(restored.code).toBe(0);
    expect(picture()).toBe(before);
    const old = makeOldPoint();
    const cleaned = await rollback("clean");
    expect(cleaned.output).toContain("1 rollback point removed");
    expect(existsSync(join(old, "rollback.dump"))).toBe(false);
    expect(existsSync(pointFile())).toBe(true);
  });

  test("tells a point that is cut, changed or gone, and changes nothing", async () => {
    await makeSeeded();
    expect((await run()).code).toBe(0);
    const after = picture();
    const file = pointFile();
    const whole = readFileSync(file);
    truncateSync(file, whole.length - 10);
    expect((await rollback("list")).output).toMatch(/DAMAGED: rollback\.dump has \d+ bytes/u);
    const cut = await undo();
    expect(cut.code).toBe(3);
    expect(cut.output).toContain("the rollback point is damaged");
    const changed = Buffer.from(whole);
    changed[changed.length - 5] = (changed[changed.length - 5] ?? 0) ^ 1;
    writeFileSync(file, changed);
    const bent = await rollback("restore", "--yes");
    expect(bent.code).toBe(3);
    expect(bent.output).toContain("rollback.dump was changed (its sha256 differs)");
    rmSync(file);
    rmSync(pointFile("rollback.manifest.json"));
    const gone = await undo();
    expect(gone.code).toBe(3);
    expect(gone.output).toContain("the rollback point of this run is not on this machine");
    expect(picture()).toBe(after);
  });
});
