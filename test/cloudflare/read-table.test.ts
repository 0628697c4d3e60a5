import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RawText, type Cell } from "../../scripts/cloudflare/cell.ts";
import type { D1Database } from "../../scripts/cloudflare/d1-database.ts";
import { localFileOf } from "../../scripts/cloudflare/local-file.ts";
import { readTable, type ReadOptions } from "../../scripts/cloudflare/read-table.ts";
import type { TableShape } from "../../scripts/cloudflare/table-shape.ts";
import { LocalD1 } from "./local-d1.ts";

const d1 = new LocalD1();
let database: D1Database;

const shape = (
  name: string,
  columns: readonly string[],
  more: Partial<TableShape> = {},
): TableShape => ({
  name,
  columns: columns.map((column) => ({
    name: column,
    type: "",
    affinity: "blob",
    notNull: false,
    defaultSql: undefined,
    generated: column === "made",
  })),
  primaryKey: [],
  withoutRowid: false,
  strict: false,
  foreignKeys: [],
  uniques: [],
  checks: [],
  sql: "",
  ...more,
});

async function read(table: TableShape, options?: ReadOptions): Promise<Cell[][]> {
  const rows: Cell[][] = [];
  for await (const page of readTable(database, table, options)) rows.push(...page);
  return rows;
}

/** Doubles of every size, seeded. SQLite does not read all literals of such to the last bit: they go in by binding. */
function makeDoubles(count: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  let state = 42n;
  return Array.from({ length: count }, () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    view.setBigUint64(0, state);
    const value = view.getFloat64(0);
    return Number.isFinite(value) ? value : 0.1;
  });
}

const doubles = [...makeDoubles(100), 0.1, 1 / 3, 1e21, 123456.789, 5e-324, 1.7976931348623157e308];
const wide = Array.from({ length: 100 }, (_, index) => `c${index}`);

beforeAll(async () => {
  database = await d1.create(
    "v1",
    [
      "CREATE TABLE cells (a, b, c, made AS (1))",
      "INSERT INTO cells VALUES (1, 1.0, '1'), (9223372036854775807, -9223372036854775808, 9007199254740993)",
      "INSERT INTO cells VALUES (9e999, -9e999, 0.1), (NULL, '', X''), (-0.0, 0.0, 0)",
      ...["page", "counted"].map((name) => `CREATE TABLE ${name} AS SELECT '${name}' AS cells`),
      "INSERT INTO cells VALUES (CAST(X'610062' AS TEXT), CAST(X'61FF' AS TEXT), X'00FF'), ('a,b;c:''\"', 'ü✓😀', char(10) || '\\n' || char(13))",
      "CREATE TABLE doubles (id INTEGER PRIMARY KEY, value REAL)",
      `CREATE TABLE wide (${wide.join(", ")})`,
      `INSERT INTO wide VALUES (${wide.map((_, index) => index).join(", ")})`,
      `CREATE TABLE "odd; ""name'" ("rowid" TEXT, "a;b" TEXT)`,
      `INSERT INTO "odd; ""name'" VALUES ('r1', 'x'), ('r2', 'y')`,
      "CREATE TABLE pairs (b TEXT, a TEXT, v, PRIMARY KEY (a, b)) WITHOUT ROWID",
      "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 2500) INSERT INTO pairs SELECT 'b' || i, 'a' || (i % 7), i FROM k",
      "CREATE TABLE many (id INTEGER PRIMARY KEY, text TEXT)",
      "INSERT INTO many VALUES (-9223372036854775808, 'first'), (-5, 'negative'), (9223372036854775807, 'last')",
      "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 3000) INSERT INTO many SELECT i * 10, hex(randomblob(i % 300)) FROM k",
      "CREATE TABLE large (id TEXT, text TEXT, bytes)",
      "INSERT INTO large VALUES ('small', 'x', 1), ('big', hex(randomblob(700000)), randomblob(500000)), ('real', hex(zeroblob(200000)), 1e-99), ('after', CAST(X'610062' AS TEXT) || hex(zeroblob(200000)), 2)",
      "CREATE TABLE empty (a, b)",
    ].join(";\n"),
  );
  const file = new Database(localFileOf(d1.address("v1")));
  const insert = file.prepare("INSERT INTO doubles VALUES (?, ?)");
  for (const [index, value] of doubles.entries()) insert.run(index, value);
  file.close();
});
afterAll(() => d1.remove());

