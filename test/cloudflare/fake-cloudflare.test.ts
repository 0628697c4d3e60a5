import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FakeCloudflare } from "./fake-cloudflare.ts";
import type { Fault } from "./fake-faults.ts";
import { openForReading, readCells } from "./local-file.ts";
import {
  type LocalProject,
  makeLocalProject,
  type NamedD1,
  type WranglerAnswer,
} from "./real-wrangler.ts";

const v1 = { name: "dataos-v1", id: "0f0e0d0c-0000-4000-8000-00000000000a" };
const v2 = { name: "dataos-v2", id: "0f0e0d0c-0000-4000-8000-00000000000b" };

let fake: FakeCloudflare;
let project: LocalProject;
beforeAll(async () => {
  fake = await FakeCloudflare.start({ databases: [v1, v2] });
  project = await makeLocalProject([v1, v2]);
  fake
    .database(v1.name)
    .apply([
      "CREATE TABLE t (id INTEGER PRIMARY KEY, x)",
      "INSERT INTO t VALUES (1, 9007199254740993), (2, 3.0), (3, X'00FF'), (4, 'real\nand literal \\n'), (5, CAST(X'FF' AS TEXT)), (6, 9e999), (7, 'it''s')",
    ]);
  fake.database(v2.name).apply(["CREATE TABLE z (x)"]);
});
beforeEach(async () => {
  fake.reset();
  fake.database(v2.name).apply(["DELETE FROM z"]);
  await rm(join(project.folder, "dump.sql"), { force: true });
});
afterAll(async () => {
  await project.remove();
  await fake.stop();
});

