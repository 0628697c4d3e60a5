import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readLogin } from "../../scripts/cloudflare/account.ts";
import type { D1Database } from "../../scripts/cloudflare/d1-database.ts";
import { readFingerprint } from "../../scripts/cloudflare/fingerprint.ts";
import type { WranglerFailure } from "../../scripts/cloudflare/wrangler-errors.ts";
import { Secret } from "../../scripts/engine/secret.ts";
import { FakeCloudflare } from "./fake-cloudflare.ts";
import { catchError, LocalD1, ownWrangler } from "./local-d1.ts";

const d1 = new LocalD1();
const id = "5a7b0c5e-1111-4111-8111-000000000001";
let fake: FakeCloudflare;
let shop: D1Database;

const open = (token = fake.token, databaseId = id): D1Database =>
  d1.open({
    place: "remote",
    name: "shop",
    id: databaseId,
    accountId: fake.accountId,
    apiToken: new Secret(token),
    apiBaseUrl: fake.url,
  });

const write = (name: string, sql: string): string => {
  const file = join(d1.folder, name);
  writeFileSync(file, sql);
  return file;
};

const failing = async (running: Promise<unknown>): Promise<WranglerFailure> =>
  (await catchError(running)) as WranglerFailure;

beforeAll(async () => {
  fake = await FakeCloudflare.start({ databases: [{ name: "shop", id }] });
  shop = open();
  await shop.executeFile(
    write(
      "shop.sql",
      "CREATE TABLE users (id TEXT PRIMARY KEY);\nINSERT INTO users VALUES ('u1');",
    ),
    "Create shop",
  );
});
beforeEach(() => fake.reset());
afterAll(async () => {
  await fake.stop();
  d1.remove();
});

describe("a database at Cloudflare", () => {
  test("answers, is exported, has a bookmark and goes back to it", async () => {
    expect(await shop.query(["SELECT id FROM users", "SELECT 2 AS n"], "Look")).toEqual([
      [{ id: "u1" }],
      [{ n: 2 }],
    ]);
    const dump = join(d1.folder, "dump.sql");
    await shop.exportTo(dump);
    expect(readFileSync(dump, "utf8")).toContain("u1");
    const bookmark = await shop.bookmark();
    await shop.query("INSERT INTO users VALUES ('u2')", "Write");
    await shop.restore(bookmark);
    expect(await shop.query("SELECT count(*) AS n FROM users", "Look")).toEqual([[{ n: 1 }]]);
    expect((await readFingerprint(shop)).bookmark).toBeTypeOf("string");
  });

  test("that refuses, is lost or does not know, is told by kind", async () => {
    const file = write("twice.sql", "INSERT INTO users VALUES ('u1');");
    expect(await failing(shop.executeFile(file, "Fill"))).toMatchObject({
      kind: "constraint",
      message: "Fill: UNIQUE constraint failed: users.id",
    });
    expect(await failing(open("another-token").query("SELECT 1", "Look"))).toMatchObject({
      kind: "not-logged-in",
    });
    expect(
      await failing(
        open(fake.token, "5a7b0c5e-9999-4111-8111-000000000009").query("SELECT 1", "Look"),
      ),
    ).toMatchObject({ kind: "no-such-database" });
  });

  test.each([
    ["cut", "network"],
    [503, "network"],
    [429, "too-many-requests"],
    ["busy", "busy"],
  ] as const)("and a query that ends with %s is %s", async (does, kind) => {
    fake.order({ at: "query", does, times: Infinity });
    expect(await failing(shop.query("SELECT 1", "Look"))).toMatchObject({ kind, isPassing: true });
  });

  test.each([
    ["cancelled", { kind: "cancelled", isPassing: true }],
    ["error", { kind: "import-failed", isPassing: false }],
  ] as const)("and an import whose poll says %s is told by kind", async (does, expected) => {
    const file = write(`poll-${does}.sql`, `INSERT INTO users VALUES ('${does}');`);
    fake.jobs.polls.import = 1;
    fake.order({ at: "import-poll", does });
    expect(await failing(shop.executeFile(file, "Fill"))).toMatchObject(expected);
  });

  test("and another account is not taken for a wrong token", async () => {
    fake.order({ at: "query", does: 403 });
    expect(await failing(shop.query("SELECT 1", "Look"))).toMatchObject({ kind: "wrong-account" });
  });

  test("and an export that breaks off does not tell where its dump can be had", async () => {
    const dump = join(d1.folder, "broken.sql");
    fake.order({ at: "download", does: "half" });
    const failure = await failing(shop.exportTo(dump));
    expect(failure).toMatchObject({ kind: "network" });
    expect(JSON.stringify(failure.problems)).not.toContain("/signed/");
    expect(existsSync(dump)).toBe(false);
  });

  test("and an import that D1 gave up is no success", async () => {
    const file = write("more.sql", "INSERT INTO users VALUES ('u9');");
    fake.jobs.polls.import = 1;
    fake.order({ at: "import-poll", does: "reset" });
    expect(await failing(shop.executeFile(file, "Fill"))).toMatchObject({ kind: "reset" });
    expect(await shop.query("SELECT count(*) AS n FROM users", "Look")).toEqual([[{ n: 1 }]]);
  });
});

test("who is logged in is told by the accounts", async () => {
  const account = {
    accountId: fake.accountId,
    apiToken: new Secret(fake.token),
    apiBaseUrl: fake.url,
  };
  const login = await readLogin(d1.execute, {
    wrangler: ownWrangler(),
    account,
    folder: d1.runFolder,
  });
  expect(login).toMatchObject({ loggedIn: true, accountIds: [fake.accountId] });
});

test("the token is in no argument and in no file of the run", () => {
  expect(JSON.stringify(d1.commands)).not.toContain(fake.token);
  const written = readdirSync(d1.runFolder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => readFileSync(join(d1.runFolder, name), "utf8"));
  expect(written.length).toBeGreaterThan(1);
  expect(written.join()).not.toContain(fake.token);
});

/** Processes whose working folder is the run's. */
const listProcesses = (): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(d1.runFolder);
    } catch {
      return false;
    }
  });

test.runIf(existsSync("/proc/self/cwd"))("a cancelled call leaves no process behind", async () => {
  const local = d1.open("here");
  const slow =
    "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k) SELECT max(i) FROM k";
  const running = catchError(local.executeFile(write("slow.sql", `${slow};`), "Wait"));
  while (listProcesses().length < 3) await sleep(50);
  d1.controller.abort(new Error("cancelled"));
  expect((await running).message).toBe("cancelled");
  for (let waited = 0; listProcesses().length > 0 && waited < 100; waited += 1) await sleep(100);
  expect(listProcesses()).toEqual([]);
});
