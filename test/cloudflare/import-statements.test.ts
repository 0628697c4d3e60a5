import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cell, areCellsEqual, RawText } from "../../scripts/cloudflare/cell.ts";
import { buildInserts, buildSequence } from "../../scripts/cloudflare/import-statements.ts";
import type { ImportTable } from "../../scripts/cloudflare/import-table.ts";
import { Scratch } from "../../scripts/cloudflare/scratch.ts";
import { anyCell } from "./made-cells.ts";
import { listImportTables } from "./made-import.ts";

const statementLimit = 100_000;

const insert = (scratch: Scratch, cells: readonly Cell[]): void => {
  const values = cells.map((cell) => (cell instanceof RawText ? "CAST(? AS TEXT)" : "?"));
  scratch.run(`INSERT INTO t (a, b) VALUES (${values.join(", ")})`, ...cells);
};

function makeTable(rows: readonly (readonly Cell[])[]): { scratch: Scratch; table: ImportTable } {
  const scratch = Scratch.open(":memory:");
  scratch.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)");
  for (const row of rows) insert(scratch, row);
  const [table] = listImportTables(scratch);
  if (table === undefined) throw new Error("there is no table");
  return { scratch, table };
}

const text = (length: number): string => "x".repeat(length);

describe("the INSERTs of a table", () => {
  it("hold as many rows as fit into the bytes of a batch", () => {
    const { scratch, table } = makeTable(
      Array.from({ length: 100 }, () => ["ü".repeat(100), null]),
    );
    const units = [...buildInserts(scratch, table, 1000)];
    expect(units.map(({ sql, bytes }) => Buffer.byteLength(sql) - bytes)).toEqual(
      units.map(() => 0),
    );
    expect(Math.max(...units.map(({ bytes }) => bytes))).toBeLessThanOrEqual(1000);
    expect(units.map(({ rows }) => rows)).toEqual(Array.from({ length: 25 }, () => 4));
  });

  it("hold a row alone that is longer than a batch", () => {
    const { scratch, table } = makeTable([
      ["a", "b"],
      [text(50_000), "b"],
      ["a", "b"],
    ]);
    const units = [...buildInserts(scratch, table)];
    expect(units.map(({ rows, usesPieces }) => ({ rows, usesPieces }))).toEqual(
      Array.from({ length: 3 }, () => ({ rows: 1, usesPieces: false })),
    );
  });

  it("send a value through pieces only when its row does not fit into a statement", () => {
    const { scratch, table } = makeTable([[text(200_000), "short"]]);
    const [unit] = [...buildInserts(scratch, table)];
    const statements = unit?.sql.split(";\n") ?? [];
    expect(unit?.usesPieces).toBe(true);
    expect(
      statements.filter((sql) => sql.startsWith('INSERT INTO "movebook_pieces"')),
    ).toHaveLength(13);
    expect(statements.at(-3)).toBe(
      `INSERT INTO "t" ("id","a","b") VALUES (1,CAST((SELECT group_concat(piece,'') FROM (SELECT piece FROM "movebook_pieces" WHERE cell=2 ORDER BY number)) AS TEXT),'short')`,
    );
    expect(statements.at(-2)).toBe('DELETE FROM "movebook_pieces"');
  });

  it("never are longer than D1 takes, and bring the same cells, whatever these are", () => {
    const anyLength = fc.oneof(
      anyCell,
      fc.integer({ min: 1, max: 120_000 }).map((length) => "'é".repeat(length / 2)),
      fc.integer({ min: 1, max: 120_000 }).map((length) => Buffer.alloc(length, 0xfe)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(anyLength, anyLength), { maxLength: 6 }), (rows) => {
        const { scratch, table } = makeTable(rows);
        const target = Scratch.open(":memory:");
        target.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)");
        target.exec(
          "CREATE TABLE movebook_pieces (cell, number, piece, PRIMARY KEY (cell, number))",
        );
        for (const { sql } of buildInserts(scratch, table, 3000)) {
          for (const line of sql.split(/;\n(?=INSERT INTO "|DELETE FROM "|$)/))
            expect(Buffer.byteLength(line)).toBeLessThan(statementLimit);
          target.exec(sql);
        }
        const arrived = [...target.rows("SELECT a, b FROM t ORDER BY id")];
        const isSame =
          arrived.length === rows.length &&
          rows.every((row, at) =>
            row.every((cell, index) => areCellsEqual(cell, arrived[at]?.[index] ?? null)),
          );
        scratch.close();
        target.close();
        return isSame;
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("follow the order that the table asks for", () => {
    const { scratch, table } = makeTable([
      [1n, "a"],
      [2n, "b"],
    ]);
    const [unit] = [...buildInserts(scratch, { ...table, orderBy: "a DESC" })];
    expect(unit?.sql).toBe(`INSERT INTO "t" ("id","a","b") VALUES (2,2,'b'),(1,1,'a');\n`);
  });
});

describe("the sequence of a table", () => {
  it("is raised, or made where no row has made it", () => {
    const scratch = Scratch.open(":memory:");
    for (const name of ["few", "many", "none"])
      scratch.exec(`CREATE TABLE ${name} (id INTEGER PRIMARY KEY AUTOINCREMENT)`);
    scratch.exec("INSERT INTO few VALUES (3)");
    scratch.exec("INSERT INTO many VALUES (90)");
    for (const table of listImportTables(scratch))
      scratch.exec(buildSequence({ ...table, sequence: 40n }));
    expect([...scratch.rows("SELECT name, seq FROM sqlite_sequence ORDER BY name")]).toEqual([
      ["few", 40n],
      ["many", 90n],
      ["none", 40n],
    ]);
    scratch.close();
  });
});
