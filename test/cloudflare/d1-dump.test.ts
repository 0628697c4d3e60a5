import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Failure, type Problem } from "../../scripts/engine/failure.ts";
import { readDump, type DumpItem, type ReadDumpOptions } from "../../scripts/cloudflare/d1-dump.ts";

const folder = mkdtempSync(join(tmpdir(), "movebook-dump-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "dump.sql");

async function read(content: string | Buffer, options: ReadDumpOptions = {}): Promise<DumpItem[]> {
  writeFileSync(file, content);
  const items: DumpItem[] = [];
  for await (const item of readDump(file, options)) items.push(item);
  return items;
}

async function refusal(content: string | Buffer): Promise<Problem> {
  const error = await read(content).then(
    () => new Error("it was read"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Failure);
  const failure = error as Failure;
  expect(failure.exitCode).toBe(3);
  expect(failure.message).toBe("The dump dump.sql cannot be read");
  return failure.problems[0]!;
}

const cellsOf = (items: readonly DumpItem[]): unknown[] =>
  items.flatMap((item) => (item.kind === "rows" ? item.rows.map(({ cells }) => cells) : []));

const table = "PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE t (a INT, g AS (a), b TEXT);\n";

describe("a dump of wrangler 4.86", () => {
  it("has no column lists: values belong to the columns that are not generated", async () => {
    const items = await read(
      `${table}INSERT INTO "t" VALUES(1,'x');\nINSERT INTO "t" VALUES(2,NULL);`,
    );
    expect(items.map(({ kind }) => kind)).toEqual(["pragma", "table", "rows"]);
    expect(items[2]).toEqual({
      kind: "rows",
      table: "t",
      columns: undefined,
      rows: [
        { line: 3, cells: [1n, "x"] },
        { line: 4, cells: [2n, null] },
      ],
    });
  });

  it("names what else it holds", async () => {
    const items = await read(`${table}DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence" VALUES('t',7);
ANALYZE sqlite_schema;
CREATE UNIQUE INDEX i ON t (a);
CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t WHERE a = CASE WHEN 1 THEN 2 END; END;
CREATE VIEW v AS SELECT ';';`);
    expect(items.slice(2).map(({ kind }) => kind)).toEqual([
      "sequence",
      "sequence",
      "pragma",
      "index",
      "trigger",
      "view",
    ]);
  });
});

describe("a dump of wrangler 4.164", () => {
  it("has column lists, in any order", async () => {
    const items = await read(
      `${table}INSERT INTO "t" ("b","a") VALUES('x',1);\nINSERT INTO "t" ("b","a") VALUES('y',2);`,
    );
    expect(items[2]).toMatchObject({
      columns: ["b", "a"],
      rows: [{ cells: ["x", 1n] }, { cells: ["y", 2n] }],
    });
  });
});

describe("other files in the language of dumps", () => {
  it("may be written in any case, with blanks, comments, and several rows in one INSERT", async () => {
    const items = await read(`begin;
create table if not exists main . [T x] (a int, b text); -- c
insert or ignore into main."t X" ( a , "b" ) /* ; */ values (1,'x'), -- one
  (2,'y');
commit;`);
    expect(cellsOf(items)).toEqual([
      [1n, "x"],
      [2n, "y"],
    ]);
    expect(items.filter(({ kind }) => kind === "other")).toHaveLength(2);
  });

  it("may fill tables that they do not create, when that is asked for", async () => {
    const items = await read(`INSERT INTO u (a) VALUES (1);`, { allowUnknownTables: true });
    expect(items).toMatchObject([{ kind: "rows", table: "u", columns: ["a"] }]);
    expect(await refusal("INSERT INTO u (a) VALUES (1);")).toMatchObject({
      where: "u, line 1 of dump.sql",
    });
  });
});

describe("what is no whole dump is refused by name", () => {
  it.each<[string, string | Buffer, RegExp]>([
    ["an empty file", "", /^The file is empty$/],
    [
      "an export of an empty database",
      "PRAGMA defer_foreign_keys=TRUE;",
      /creates no table: the export took an empty database/,
    ],
    [
      "an SQLite file",
      Buffer.from("SQLite format 3\0\u0010\0"),
      /looks like an SQLite database file/,
    ],
    ["a gzip archive", Buffer.from([0x1f, 0x8b, 8, 0]), /looks like a gzip archive/],
    [
      "pg_dump's text",
      "--\n-- PostgreSQL database dump\n--\n\nSET x = 0;\n",
      /looks like a PostgreSQL dump/,
    ],
    ["pg_dump's archive", "PGDMP\u0001\u000e", /looks like a PostgreSQL dump/],
    ["an HTML page", "<!DOCTYPE html><html>", /looks like an HTML or XML page/],
    ["a JSON answer", '{"success":false,"errors":[]}', /looks like JSON/],
    ["text in UTF-16", Buffer.from("\ufeffPRAGMA", "utf16le"), /looks like text in UTF-16/],
    ["a file with a byte order mark", `\ufeff${table}`, /byte order mark/],
    ["a CSV file", "id,name\n1,Ada;\n", /not a D1 dump/],
    ["CR LF", table.replaceAll("\n", "\r\n"), /CR LF/],
  ])("%s", async (_what, content, expected) => {
    const problem = await refusal(content);
    expect(problem.what).toMatch(expected);
    expect(problem.where).toContain("dump.sql");
    expect(problem.todo).toBeDefined();
  });

  it("a row with a wrong number of values", async () => {
    expect(await refusal(`${table}INSERT INTO "t" VALUES(1,'secret','more');`)).toMatchObject({
      what: "A row has 3 values where 2 belong",
      where: "t, line 3 of dump.sql",
    });
  });

  it("a row of a table that was not created before", async () => {
    expect(await refusal(`${table}INSERT INTO "u" VALUES('secret');`)).toMatchObject({
      what: "Rows of a table that the dump did not create before",
      where: "u, line 3 of dump.sql",
    });
  });

  it("a value that no dump holds, with its line and without the value", async () => {
    const problem = await refusal(`${table}INSERT INTO "t" VALUES('a\nb',secret);`);
    expect(problem.where).toBe("line 4 of dump.sql");
    expect(JSON.stringify(problem)).not.toContain("secret");
  });

  it("a dump that ends at any byte inside of a statement", async () => {
    const whole = `${table}INSERT INTO "t" VALUES(1,replace('é\\nb','\\n',char(10)));\nINSERT INTO "t" VALUES(2,'x');`;
    const bytes = Buffer.from(whole);
    const isEnd = (length: number): boolean => /;\n?$/.test(bytes.subarray(0, length).toString());
    for (let length = Buffer.byteLength(table); length < bytes.length; length += 1) {
      const found = await read(bytes.subarray(0, length)).then(
        () => "read",
        (error: unknown) => (error as Failure).problems[0]?.what,
      );
      const cut = "The file is cut off: it ends inside a statement";
      expect(found, `cut at ${length}`).toBe(isEnd(length) ? "read" : cut);
    }
  });
});

describe("large dumps", () => {
  it("of long rows and many rows are read in the memory of one statement", async () => {
    const row = (id: number): string => `INSERT INTO "t" VALUES(${id},'${"é;''".repeat(60)}');\n`;
    const long = `INSERT INTO "t" VALUES(-1,'${"long ''; ".repeat(400_000)}');\n`;
    writeFileSync(file, table + long + Array.from({ length: 60_000 }, (_, id) => row(id)).join(""));
    let rows = 0;
    let most = 0;
    for await (const item of readDump(file)) {
      if (item.kind === "rows") rows += item.rows.length;
      most = Math.max(most, item.kind === "rows" ? item.rows.length : 0);
    }
    expect(rows).toBe(60_001);
    // A batch is what a chunk of the file holds.
    expect(most).toBeLessThan(2_000);
  });
});
