import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { areCellsEqual, RawText, textCell, type Cell } from "../../scripts/cloudflare/cell.ts";
import { Scratch } from "../../scripts/cloudflare/scratch.ts";

const newFile = (): string =>
  join(mkdtempSync(join(tmpdir(), "movebook-scratch-")), "a b?#%.sqlite");

const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
const cells: fc.Arbitrary<Cell> = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  // SQLite keeps no NaN and no negative zero
  fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0)),
  fc.string({ unit: "binary" }).map((text) => textCell(Buffer.from(text))),
  bytes.map(textCell),
  bytes,
);

describe("a scratch file", () => {
  it("gives back every cell exactly as it was stored", () => {
    const scratch = Scratch.open(":memory:");
    scratch.exec("CREATE TABLE kept (cell)");
    const plain = scratch.prepare("INSERT INTO kept VALUES (?)");
    const raw = scratch.prepare("INSERT INTO kept VALUES (CAST(? AS TEXT))");
    fc.assert(
      fc.property(fc.array(cells, { maxLength: 8 }), (row) => {
        scratch.exec("DELETE FROM kept");
        for (const cell of row) (cell instanceof RawText ? raw : plain).run([cell]);
        const read = [...scratch.rows("SELECT cell FROM kept ORDER BY rowid")].flat();
        expect(read).toHaveLength(row.length);
        for (const [index, cell] of row.entries())
          expect(areCellsEqual(read[index] ?? null, cell)).toBe(true);
      }),
      { numRuns: 500 },
    );
    scratch.close();
  });

  it("reads text with NUL and bytes that are no UTF-8, which the driver alone would cut or refuse", () => {
    const scratch = Scratch.open(":memory:");
    expect(scratch.row("SELECT CAST(X'610062' AS TEXT), CAST(X'80' AS TEXT), 'ü', X'80'")).toEqual([
      new RawText(Buffer.from("a\0b")),
      new RawText(Buffer.from([0x80])),
      "ü",
      Buffer.from([0x80]),
    ]);
  });

  it("takes queries with comments, semicolons, parameters and columns of one name, and keeps their order", () => {
    const scratch = Scratch.open(":memory:");
    scratch.exec("CREATE TABLE n (x INTEGER)");
    expect(scratch.run("INSERT INTO n VALUES (?), (?), (?)", 2n, 3n, 1n)).toBe(3);
    const sql = "-- which?\nSELECT x, x FROM n WHERE x > ? ORDER BY x DESC -- end\n;\n";
    expect([...scratch.rows(sql, 1n)]).toEqual([
      [3n, 3n],
      [2n, 2n],
    ]);
    expect(scratch.row("SELECT x FROM n WHERE x > 9")).toBeUndefined();
    expect(scratch.count("SELECT count(*) FROM n")).toBe(3);
    expect([...scratch.rows("PRAGMA table_info(n)")]).toHaveLength(1);
  });

  it("enforces no foreign keys", () => {
    const scratch = Scratch.open(":memory:");
    scratch.exec("CREATE TABLE a (x REFERENCES gone)");
    expect(scratch.run("INSERT INTO a VALUES (1)")).toBe(1);
  });

  it("is only read when that is asked, whatever its name; a missing one is not made", () => {
    const file = newFile();
    const written = Scratch.open(file);
    written.exec("CREATE TABLE a (x)");
    written.close();
    const read = Scratch.open(file, { readOnly: true });
    expect(() => read.exec("INSERT INTO a VALUES (1)")).toThrow("readonly");
    expect(read.count("SELECT count(*) FROM a")).toBe(0);
    read.close();
    expect(() => Scratch.open(newFile(), { readOnly: true })).toThrow("open");
  });

  it("reads the tables of another file beside its own", () => {
    const file = newFile();
    const other = Scratch.open(file);
    other.exec("CREATE TABLE a AS SELECT 7 AS x");
    other.close();
    const scratch = Scratch.open(":memory:");
    scratch.attach(file, 'th"is');
    expect(scratch.row('SELECT x FROM "th""is".a')).toEqual([7n]);
  });
});
