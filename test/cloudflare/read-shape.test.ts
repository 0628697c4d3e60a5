import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { loadSchema } from "../../scripts/cloudflare/load-schema.ts";
import { affinityOf, readCollations, readShapes } from "../../scripts/cloudflare/read-shape.ts";
import { Scratch } from "../../scripts/cloudflare/scratch.ts";
import { listChecks } from "../../scripts/cloudflare/shape-checks.ts";
import { buildTwin, listGenerated } from "../../scripts/cloudflare/shape-twin.ts";
import type { TableShape } from "../../scripts/cloudflare/table-shape.ts";

const shapesOf = (...statements: readonly string[]): TableShape[] => {
  const scratch = Scratch.open(":memory:");
  for (const sql of statements) scratch.exec(sql);
  const shapes = readShapes(scratch);
  scratch.close();
  return shapes;
};
const shapeOf = (sql: string): TableShape => {
  const [shape] = shapesOf(sql);
  if (shape === undefined) throw new Error("no table");
  return shape;
};

describe("shapes of tables", () => {
  it("tell columns, keys, defaults, NOT NULL and generated columns", () => {
    const shape = shapeOf(
      `CREATE TABLE "a ""b" (y TEXT, x INTEGER NOT NULL DEFAULT (1 + 1), z AS (x + 1), w REAL AS (x) STORED, PRIMARY KEY (x, y)) WITHOUT ROWID`,
    );
    expect(shape).toMatchObject({
      name: 'a "b',
      primaryKey: ["x", "y"],
      withoutRowid: true,
      strict: false,
    });
    expect(
      shape.columns.map(({ name, affinity, notNull, defaultSql, generated }) => [
        name,
        affinity,
        notNull,
        defaultSql,
        generated,
      ]),
    ).toEqual([
      ["y", "text", true, undefined, false],
      ["x", "integer", true, "1 + 1", false],
      ["z", "blob", false, undefined, true],
      ["w", "real", false, undefined, true],
    ]);
  });

  it("fill in what foreign keys leave out, and spell names as the parent does", () => {
    const shapes = shapesOf(
      "CREATE TABLE child (a REFERENCES Parent, b, c, FOREIGN KEY (b, c) REFERENCES PARENT (X, y), FOREIGN KEY (b) REFERENCES gone (z))",
      "CREATE TABLE parent (id TEXT PRIMARY KEY, x, Y, UNIQUE (x, y))",
    );
    expect(shapes[0]?.foreignKeys).toEqual([
      { columns: ["a"], table: "parent", references: ["id"] },
      { columns: ["b", "c"], table: "parent", references: ["x", "Y"] },
      { columns: ["b"], table: "gone", references: ["z"] },
    ]);
  });

  it("list UNIQUE constraints and unique indexes, but not partial ones, expressions and primary keys", () => {
    const [shape] = shapesOf(
      "CREATE TABLE t (id TEXT PRIMARY KEY, a UNIQUE, b, c, UNIQUE (b, c))",
      "CREATE UNIQUE INDEX i1 ON t (c)",
      "CREATE UNIQUE INDEX i2 ON t (b) WHERE b > 1",
      "CREATE UNIQUE INDEX i3 ON t (lower(b))",
    );
    expect(shape?.uniques.map((columns) => columns.join())).toEqual(["a", "b,c", "c"]);
  });

  it("leave out virtual tables and what SQLite and D1 keep for themselves", () => {
    const names = shapesOf(
      "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)",
      "CREATE VIRTUAL TABLE words USING fts5 (x)",
      'CREATE TABLE "_cf_KV" (k)',
    ).map(({ name }) => name);
    expect(names).toEqual(["t"]);
  });

  it("know the affinity of a type as SQLite does", () => {
    const types = [
      "INT",
      "TINYINT",
      "VARCHAR(9)",
      "CLOB",
      "BLOB",
      "",
      "DOUBLE",
      "FLOATING POINT",
      "DECIMAL(1,2)",
      "DATE",
      "CHARINT",
    ];
    expect(types.map((type) => affinityOf(type))).toEqual([
      "integer",
      "integer",
      "text",
      "text",
      "blob",
      "blob",
      "real",
      "integer",
      "numeric",
      "numeric",
      "integer",
    ]);
    expect([affinityOf("ANY"), affinityOf("ANY", true)]).toEqual(["numeric", "blob"]);
  });

  it("find CHECK expressions among quotes, comments and parentheses", () => {
    expect(
      listChecks(`CREATE TABLE "check (" (a CHECK (a <> ')' /* ) */ AND (a > 1)), "check" TEXT, CONSTRAINT c check(b IN ('x', "y")) -- CHECK (no)
)`),
    ).toEqual(["a <> ')' /* ) */ AND (a > 1)", `b IN ('x', "y")`]);
    expect(
      listGenerated(
        "CREATE TABLE t (a, b INT GENERATED ALWAYS AS (a || ')' || (1)) STORED, c AS (2), d DEFAULT (3))",
      ),
    ).toEqual(
      new Map([
        ["b", "a || ')' || (1)"],
        ["c", "2"],
      ]),
    );
  });

  it("know collations, which no PRAGMA tells of a column", () => {
    const scratch = Scratch.open(":memory:");
    scratch.exec("CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT, c COLLATE rtrim)");
    const [shape] = readShapes(scratch);
    expect(
      [...readCollations(scratch, shape as TableShape).values()].map((name) => name.toUpperCase()),
    ).toEqual(["NOCASE", "BINARY", "RTRIM"]);
  });
});

