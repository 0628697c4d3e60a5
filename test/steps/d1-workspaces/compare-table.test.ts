import { describe, expect, it } from "vitest";
import { readShapes } from "../../../scripts/cloudflare/read-shape.ts";
import { Scratch } from "../../../scripts/cloudflare/scratch.ts";
import {
  compareTable,
  isSame,
  type TableDifference,
} from "../../../scripts/steps/d1-workspaces/compare-table.ts";
import { makeDatabase } from "./made-database.ts";

const tables = [
  "CREATE TABLE keyed (id TEXT PRIMARY KEY, data, n INTEGER, twice AS (n * 2))",
  "CREATE TABLE pairs (a TEXT, b INTEGER, data TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID",
  "CREATE TABLE keyless (data TEXT)",
  "CREATE TABLE hiding (rowid TEXT, data)",
];
const rows = [
  "INSERT INTO keyed VALUES ('a', 'one' || char(10) || '\\n', 1), ('b', X'00FF', 9007199254740993), ('c', CAST(X'610062' AS TEXT), NULL), ('d', 9e999, 4)",
  "INSERT INTO pairs VALUES ('x', 1, 'p'), ('x', 2, 'q'), ('y', 1, 'r')",
  "INSERT INTO keyless VALUES ('same'), ('same'), ('last')",
  "INSERT INTO hiding VALUES ('z', 1), ('a', -0.0), ('k', 3)",
];

/** What the comparison of a table finds when the database was changed by these statements. */
async function compare(table: string, ...changes: readonly string[]): Promise<TableDifference> {
  const database = makeDatabase("v2", [...tables, ...rows, ...changes]);
  const scratch = Scratch.open(":memory:");
  for (const sql of [...tables, ...rows]) scratch.exec(sql);
  const shape = readShapes(scratch).find(({ name }) => name === table);
  if (shape === undefined) throw new Error(`no table ${table}`);
  const copy = `copy of ${table}`;
  const columns = shape.columns.filter(({ generated }) => !generated).map(({ name }) => name);
  // as v1's copies are: without keys
  scratch.exec(`CREATE TABLE "${copy}" AS SELECT ${columns.join(", ")} FROM ${table}`);
  try {
    return await compareTable({
      database,
      scratch,
      shape,
      expected: copy,
      ...(table === "keyless" ? { orderBy: "rowid" } : {}),
      signal: new AbortController().signal,
    });
  } finally {
    scratch.close();
  }
}

describe("a table read back", () => {
  it.each(["keyed", "pairs", "keyless", "hiding"])("is the same: %s", async (table) => {
    const found = await compare(table);
    expect(found.samples).toEqual([]);
    expect(isSame(found)).toBe(true);
    expect([found.rows, found.equal]).toEqual([found.expected, found.expected]);
  });

  it("is the same when its rows stand in another order", async () => {
    const found = await compare(
      "keyed",
      "DELETE FROM keyed WHERE id = 'a'",
      "INSERT INTO keyed VALUES ('a', 'one' || char(10) || '\\n', 1)",
    );
    expect([found.equal, isSame(found)]).toEqual([4, true]);
  });

  it("differs by the last bit of a double", async () => {
    rows.push("INSERT INTO keyed VALUES ('e', 0.1, 5), ('f', 1e-99, 6)");
    const [same, other] = [
      await compare("keyed"),
      await compare("keyed", "UPDATE keyed SET data = 0.1 + 1.4e-17 WHERE id = 'e'"),
    ];
    rows.pop();
    expect([same.equal, isSame(same)]).toEqual([6, true]);
    expect([other.changed, other.samples]).toEqual([1, ["id = e: data differ"]]);
  });

  it("differs by a double that should be an integer or a text", async () => {
    const double = await compare("keyed", "UPDATE keyed SET data = 1.0 WHERE id = 'b'");
    expect([double.changed, double.equal]).toEqual([1, 3]);
    const text = await compare(
      "keyless",
      "UPDATE keyless SET data = X'6C617374' WHERE data = 'last'",
    );
    expect([text.changed, text.samples]).toEqual([1, ["row 3: data differ"]]);
  });

  it("differs by a value, and by its storage class alone", async () => {
    const value = await compare("keyed", "UPDATE keyed SET data = 'canary' WHERE id = 'a'");
    expect([value.changed, value.missing, value.extra]).toEqual([1, 0, 0]);
    expect([...value.columns]).toEqual([["data", 1]]);
    expect(value.samples).toEqual(["id = a: data differ"]);
    const stored = await compare(
      "keyed",
      "UPDATE keyed SET data = CAST(data AS BLOB) WHERE id = 'c'",
    );
    expect(stored.changed).toBe(1);
  });

  it("differs by one in 2^53 and one byte after NUL", async () => {
    const big = await compare("keyed", "UPDATE keyed SET n = 9007199254740992 WHERE id = 'b'");
    expect([...big.columns]).toEqual([["n", 1]]);
    const nul = await compare(
      "keyed",
      "UPDATE keyed SET data = CAST(X'610063' AS TEXT) WHERE id = 'c'",
    );
    expect([...nul.columns]).toEqual([["data", 1]]);
  });

  it("lacks a row and has another one, each named by its key", async () => {
    const found = await compare(
      "pairs",
      "DELETE FROM pairs WHERE a = 'y'",
      "INSERT INTO pairs VALUES ('z', 3, 's')",
    );
    expect([found.changed, found.missing, found.extra]).toEqual([0, 1, 1]);
    expect(found.samples).toEqual([
      "b = 3, a = z: should not be there",
      "b = 1, a = y: is missing",
    ]);
  });

  it("names the first ten of many rows that are missing", async () => {
    const many = Array.from({ length: 30 }, (_, n) => `('k${n}', ${n}, 'p')`).join(", ");
    rows.push(`INSERT INTO pairs VALUES ${many}`);
    const found = await compare("pairs", "DELETE FROM pairs WHERE a LIKE 'k%'");
    rows.pop();
    expect([found.missing, found.samples.length]).toEqual([30, 10]);
  });

  it("without a key is compared by position", async () => {
    const more = await compare("keyless", "INSERT INTO keyless VALUES ('new')");
    expect([more.extra, more.missing]).toEqual([1, 0]);
    const less = await compare("keyless", "DELETE FROM keyless WHERE data = 'last'");
    expect([less.extra, less.missing]).toEqual([0, 1]);
  });

  it("with NULL in its key is compared by position too", async () => {
    const nulls = "INSERT INTO keyed VALUES (NULL, 1, 1), (NULL, 2, 2)";
    rows.push(nulls);
    const found = await compare("keyed");
    rows.pop();
    expect([found.expected, isSame(found)]).toEqual([6, true]);
  });
});