describe("a table is read", () => {
  test("with the storage class and every byte of each cell, without generated columns", async () => {
    expect(await read(shape("cells", ["a", "b", "c", "made"]))).toEqual([
      [1n, 1, "1"],
      [9223372036854775807n, -9223372036854775808n, 9007199254740993n],
      [Infinity, -Infinity, 0.1],
      [null, "", Buffer.alloc(0)],
      [-0, 0, 0n],
      [
        new RawText(Buffer.from("a\0b")),
        new RawText(Buffer.from([0x61, 0xff])),
        Buffer.from([0, 255]),
      ],
      [`a,b;c:'"`, "ü✓😀", "\n\\n\r"],
    ]);
  });

  test("with every double as it is", async () => {
    const rows = await read(shape("doubles", ["id", "value"]));
    const wrong = rows.filter(([id, value]) => value !== doubles[Number(id)]);
    expect(rows).toHaveLength(doubles.length);
    expect(wrong).toEqual([]);
  });

  test("when it has as many columns as D1 allows", async () => {
    expect(await read(shape("wide", wide))).toEqual([wide.map((_, index) => BigInt(index))]);
  });

  test("whatever its name is, and with a column that hides the rowid", async () => {
    expect(await read(shape(`odd; "name'`, ["rowid", "a;b"]))).toEqual([
      ["r1", "x"],
      ["r2", "y"],
    ]);
  });

  test.each(["page", "counted"])("when it has a name of our own question: %s", async (name) => {
    expect(await read(shape(name, ["cells"]))).toEqual([[name]]);
  });

  test("in pages, from the smallest rowid to the largest", async () => {
    const before = d1.questions.length;
    const rows = await read(shape("many", ["id", "text"]), { pageBytes: 600_000 });
    expect(d1.questions.length - before).toBeGreaterThan(1);
    expect(rows).toHaveLength(3_003);
    const ids = rows.map(([id]) => id as bigint);
    expect(ids[0]).toBe(-9223372036854775808n);
    expect(ids.at(-1)).toBe(9223372036854775807n);
    expect(ids).toEqual(ids.toSorted((one, other) => (one < other ? -1 : 1)));
  });

  test("in pages by its primary key, when it has no rowid", async () => {
    const table = shape("pairs", ["b", "a", "v"], { withoutRowid: true, primaryKey: ["a", "b"] });
    const before = d1.questions.length;
    const rows = await read(table, { pageBytes: 40_000 });
    expect(d1.questions.length - before).toBeGreaterThan(1);
    expect(new Set(rows.map(([b]) => b)).size).toBe(2_500);
    const keys = rows.map(([b, a]) => `${a as string} ${b as string}`);
    expect(keys).toEqual(keys.toSorted());
  });

  test("in pieces, when a row is longer than an answer may be", async () => {
    const [small, big, real, after] = await read(shape("large", ["id", "text", "bytes"]));
    expect(small).toEqual(["small", "x", 1n]);
    expect(big?.[1]).toHaveLength(1_400_000);
    expect(big?.[2]).toHaveLength(500_000);
    expect(after?.[1]).toBeInstanceOf(RawText);
    expect(real?.[2]).toBe(1e-99);
    expect(after?.[1]).toHaveProperty("bytes.length", 400_003);
    const dump = join(d1.folder, "large.sql");
    await database.exportTo(dump);
    const text = readFileSync(dump, "latin1");
    expect(text.includes(`'${big?.[1] as string}'`)).toBe(true);
    const bytes = big?.[2];
    expect(Buffer.isBuffer(bytes) && text.includes(bytes.toString("hex"))).toBe(true);
  });

  test("when there is nothing in it", async () => {
    expect(await read(shape("empty", ["a", "b"]))).toEqual([]);
  });
});
