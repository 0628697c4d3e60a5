import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readMarker } from "../../scripts/cloudflare/state-folder.ts";
import { catchError, LocalD1, ownWrangler } from "./local-d1.ts";
import type { D1Database } from "../../scripts/cloudflare/d1-database.ts";

const d1 = new LocalD1();
let shop: D1Database;

beforeAll(async () => {
  shop = await d1.create(
    "shop",
    `CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, role TEXT CHECK (role IN ('a', 'b')));
CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id TEXT REFERENCES users(id), text TEXT);
INSERT INTO users VALUES ('u1', 'ann@example.com', 'a'), ('u2', 'bob@example.com', 'b');`,
  );
});
afterAll(() => d1.remove());

describe("a query", () => {
  test("gives one list of rows for each statement, empty ones too", async () => {
    const answers = await shop.query(
      [
        "-- who is there?\nSELECT id FROM users ORDER BY id -- by id",
        "SELECT id FROM users WHERE 1 = 0;",
        "SELECT CASE role WHEN 'a' THEN 'semi;colon' ELSE 'b' END AS r, 'it''s' AS s FROM users WHERE id = 'u1';",
        "SELECT count(*) AS n FROM users",
      ],
      "Look",
    );
    expect(answers).toEqual([
      [{ id: "u1" }, { id: "u2" }],
      [],
      [{ r: "semi;colon", s: "it's" }],
      [{ n: 2 }],
    ]);
  });

  test("gives the right lists for what wrangler would split wrongly", async () => {
    const lower = "select case when 1 then 'one' else 'two' end as word";
    const answers = await shop.query([lower, "SELECT 2 AS n", lower], "Look");
    expect(answers).toEqual([[{ word: "one" }], [{ n: 2 }], [{ word: "one" }]]);
  });

  test("may be longer than an argument of a program", async () => {
    const text = "it's ".repeat(12_000);
    const sql = Array.from(
      { length: 3 },
      (_, n) => `SELECT ${n} AS n, '${text.replaceAll("'", "''")}' AS t`,
    );
    const answers = await shop.query(sql, "Look");
    expect(answers.map((rows) => rows[0]?.["n"])).toEqual([0, 1, 2]);
    expect(answers[2]?.[0]?.["t"]).toBe(text);
  });

  test("on two databases at once: each answers for itself", async () => {
    const other = d1.open("other");
    const [here, there] = await Promise.all([
      shop.query("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'users'", "Look"),
      other.query("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'users'", "Look"),
    ]);
    expect([here, there]).toEqual([[[{ n: 1 }]], [[{ n: 0 }]]]);
  });

  test("with nothing to ask makes no call", async () => {
    const before = d1.commands.length;
    expect(await shop.query([], "Look")).toEqual([]);
    expect(d1.commands.length).toBe(before);
  });
});

describe("a database that is only read", () => {
  test("answers questions and sends nothing that could write", async () => {
    const v1 = d1.open("shop", true);
    expect(await v1.query("SELECT count(*) AS n FROM users", "Look")).toEqual([[{ n: 2 }]]);
    const before = d1.commands.length;
    for (const sql of [
      "DELETE FROM users",
      "WITH x AS (SELECT 1) DELETE FROM users",
      "SELECT 1; DELETE FROM users",
      "PRAGMA foreign_keys = off",
    ])
      expect((await catchError(v1.query(sql, "Look"))).message).toContain("is only read");
    expect((await catchError(v1.executeFile("x.sql", "Fill"))).message).toContain("is only read");
    expect((await catchError(v1.restore("b"))).message).toContain("is only read");
    expect(d1.commands.length).toBe(before);
  });

  test("and is not there is refused, not created", () => {
    const address = d1.address("nowhere");
    expect(() => d1.open(address, true)).toThrow(
      "there is no local database with the id id-of-nowhere",
    );
    expect(readdirSync(join(d1.stateFolder, "v3/d1/miniflare-D1DatabaseObject"))).not.toHaveLength(
      0,
    );
  });
});

describe("an export", () => {
  test("is a whole file of mode 0600", async () => {
    const file = join(d1.folder, "dump.sql");
    await shop.exportTo(file);
    const dump = readFileSync(file, "utf8");
    expect(dump).toMatch(/^PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE users/);
    expect(dump).toContain("bob@example.com");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  test("of the schema holds no rows", async () => {
    const file = join(d1.folder, "schema.sql");
    await shop.exportTo(file, "schema");
    const dump = readFileSync(file, "utf8");
    expect(dump).toContain("CREATE TABLE notes");
    expect(dump).not.toContain("INSERT");
  });

  test("of an empty database is one line", async () => {
    const file = join(d1.folder, "empty.sql");
    await d1.open("empty").exportTo(file);
    expect(readFileSync(file, "utf8").trim()).toBe("PRAGMA defer_foreign_keys=TRUE;");
  });
});

describe("a file", () => {
  test("is executed whole, or taken back whole", async () => {
    const file = join(d1.folder, "rows.sql");
    writeFileSync(
      file,
      "INSERT INTO users VALUES ('u3', 'c', 'a');\nINSERT INTO users VALUES ('u1', 'd', 'a');",
    );
    const error = await catchError(shop.executeFile(file, "Fill"));
    expect(error.message).toBe("Fill: UNIQUE constraint failed: users.id");
    expect(await shop.query("SELECT count(*) AS n FROM users", "Look")).toEqual([[{ n: 2 }]]);
  });
});

describe("Time Travel", () => {
  test("is refused on a local database", async () => {
    expect(await catchError(shop.bookmark())).toMatchObject({
      exitCode: 3,
      message: "Time Travel is remote only",
    });
    expect(await catchError(shop.restore("b"))).toMatchObject({ exitCode: 3 });
  });
});

describe("every call of wrangler", () => {
  test("says --local or --remote, and leaves no log of what it printed", () => {
    const calls = d1.commands.filter(({ args }) => args.includes("d1"));
    expect(calls.length).toBeGreaterThan(3);
    for (const command of calls) {
      expect(command.args.filter((word) => /^--(local|remote)$/.test(word))).toEqual(["--local"]);
    }
    expect(statSync(join(d1.runFolder, "wrangler/debug.log")).isFile()).toBe(false);
    expect(readMarker(d1.stateFolder)).toEqual({ version: ownWrangler().version });
  });
});
