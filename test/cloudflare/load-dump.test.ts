import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RawText } from "../../scripts/cloudflare/cell.ts";
import { loadDump } from "../../scripts/cloudflare/load-dump.ts";
import { Scratch } from "../../scripts/cloudflare/scratch.ts";

const folder = mkdtempSync(join(tmpdir(), "movebook-load-"));

async function load(sql: string, prefix = "v1.") {
  const file = join(folder, "dump.sql");
  writeFileSync(file, sql);
  const scratch = Scratch.open(":memory:");
  const tables = await loadDump(file, scratch, { prefix });
  return { scratch, tables };
}

describe("loading a dump", () => {
  it("reads both dialects: with column lists and without, generated columns left out", async () => {
    const { scratch, tables } = await load(`PRAGMA defer_foreign_keys=TRUE;
CREATE TABLE t (a TEXT PRIMARY KEY, g TEXT AS (a || '!') STORED, b INTEGER NOT NULL CHECK (b > 5));
INSERT INTO "t" VALUES('x',1);
INSERT INTO "t" ("b","a") VALUES(2,'y');
INSERT INTO "t" VALUES('x',NULL);
`);
    expect(tables.map(({ source, rows }) => [source, rows])).toEqual([["v1.t", 3]]);
    expect([...scratch.rows('SELECT a, g, b FROM "v1.t" ORDER BY rowid')]).toEqual([
      ["x", "x!", 1n],
      ["y", "y!", 2n],
      ["x", "x!", null],
    ]);
  });

  it("keeps the shape that v1 declares beside rows that nothing refused", async () => {
    const { tables } = await load(`CREATE TABLE t (a TEXT PRIMARY KEY, b INTEGER NOT NULL);
`);
    expect(tables[0]?.shape).toMatchObject({ name: "t", primaryKey: ["a"] });
  });

  it("loads many rows, raw text among them, in their order", async () => {
    const rows = Array.from({ length: 1_000 }, (_, index) =>
      index % 7 === 0
        ? `CAST(X'${(index % 256).toString(16).padStart(2, "0")}00' AS TEXT)`
        : `'v${index}'`,
    );
    const { scratch } = await load(
      `CREATE TABLE t (n INTEGER, x TEXT);\n${rows.map((row, index) => `INSERT INTO "t" VALUES(${index},${row});`).join("\n")}\n`,
    );
    const read = [...scratch.rows('SELECT n, x FROM "v1.t" ORDER BY rowid')];
    expect(read.map(([n]) => n)).toEqual(rows.map((_, index) => BigInt(index)));
    expect(read[14]?.[1]).toEqual(new RawText(Buffer.from([14, 0])));
    expect(read[15]?.[1]).toBe("v15");
  });

  it("makes no indexes, triggers, views and virtual tables, and remembers AUTOINCREMENT", async () => {
    const { scratch, tables } = await load(`CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT);
INSERT INTO "log" VALUES(3);
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" VALUES('log',12);
CREATE UNIQUE INDEX i ON log (id);
CREATE TRIGGER t AFTER INSERT ON log BEGIN DELETE FROM log; END;
CREATE VIEW v AS SELECT * FROM nothing;
`);
    expect(tables.map(({ shape, sequence }) => [shape.name, sequence])).toEqual([["log", 12n]]);
    expect([...scratch.rows("SELECT name FROM sqlite_schema")]).toEqual([["v1.log"]]);
  });

  it("names the line of a table that cannot be made", async () => {
    await expect(load("CREATE TABLE ok (a);\nCREATE TABLE t (a, a);\n")).rejects.toMatchObject({
      message: "the table t of the dump cannot be made",
      problems: [{ where: "line 2 of the dump" }],
    });
  });
});
