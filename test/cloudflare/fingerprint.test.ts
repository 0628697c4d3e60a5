import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { D1Database } from "../../scripts/cloudflare/d1-database.ts";
import {
  compareFingerprints,
  fingerprintFormat,
  listRows,
  readFingerprint,
  type Fingerprint,
} from "../../scripts/cloudflare/fingerprint.ts";
import { listTables } from "../../scripts/cloudflare/list-tables.ts";
import { LocalD1 } from "./local-d1.ts";

const d1 = new LocalD1();
let v1: D1Database;
let before: Fingerprint;

beforeAll(async () => {
  v1 = await d1.create(
    "v1",
    [
      "CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT, seen INTEGER, weight REAL, photo BLOB)",
      "INSERT INTO users VALUES ('u1', 'ann@example.com', 1, 1.5, X'00FF'), ('u2', 'bob@example.com', 9223372036854775807, 9e999, NULL), ('u3', 'cyd@example.com', NULL, 1e-99, 'x')",
      "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT)",
      "INSERT INTO notes (text) VALUES ('one'), ('two'), (NULL)",
      "CREATE TABLE pairs (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID",
      "INSERT INTO pairs VALUES (1, 'x')",
      "CREATE TABLE empty (a, made AS (a + 1))",
      "CREATE VIRTUAL TABLE search USING fts5(text)",
    ].join(";\n"),
  );
  before = await readFingerprint(v1);
});
afterAll(() => d1.remove());

describe("a fingerprint", () => {
  test("counts the rows, takes two questions and holds no value", () => {
    expect(d1.questions).toHaveLength(2);
    expect(listRows(before).filter(([name]) => !name.startsWith("search"))).toEqual([
      ["users", 3],
      ["notes", 3],
      ["pairs", 1],
      ["empty", 0],
    ]);
    expect(JSON.stringify(before)).not.toMatch(/example|9223372036854775807/);
    expect(Object.keys(before.tables["empty"]?.columns ?? {})).toEqual(["a"]);
  });

  test("is the same when nothing was changed, by way of JSON too", async () => {
    const again = JSON.parse(JSON.stringify(await readFingerprint(v1))) as Fingerprint;
    expect(compareFingerprints(before, again)).toEqual([]);
  });

  test("says by which version of the formula it was taken", () => {
    expect(before.format).toBe(fingerprintFormat);
  });

  test("sees other values, values that changed places, rows and tables that came, another schema", async () => {
    await v1.query(
      [
        "UPDATE users SET email = 'bnn@example.com', seen = 2, weight = 1.25 WHERE id = 'u1'",
        "UPDATE users SET photo = '' WHERE id = 'u2'",
        "UPDATE notes SET text = CASE id WHEN 1 THEN 'two' ELSE 'one' END WHERE id < 3",
        "INSERT INTO pairs VALUES (1, 'y')",
        "CREATE TABLE more (a)",
      ],
      "Change",
    );
    const after = await readFingerprint(v1);
    expect(compareFingerprints(before, after).map(({ what }) => what)).toEqual([
      "users holds other values in email, seen, weight, photo",
      "notes holds other values in text",
      "pairs had 1 rows, and has 2",
      "more is new",
      "tables, indexes, triggers or views were changed",
    ]);
    expect(compareFingerprints(after, before).map(({ what }) => what)).toContain("more is gone");
    before = after;
  });

  test("sees small changes of a double, a letter with an accent, a row in place of another", async () => {
    await v1.query(
      [
        "UPDATE users SET weight = 1.2500000000000002 WHERE id = 'u1'",
        "UPDATE pairs SET b = 'ü' WHERE b = 'y'",
        "DELETE FROM notes WHERE id = 3",
        "INSERT INTO notes (text) VALUES (NULL)",
      ],
      "Change",
    );
    const after = await readFingerprint(v1);
    expect(compareFingerprints(before, after).map(({ what }) => what)).toEqual([
      "users holds other values in weight",
      "notes holds other values in id",
      "pairs holds other values in b",
      "a counter of AUTOINCREMENT has moved",
    ]);
  });
});

test("tables are listed with their rows, and virtual ones by what they are", async () => {
  const tables = await listTables(v1);
  expect(tables.find(({ name }) => name === "search")).toMatchObject({
    isVirtual: true,
    rows: undefined,
  });
  expect(tables.find(({ name }) => name === "users")).toMatchObject({ isVirtual: false, rows: 3 });
  expect(tables.find(({ name }) => name === "pairs")).toMatchObject({ withoutRowid: true });
});
