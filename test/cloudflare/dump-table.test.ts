import Libsql from "libsql";
import { describe, expect, it } from "vitest";
import { readCreateTable } from "../../scripts/cloudflare/dump-table.ts";

const tables = [
  "CREATE TABLE a (b)",
  "CREATE TABLE a (b INTEGER PRIMARY KEY AUTOINCREMENT, c TEXT NOT NULL DEFAULT 'x,y)', d)",
  `CREATE TABLE IF NOT EXISTS "a ""b" ("c,d" TEXT, 'e' INT, [f g] REAL, \`h\` BLOB, PRIMARY KEY ("c,d" DESC, e))`,
  "CREATE TABLE a (b VARCHAR(255), c DECIMAL(10, 2), d UNSIGNED BIG INT, e DOUBLE PRECISION, f CHARACTER(-20))",
  "CREATE TABLE a (b TEXT COLLATE NOCASE CHECK (b IN ('x', ')')), c AS (b || ',') STORED, d INT GENERATED ALWAYS AS (1 + (2)) VIRTUAL)",
  "CREATE TABLE a (b TEXT CONSTRAINT named NOT NULL ON CONFLICT FAIL, c DEFAULT (max(1, 2)), d DEFAULT -1, CONSTRAINT key PRIMARY KEY (c), UNIQUE (b, d), CHECK (b <> 'PRIMARY KEY (b)'))",
  `CREATE TABLE a ( -- a comment, with ) and '
  b /* TEXT */ INT, -- another
  "order" TEXT PRIMARY KEY -- last
  /* end ) */ ) STRICT, WITHOUT ROWID`,
  "CREATE TABLE a (b INT PRIMARY KEY, c ANY) WITHOUT ROWID, STRICT",
  'CREATE TABLE a (b REFERENCES p (x, y), c INT REFERENCES "q r" ON DELETE CASCADE, FOREIGN KEY (b, c) REFERENCES s DEFERRABLE)',
  "CREATE TABLE a(b INT, c\u00e9\u{1f600} TEXT)",
  'CREATE TEMP TABLE a("primary" TEXT, "check" INT PRIMARY KEY, "constraint")',
  'CREATE TABLE a(key TEXT, action INT, "generated always" as (key))',
];

/** SQLite's own answer: name, type, place in the primary key, generated. */
function ask(sql: string): { columns: unknown[]; parents: string[] } {
  const database = new Libsql(":memory:");
  database.exec(sql.replace(/REFERENCES p \(x, y\)/, "REFERENCES p (x)"));
  const name = database
    .prepare("SELECT name FROM sqlite_schema UNION ALL SELECT name FROM sqlite_temp_schema")
    .raw()
    .get() as string[];
  const quoted = `"${name[0]!.replaceAll('"', '""')}"`;
  const columns = database.prepare(`PRAGMA table_xinfo(${quoted})`).all() as Record<
    string,
    unknown
  >[];
  const parents = database.prepare(`PRAGMA foreign_key_list(${quoted})`).all() as {
    table: string;
  }[];
  return {
    columns: columns.map(({ name: column, pk, hidden }) => [column, pk, Number(hidden) > 1]),
    parents: parents.map(({ table }) => table).toSorted(),
  };
}

describe("CREATE TABLE in a dump", () => {
  it.each(tables)("is read as SQLite reads it: %s", (sql) => {
    const table = readCreateTable(Buffer.from(sql));
    const key = (name: string): number => (table?.primaryKey.indexOf(name) ?? -1) + 1;
    const expected = ask(sql);
    expect(table?.columns.map(({ name, isGenerated }) => [name, key(name), isGenerated])).toEqual(
      expected.columns,
    );
    expect(table?.parents.toSorted()).toEqual([...new Set(expected.parents)]);
  });

  it("has columns of SQLite's affinities; ANY converts nothing in a STRICT table", () => {
    const affinities = (sql: string): string[] | undefined =>
      readCreateTable(Buffer.from(sql))?.columns.map(({ affinity }) => affinity);
    expect(
      affinities(
        "CREATE TABLE a (b INT, c VARCHAR(9), d, e BLOB, f FLOAT, g BOOLEAN, h CHARINT, i ANY)",
      ),
    ).toEqual(["integer", "text", "blob", "blob", "real", "numeric", "integer", "numeric"]);
    expect(affinities("CREATE TABLE a (b ANY) STRICT")).toEqual(["blob"]);
  });

  it("of a virtual table has no columns that we know", () => {
    const table = readCreateTable(Buffer.from("CREATE VIRTUAL TABLE a USING fts5(b)"));
    expect(table).toMatchObject({ name: "a", isVirtual: true, columns: [] });
  });

  it.each(["CREATE VIEW a AS SELECT 1", "CREATE TABLE a (b", "CREATE TABLE a", "DROP TABLE a"])(
    "is not what stands in: %s",
    (sql) => {
      expect(readCreateTable(Buffer.from(sql))).toBeUndefined();
    },
  );
});