const wrangler = async (
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<WranglerAnswer> =>
  await project.run(args, { environment: { ...fake.environment, ...environment } });

const query = async (name: string, sql: string): Promise<WranglerAnswer> =>
  await wrangler(["d1", "execute", name, "--remote", "--json", "--command", sql]);

const exportV1 = async (): Promise<WranglerAnswer> =>
  await wrangler(["d1", "export", v1.name, "--remote", "--output", "dump.sql"]);

/** Without wrangler, which takes a second. */
async function ask({ id }: NamedD1, path: string, body: unknown): Promise<unknown> {
  const url = `${fake.url}/accounts/${fake.accountId}/d1/database/${id}/${path}`;
  const headers = { authorization: `Bearer ${fake.token}` };
  return await (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

let imports = 0;
/** Another text at each call: what was uploaded once is not asked for again. */
async function importFile(sql?: string): Promise<WranglerAnswer> {
  imports += 1;
  const text = sql ?? `INSERT INTO z VALUES ('${imports};');\nINSERT INTO z VALUES ('b');\n`;
  await writeFile(join(project.folder, "import.sql"), text);
  return await wrangler(["d1", "execute", v2.name, "--remote", "--json", "--file", "import.sql"]);
}

function countZ(): number {
  const database = openForReading(fake.database(v2.name).file);
  const rows = readCells(database, "z").length;
  database.close();
  return rows;
}

describe("the fake of Cloudflare's API, asked by the real wrangler", () => {
  it("tells who is logged in, and which databases there are", async () => {
    expect((await wrangler(["whoami"])).stdout).toContain("operator@example.test");
    const list = await wrangler(["d1", "list", "--json"]);
    expect(JSON.parse(list.stdout)).toMatchObject([
      { name: v1.name },
      { name: v2.name, uuid: v2.id },
    ]);
    const info = await wrangler(["d1", "info", v1.name, "--json"]);
    expect(JSON.parse(info.stdout)).toMatchObject({ uuid: v1.id, num_tables: 1 });
  });

  it("answers several statements with values as D1's JSON has them", async () => {
    const { stdout } = await query(
      v1.name,
      "SELECT x FROM t ORDER BY id; SELECT count(*) AS n FROM t",
    );
    const [first, second] = JSON.parse(stdout);
    expect(first.results.map(({ x }: { x: unknown }) => x)).toEqual([
      9007199254740992,
      3,
      [0, 255],
      "real\nand literal \\n",
      "\u{fffd}",
      null,
      "it's",
    ]);
    expect(second.results).toEqual([{ n: 7 }]);
    expect(fake.writesTo(v1.name)).toEqual([]);
  });

  it("dumps with the losses of D1's own dumper, after polls and by a download", async () => {
    fake.jobs.polls.export = 3;
    expect((await exportV1()).code).toBe(0);
    expect(await readFile(join(project.folder, "dump.sql"), "utf8")).toBe(
      [
        "PRAGMA defer_foreign_keys=TRUE;",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x);",
        `INSERT INTO "t" VALUES(1,9007199254740992);`,
        `INSERT INTO "t" VALUES(2,3);`,
        `INSERT INTO "t" VALUES(3,X'00ff');`,
        `INSERT INTO "t" VALUES(4,replace('real\\nand literal \\n','\\n',char(10)));`,
        `INSERT INTO "t" VALUES(5,'\u{fffd}');`,
        `INSERT INTO "t" VALUES(6,Infinity);`,
        `INSERT INTO "t" VALUES(7,'it''s');`,
      ].join("\n"),
    );
    expect(fake.requests.filter(({ route }) => route === "export-poll")).toHaveLength(3);
    expect(fake.writesTo(v1.name)).toEqual([]);
  });

  it("imports a file in one transaction, and goes back to a bookmark", async () => {
    const info = await wrangler(["d1", "time-travel", "info", v2.name, "--json"]);
    const { bookmark } = JSON.parse(info.stdout);
    fake.jobs.polls.import = 2;
    expect((await importFile()).code).toBe(0);
    expect(countZ()).toBe(2);
    expect(fake.writesTo(v2.name).map(({ route }) => route)).toEqual(["import-poll"]);
    const args = ["d1", "time-travel", "restore", v2.name, "--bookmark", bookmark, "--json"];
    expect((await wrangler(args)).code).toBe(0);
    expect(countZ()).toBe(0);
  });

  it("takes back a file of which one statement is refused", async () => {
    const answer = await importFile("INSERT INTO z VALUES (1);\nINSERT INTO nowhere VALUES (1);");
    expect(answer).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("no such table: nowhere"),
    });
    expect(countZ()).toBe(0);
  });

  it.each([
    ["a long statement", `SELECT '${"x".repeat(100_000)}'`, "statement too long: SQLITE_TOOBIG"],
    ["a function", "SELECT sqlite_version()", "not authorized to use function"],
    ["a PRAGMA", "PRAGMA journal_mode", "not authorized: SQLITE_AUTH"],
    ["a transaction", "BEGIN; SELECT 1; COMMIT", "To execute a transaction"],
    ["a mistake", "SELECT nope FROM z", "no such column: nope"],
  ])("refuses %s", async (_, sql, words) => {
    const errors = [{ code: 7500, message: expect.stringContaining(words) }];
    expect(await ask(v2, "query", { sql })).toMatchObject({ success: false, errors });
  });

  it("lets in nobody with another token or account, and shows no token in its log", async () => {
    const args = ["d1", "execute", v2.name, "--remote", "--json", "--command", "SELECT 1"];
    const wrong = await wrangler(args, { CLOUDFLARE_API_TOKEN: "another-token" });
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining("[code: 10000]") });
    const other = await wrangler(args, { CLOUDFLARE_ACCOUNT_ID: "f".repeat(32) });
    expect(other).toMatchObject({ code: 1, stdout: expect.stringContaining("[code: 7403]") });
    expect(JSON.stringify(fake.requests)).not.toContain("token-of");
  });

  it("refuses to export a virtual table", async () => {
    fake.database(v1.name).apply(["CREATE VIRTUAL TABLE words USING fts5(a)"]);
    const { code, stderr } = await exportV1();
    fake.database(v1.name).apply(["DROP TABLE words"]);
    expect(code).toBe(1);
    expect(stderr).toContain("cannot export databases with Virtual Tables (fts5)");
  });

  it("blocks other requests while an export is under way", async () => {
    fake.jobs.polls.export = 1;
    await ask(v1, "export", { output_format: "polling" });
    const busy = { errors: [{ message: "Currently processing a long-running export." }] };
    expect(await ask(v1, "query", { sql: "SELECT 1" })).toMatchObject(busy);
    fake.jobs.patience = -1;
    expect(await ask(v1, "query", { sql: "SELECT 1" })).toMatchObject({ success: true });
  });
});