describe("a twin", () => {
  it("stores the same and refuses nothing", () => {
    const scratch = Scratch.open(":memory:");
    const shape = shapeOf(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL UNIQUE CHECK (a > 'm'), n ANY, g TEXT AS (a || '!')) STRICT",
    );
    scratch.exec(buildTwin(shape, "twin"));
    for (let time = 0; time < 2; time += 1)
      scratch.run("INSERT INTO twin (id, a, n) VALUES ('x', NULL, '1')");
    scratch.run("INSERT INTO twin (id, a, n) VALUES ('7', 8, '1')");
    expect([...scratch.rows("SELECT * FROM twin")]).toEqual([
      ["x", null, "1", null],
      ["x", null, "1", null],
      [7n, "8", "1", "8!"],
    ]);
  });
});

describe("a schema file", () => {
  it("may write texts in double quotes, as D1 takes them", async () => {
    const sql = `CREATE TABLE "t" (a TEXT DEFAULT ("it's") CHECK (a IN ("it's", "c", "a")), b TEXT DEFAULT "x");
CREATE UNIQUE INDEX i ON t ("a") WHERE b = "no";`;
    const { shapes, uniqueIndexes } = await loadSchema(Readable.from([Buffer.from(sql)]));
    expect(shapes[0]?.checks).toEqual([`a IN ('it''s', 'c', "a")`]);
    expect(shapes[0]?.columns.map(({ defaultSql }) => defaultSql)).toEqual(["'it''s'", '"x"']);
    expect(uniqueIndexes[0]?.sql).toContain("WHERE b = 'no'");
  });

  it("is refused with SQLite's words when it is no SQL", async () => {
    await expect(
      loadSchema(Readable.from([Buffer.from("CREATE TABLE t (a CHECK (b > 1));")])),
    ).rejects.toThrow("no such column: b");
  });

  it("is read with its indexes and triggers, and nothing else of it is run", async () => {
    const sql = `-- a schema
PRAGMA defer_foreign_keys=TRUE;
CREATE TABLE a (x TEXT COLLATE NOCASE UNIQUE);
ALTER TABLE a ADD COLUMN y;
CREATE UNIQUE INDEX "i" ON a (lower(y)) WHERE y > 1;
CREATE INDEX j ON a (y);
CREATE TRIGGER IF NOT EXISTS "t 1" AFTER INSERT ON "a" BEGIN DELETE FROM a; END;
CREATE TRIGGER t2 AFTER UPDATE OF x ON a BEGIN INSERT INTO a VALUES (1, 2); END;
CREATE VIEW v AS SELECT nothing;
CREATE VIRTUAL TABLE w USING fts5 (x);
INSERT INTO a VALUES (1, 2);
ATTACH DATABASE '/nowhere/x' AS x;`;
    const schema = await loadSchema(Readable.from([Buffer.from(sql)]));
    expect(schema.shapes.map(({ name, columns }) => [name, columns.length])).toEqual([["a", 2]]);
    expect(schema.triggers).toEqual([{ name: "t 1", table: "a" }]);
    expect(schema.uniqueIndexes).toMatchObject([
      { sql: undefined, columns: ["x"] },
      { name: "i", columns: [undefined] },
    ]);
  });
});
