import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readDump } from "../../scripts/cloudflare/d1-dump.ts";
import {
  mendFromDump,
  writeMended,
  type HazardousRow,
} from "../../scripts/cloudflare/dump-mended.ts";
import {
  exactMark,
  lintDump,
  samplesPerKind,
  type LintReport,
} from "../../scripts/cloudflare/lint-dump.ts";

const folder = mkdtempSync(join(tmpdir(), "movebook-lint-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const dump = join(folder, "dump.sql");
const mended = join(folder, "mended.sql");

const head = `PRAGMA defer_foreign_keys=TRUE;
CREATE TABLE t (id TEXT PRIMARY KEY, v TEXT, n INTEGER, r REAL, x);
`;
const insert = (...values: string[]): string => `INSERT INTO "t" VALUES(${values.join(",")});\n`;

async function lint(content: string): Promise<LintReport> {
  writeFileSync(dump, content);
  return await lintDump(dump);
}

const kindsOf = ({ counts }: LintReport): string[] =>
  counts.map(({ kind, column, count }) => `${kind} ${column ?? "-"} ${count}`);

const folded = (text: string): string => `replace('${text}','\\n',char(10))`;

describe("lint", () => {
  it.each<[string, string[], string[]]>([
    ["folded JSON", ["'a'", folded('{\\n"a":"\\n"}'), "1", "1", "NULL"], ["folded-json v 1"]],
    ["folded text", ["'a'", folded("a\\nb\\nc"), "1", "1", "NULL"], ["folded-text v 1"]],
    ["a single newline", ["'a'", folded("a\\nb"), "1", "1", "NULL"], []],
    [
      "integers from 2^53 on",
      ["'a'", "''", "9007199254740992", "1", "NULL"],
      ["large-integer n 1"],
    ],
    [
      "the largest integer, which no longer fits",
      ["'a'", "''", "9223372036854776000", "1", "NULL"],
      ["large-integer n 1"],
    ],
    [
      "large numbers in a column of reals",
      ["'a'", "''", "9007199254740991", "9007199254740992", "NULL"],
      [],
    ],
    ["an integer without a type", ["'a'", "''", "1", "3", "3"], ["lost-real x 1"]],
    ["a real without a type", ["'a'", "''", "1", "3", "3.5"], []],
    ["NUL", ["'a'", "'\0'", "1", "1", "NULL"], ["nul v 1"]],
    ["U+FFFD", ["'a'", "'\u{fffd}'", "1", "1", "NULL"], ["replacement-character v 1"]],
    ["Infinity", ["'a'", "''", "1", "-Infinity", "NULL"], ["infinity r 1"]],
    ["a row over 100 KB", ["'a'", `'${"x".repeat(100_001)}'`, "1", "1", "NULL"], ["long-row - 1"]],
    [
      "a row over 2 MB",
      ["'a'", `'${"x".repeat(2_000_001)}'`, "1", "1", "NULL"],
      ["oversized-row - 1"],
    ],
    [
      "BEGIN TRANSACTION",
      ["'a'", "'BEGIN TRANSACTION;'", "1", "1", "NULL"],
      ["transaction-text - 1"],
    ],
  ])("finds %s", async (_what, values, expected) => {
    const report = await lint(head + insert(...values));
    expect(kindsOf(report)).toEqual(expected);
    expect(report.hazards.map(({ table, row, line }) => ({ table, row, line }))).toEqual(
      expected.map(() => ({ table: "t", row: "id=a", line: 3 })),
    );
  });

  it("finds tables that stand before their parents, v1's migrations, virtual tables and tables without a key", async () => {
    const report =
      await lint(`CREATE TABLE child (id INT PRIMARY KEY, p REFERENCES Parent, s REFERENCES child, u REFERENCES unknown);
CREATE TABLE "parent" (id INT PRIMARY KEY);
CREATE TABLE later (id INT PRIMARY KEY, p REFERENCES parent);
CREATE TABLE d1_migrations (id INT);
CREATE TABLE keyless (a);
CREATE VIRTUAL TABLE f USING fts5(a);`);
    expect(report.counts.map(({ kind, table }) => `${kind} ${table}`)).toEqual([
      "child-before-parent child",
      "migrations-table d1_migrations",
      "no-primary-key keyless",
      "virtual-table f",
    ]);
  });

  it("names rows by their position where there is no primary key", async () => {
    const report = await lint("CREATE TABLE k (a);\nINSERT INTO k VALUES('x'),('\0');");
    expect(report.hazards.at(-1)).toMatchObject({ kind: "nul", row: "row 2" });
  });

  it("keeps few samples and counts all", async () => {
    const rows = Array.from({ length: 500 }, (_, id) =>
      insert(`'${id}'`, "'\0'", "1", "1", "NULL"),
    );
    const report = await lint(head + rows.join(""));
    expect(report.hazards).toHaveLength(samplesPerKind);
    expect(report.counts).toMatchObject([{ kind: "nul", count: 500 }]);
    expect(report.tables).toMatchObject([{ name: "t", rows: 500, doubtfulRows: 0 }]);
  });
});

describe("a mended dump", () => {
  const content =
    head +
    insert("'a'", folded('{\\n"a":"\\n"}'), "1", "3", "NULL") +
    insert("'b'", "'\0\u{fffd}'", "9007199254740993", "Infinity", "3") +
    insert("'c'", "'plain ''text'''", "1", "1e+21", "X'00'") +
    "CREATE INDEX i ON t (v) -- a comment;\nCREATE VIEW w AS SELECT 1 -- another;";

  const mendAll = async (
    mend: (row: HazardousRow) => ReturnType<typeof mendFromDump>,
  ): Promise<void> => {
    writeFileSync(dump, content);
    await writeMended({ dump, output: mended, mend });
  };

  it("holds what it was told, byte for byte what needed nothing, and no hazards", async () => {
    await mendAll((row) =>
      row.row.cells[0] === "b"
        ? ["b", "\u{fffd}", 9007199254740993n, Infinity, 3]
        : mendFromDump(row),
    );
    const text = readFileSync(mended, "utf8");
    expect(text.startsWith(`${exactMark}\nPRAGMA defer_foreign_keys=TRUE;\n`)).toBe(true);
    expect(text).toContain(insert("'c'", "'plain ''text'''", "1", "1e+21", "X'00'"));
    expect(text).toContain(`VALUES('b','\u{fffd}',9007199254740993,9e999,3.0);`);
    expect(kindsOf(await lintDump(mended))).toEqual([]);
    const items = [];
    for await (const item of readDump(mended)) items.push(item);
    expect(items.map(({ kind }) => kind)).toEqual(["pragma", "table", "rows", "index", "view"]);
    expect(items[2]).toMatchObject({
      rows: [
        { cells: ["a", '{\n"a":"\\n"}', 1n, 3n, null] },
        { cells: ["b", "\u{fffd}", 9007199254740993n, Infinity, 3] },
        { cells: ["c", "plain 'text'", 1n, 1e21, Buffer.from([0])] },
      ],
    });
  });

  it("is asked for hazardous rows only, and the dump alone tells some of them", async () => {
    const told: [unknown, boolean][] = [];
    await mendAll((row) => {
      const cells = mendFromDump(row);
      told.push([row.row.cells[0], cells !== undefined]);
      return cells;
    });
    expect(told).toEqual([
      ["a", true],
      ["b", false],
    ]);
  });

  it("is not there when the dump was cut off", async () => {
    rmSync(mended, { force: true });
    writeFileSync(dump, content.slice(0, -10));
    await expect(writeMended({ dump, output: mended, mend: mendFromDump })).rejects.toThrow(
      /cannot be read/,
    );
    await expect(lintDump(mended)).rejects.toThrow(/ENOENT/);
  });
});
