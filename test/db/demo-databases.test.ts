import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type DemoDatabases,
  demoMigrations,
  makeDemoDatabases,
  makeDemoV1,
} from "../../scripts/demo/databases.ts";
import { applyMigrations, listMigrations } from "../../scripts/demo/migrations.ts";
import { makeDemoProject } from "../../scripts/demo/project.ts";
import { parseEnvFile } from "../../scripts/engine/settings.ts";
import {
  runSql,
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";

const run = promisify(execFile);

let v1: ThrowawayServer;
let v2: ThrowawayServer;
let demo: DemoDatabases;

beforeAll(async () => {
  [v1, v2] = await Promise.all([startThrowawayServer(), startThrowawayServer({ template: 2 })]);
  demo = await makeDemoDatabases(v1, v2, { scale: 0.02 });
});

afterAll(() => Promise.all([v1, v2].map((server) => server?.stop())));

/** Tables that hold rows, in all schemas of the demo, with the number of their rows. */
async function countRows(url: string): Promise<Map<string, number>> {
  const tables = `select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'audit') and c.relkind = 'r' order by 1`;
  const names = (await runSql(url, tables)).split("\n");
  const counts = await runSql(
    url,
    names.map((name) => `select count(*) from only ${name}`).join(";"),
  );
  return new Map(
    counts
      .split("\n")
      .map((count, index) => [(names[index] ?? "").replaceAll('"', ""), Number(count)]),
  );
}

describe("the demo's databases", () => {
  it.each(["v1Url", "v2Url"] as const)("belong to a role without privileges (%s)", async (url) => {
    const role =
      "select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls from pg_roles where rolname = current_user";
    expect(await runSql(demo[url], role)).toBe("f");
    const strangers = `select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'audit') and c.relowner <> current_user::regrole`;
    expect(await runSql(demo[url], strangers)).toBe("0");
  });

  it("hold rows in every table of v1, in every partition and in no table of v2", async () => {
    const source = await countRows(demo.v1Url);
    expect([...source].filter(([, rows]) => rows === 0)).toEqual([]);
    expect([...source.keys()]).toEqual(
      expect.arrayContaining([
        "Tenant",
        "Party",
        "Animal",
        "WaitlistEntry",
        "ActivityLog_2024_02",
        "audit.Entry",
      ]),
    );
    const target = await countRows(demo.v2Url);
    target.delete("_prisma_migrations");
    expect([...target].filter(([, rows]) => rows !== 0)).toEqual([]);
    expect(
      [...source.keys()].filter((name) => name !== "_prisma_migrations" && !target.has(name)),
    ).toEqual([]);
  });

  it("hold the texts that break careless copies", async () => {
    const traps = [
      String.raw`\.`,
      String.raw`\N`,
      "",
      "tab\there%",
      "Grüße%",
      `%"Party"%`,
      String.raw`C:\\neu%`,
    ];
    const counts = traps.map(
      (text) => `select count(*) > 0 from "Party" where notes like $t$${text}$t$ escape '!'`,
    );
    const escaped = counts.map((sql) => sql.replaceAll("\\\\", "\\"));
    expect(new Set((await runSql(demo.v1Url, escaped.join(";"))).split("\n"))).toEqual(
      new Set(["t"]),
    );
  });

  it("are made the same at every run", async () => {
    const again = await makeDemoV1(v1, { database: "again", owner: "again_owner", scale: 0.02 });
    const digest = `select md5(string_agg(t::text, '' order by id)) from "Animal" t;
      select md5(string_agg(t::text, '' order by id)) from audit."Entry" t;
      select md5(string_agg(t::text, '' order by id)) from "ActivityLog" t`;
    expect(await runSql(again.url, digest)).toBe(await runSql(demo.v1Url, digest));
  });

  it("have a stand-in for citext where a server lacks it, and can be copied", async () => {
    const names = {
      v1Database: "plain_v1",
      v1Owner: "plain_1",
      v2Database: "plain_v2",
      v2Owner: "plain_2",
    };
    const plain = await makeDemoDatabases(v1, v1, { scale: 0.02, names, citext: false });
    const kind = "select typtype from pg_type where typname = 'citext'";
    expect(await runSql(plain.v1Url, kind)).toBe("d");
    expect(await runSql(plain.v2Url, kind)).toBe("d");
    expect(await runSql(demo.v2Url, kind)).toBe("b");
    expect(await countRows(plain.v1Url)).toEqual(await countRows(demo.v1Url));
    await v1.createDatabase("copy", { owner: names.v1Owner, copyOf: names.v1Database });
    expect(await countRows(plain.v1Url.replace(/plain_v1$/u, "copy"))).toEqual(
      await countRows(demo.v1Url),
    );
  });

  it("have sequences in v1 that are ahead of their rows", async () => {
    const ahead = `select last_value - (select max("id") from "Offspring") from "Offspring_id_seq";
      select last_value - (select max("number") from "Invoice") from invoice_number_seq;
      select last_value > (select max("id") from "PlanParty") from "PlanParty_id_seq"`;
    const [tail, drawn, identity] = (await runSql(demo.v1Url, ahead)).split("\n");
    expect(Number(tail)).toBeGreaterThan(0);
    expect(drawn).toBe("25");
    expect(identity).toBe("t");
  });

  it("keep in v2 the modes of the triggers that a move must put back", async () => {
    const modes = `select tgrelid::regclass || '.' || tgname, tgenabled from pg_trigger
      where not tgisinternal and tgenabled <> 'O' order by 1`;
    expect((await runSql(demo.v2Url, modes)).replaceAll('"', "").split("\n")).toEqual([
      "ActivityLog_2024_03.ActivityLog_received|D",
      "Contact.Contact_touch|R",
      "Expense.Expense_touch|D",
      "Invoice.Invoice_audit|A",
    ]);
  });

  it("have kinds of foreign keys of which each is lost by some tool", async () => {
    const kinds = `select count(*) filter (where condeferrable), count(*) filter (where confmatchtype = 'f'),
      count(*) filter (where not convalidated), count(*) filter (where cardinality(conkey) > 1),
      count(*) filter (where obj_description(oid, 'pg_constraint') is not null)
      from pg_constraint where contype = 'f' and conparentid = 0`;
    expect(await runSql(demo.v1Url, kinds)).toBe("3|1|1|3|1");
    expect(await runSql(demo.v2Url, kinds)).toBe("3|1|1|3|1");
    const waitlist = `select count(*) from pg_constraint where contype = 'f' and conrelid = '"WaitlistEntry"'::regclass`;
    expect(await runSql(demo.v2Url, waitlist)).toBe("9");
  });
});

describe("v2's migration history", () => {
  it("has a finished row for each migration, with the checksum of its file", async () => {
    const names = await listMigrations(demoMigrations);
    expect(names).toHaveLength(3);
    const history = `select migration_name, checksum, applied_steps_count, finished_at >= started_at, rolled_back_at, logs
      from _prisma_migrations order by started_at`;
    const checksums = await Promise.all(
      names.map(async (name) =>
        createHash("sha256")
          .update(await readFile(join(demoMigrations, name, "migration.sql")))
          .digest("hex"),
      ),
    );
    expect((await runSql(demo.v2Url, history)).split("\n")).toEqual(
      names.map((name, index) => `${name}|${checksums[index]}|1|t||`),
    );
  });

  it("keeps a migration that failed as not finished, with its log", async () => {
    const folder = await mkdtemp(join(tmpdir(), "movebook-migrations-"));
    try {
      await v2.createDatabase("broken", { owner: demo.v2Owner });
      await cp(join(demoMigrations, "20250602143000_wider_types"), join(folder, "1_wider"), {
        recursive: true,
      });
      await expect(applyMigrations(v2.url("broken"), folder)).rejects.toMatchObject({
        code: "42704",
      });
      const failed =
        "select migration_name, finished_at is null, applied_steps_count, logs from _prisma_migrations";
      expect(await runSql(v2.url("broken"), failed)).toMatch(/^1_wider\|t\|0\|.*does not exist/u);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("an operator's project", () => {
  let folder: string;

  beforeAll(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "movebook-project-")), "shop");
    await makeDemoProject(folder, demo);
  });

  afterAll(() => rm(join(folder, ".."), { recursive: true, force: true }));

  const git = async (...args: string[]): Promise<string> =>
    (await run("git", ["-C", folder, ...args])).stdout.trimEnd();

  it("is a clean repository on branch dev, also with secrets and tmp/ in it", async () => {
    await writeFile(join(folder, ".env.v2.prod"), "");
    expect(await git("branch", "--show-current")).toBe("dev");
    expect(await git("status", "--porcelain")).toBe("");
    expect(await git("ls-files")).not.toMatch(/\.env/u);
    expect(await git("ls-files", "prisma")).toContain("20250113090000_baseline/migration.sql");
  });

  it("has env files that only their owner reads, with URLs that work", async () => {
    const files = [".env.v1.dev.snapshot", ".env.v2.dev"].map((name) => join(folder, name));
    for (const file of files) expect((await stat(file)).mode & 0o777).toBe(0o600);
    const [source, target] = await Promise.all(
      files.map(async (file) => parseEnvFile(await readFile(file, "utf8"))),
    );
    const database = "select current_database()";
    expect(await runSql(source?.["V1_DEV_SNAPSHOT_DIRECT_URL"] ?? "", database)).toBe("shop_v1");
    expect(await runSql(target?.["DATABASE_DIRECT_URL"] ?? "", database)).toBe("shop_v2");
  });
});