type Row = readonly [name: string, fault: Fault, words: string, rows: number];
const importFaults: readonly Row[] = [
  ["HTTP 500 at the start", { at: "import-init", does: 500 }, "internal error [code: 7500]", 0],
  ["a busy database", { at: "import-init", does: "busy" }, "long-running import", 0],
  ["an upload that is cut", { at: "upload", does: "cut" }, "fetch failed", 0],
  ["an upload that is refused", { at: "upload", does: 503 }, "could not be uploaded", 0],
  ["a wrong checksum", { at: "upload", does: "wrong-etag" }, "did not upload successfully", 0],
  ["too many requests", { at: "import-ingest", does: 429 }, "throttling", 0],
  ["a cut before the import", { at: "import-ingest", does: "cut" }, "fetch failed", 0],
  ["a cut after it", { at: "import-ingest", does: "cut", applies: "all" }, "fetch failed", 2],
  ["half an import", { at: "import-ingest", does: "reset", applies: "half" }, "D1_RESET_DO", 1],
  ["a cut while polling", { at: "import-poll", does: "cut", after: 1 }, "fetch failed", 0],
  [
    "a cut poll of a done import",
    { at: "import-poll", does: "cut", applies: "all" },
    "fetch failed",
    2,
  ],
  ["an idle D1", { at: "import-poll", does: "idle" }, "Not currently importing anything.", 0],
  [
    "an idle D1 that is done",
    { at: "import-poll", does: "idle", applies: "all" },
    "Not currently",
    2,
  ],
  ["a poll in vain", { at: "import-poll", does: "cancelled" }, "Cancelled due to no poll()", 0],
  ["a poll with the status error", { at: "import-poll", does: "error" }, "Processed 0 queries.", 0],
  ["success: false", { at: "import-poll", does: "refuse" }, "internal error", 0],
];

describe("an import that goes wrong on the way", () => {
  it.each(importFaults)(
    "meets %s: exit 1, and only what was ordered is there",
    async (_, fault, words, rows) => {
      fake.jobs.polls.import = 3;
      fake.order(fault);
      const { code, stdout } = await importFile();
      expect(code).toBe(1);
      expect(stdout).toContain(words);
      expect(countZ()).toBe(rows);
    },
  );

  it("goes on by itself after its client is gone, and is there in the end", async () => {
    fake.jobs.polls.import = 3;
    fake.order({ at: "import-poll", does: "cut", applies: "later" });
    await importFile();
    const counts: (string | number)[] = [];
    for (let asked = 0; asked < 4; asked += 1) {
      const { code, stdout } = await query(v2.name, "SELECT count(*) AS n FROM z");
      counts.push(code === 0 ? JSON.parse(stdout)[0].results[0].n : "busy");
    }
    expect(counts).toEqual(["busy", "busy", "busy", 2]);
  });
});

const exportFaults: readonly (readonly [name: string, fault: Fault, words: string])[] = [
  ["HTTP 503", { at: "export-start", does: 503 }, "Upstream service unavailable [code: 7009]"],
  ["a busy database", { at: "export-start", does: "busy" }, "long-running export"],
  ["a cut while polling", { at: "export-poll", does: "cut" }, "fetch failed"],
  ["the status error", { at: "export-poll", does: "error" }, "internal error"],
  ["a refused download", { at: "download", does: 500 }, "status code: 500"],
  ["a download cut in its midst", { at: "download", does: "half" }, "terminated"],
];

describe("an export that goes wrong on the way", () => {
  it.each(exportFaults)("meets %s: exit 1", async (_, fault, words) => {
    fake.order(fault);
    const { code, stderr } = await exportV1();
    expect(code).toBe(1);
    expect(stderr).toContain(words);
  });

  it("may leave half a dump, and wrangler says that all went well", async () => {
    expect((await exportV1()).code).toBe(0);
    const whole = (await stat(join(project.folder, "dump.sql"))).size;
    fake.order({ at: "download", does: "half", applies: "all" });
    expect((await exportV1()).code).toBe(0);
    expect((await stat(join(project.folder, "dump.sql"))).size).toBeLessThan(whole);
  });
});
