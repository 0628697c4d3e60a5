import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RawText, textCell, type Cell } from "../../scripts/cloudflare/cell.ts";
import { FoldedText, foldText, type DumpCell } from "../../scripts/cloudflare/dump-cell.ts";
import { writeDumpLiteral } from "../../scripts/cloudflare/dump-literal.ts";
import { UnknownValue, ValueReader } from "../../scripts/cloudflare/sql-value.ts";

const readRows = (sql: string | Buffer): DumpCell[][] =>
  new ValueReader(Buffer.from(sql as string), 0).readRows();
const read = (literal: string): DumpCell => readRows(`(${literal})`)[0]![0]!;

/** As wrangler 4.86 writes a value (miniflare, dumpSql). */
function exportForm(cell: Cell): string {
  if (cell === null) return "NULL";
  if (typeof cell === "bigint" || typeof cell === "number") return `${Number(cell)}`;
  if (Buffer.isBuffer(cell)) return `X'${cell.toString("hex")}'`;
  const text = cell instanceof RawText ? cell.bytes.toString() : cell;
  const quoted = `'${foldText(text).replaceAll("'", "''")}'`;
  const returned = text.includes("\r") ? `replace(${quoted},'\\r',char(13))` : quoted;
  return text.includes("\n") ? `replace(${returned},'\\n',char(10))` : returned;
}

const text = fc
  .string({
    unit: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom("\n", "\r", "\\", "n", "r", "'", "a") },
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
  })
  .map((one) => textCell(Buffer.from(one)));
const anyCell: fc.Arbitrary<Cell> = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  text,
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.uint8Array().map((bytes) => textCell(Buffer.from(bytes))),
);

describe("values as SQLite writes them", () => {
  it.each<[string, DumpCell]>([
    ["NULL", null],
    ["null", null],
    ["0", 0n],
    ["-0", 0n],
    ["9007199254740993", 9007199254740993n],
    ["-9223372036854775808", -9223372036854775808n],
    ["9223372036854775808", 9223372036854775808],
    ["1e+21", 1e21],
    ["5e-324", 5e-324],
    ["-1.5", -1.5],
    ["3.0", 3],
    [".5", 0.5],
    ["Infinity", Infinity],
    ["-Infinity", -Infinity],
    ["Inf", Infinity],
    ["9e999", Infinity],
    ["-9e999", -Infinity],
    ["'it''s'", "it's"],
    ["''", ""],
    ["X'00ff'", Buffer.from([0, 255])],
    ["x''", Buffer.alloc(0)],
    ["CAST(X'6100' AS TEXT)", new RawText(Buffer.from("a\0"))],
    ["cast( x'61' as text )", "a"],
    ["'a' || char(10,13) || 'b'", "a\n\rb"],
    ["'nul\0'", new RawText(Buffer.from("nul\0"))],
    ["'raw\nnewline'", "raw\nnewline"],
    ["unistr('a\\u000ab\\\\n')", "a\nb\\n"],
  ])("%s", (literal, cell) => {
    expect(read(literal)).toStrictEqual(cell);
  });

  it.each([
    "",
    "abs(1)",
    "'open",
    "X'0'",
    "X'0g'",
    "1 2",
    "CURRENT_TIMESTAMP",
    "replace('a','b')",
    "1..2",
    "12a",
  ])("refuses %j without repeating it", (literal) => {
    expect(() => read(literal)).toThrow(UnknownValue);
    expect(() => read(literal)).toThrow(/^unknown value at byte \d+$/);
  });

  it("may stand in several rows, with blanks and newlines between", () => {
    expect(readRows(" ( 1 ,\n'a' ) ,(2,'b')")).toEqual([
      [1n, "a"],
      [2n, "b"],
    ]);
  });

  it("survive the form of a mended dump exactly", () => {
    fc.assert(
      fc.property(fc.array(anyCell, { minLength: 1 }), (cells) => {
        const [row] = readRows(`(${cells.map(writeDumpLiteral).join(",")})`);
        expect(row).toStrictEqual(cells);
      }),
      { numRuns: 500 },
    );
  });
});

describe("text that the export folded", () => {
  it("is plain when its markers have one reading only", () => {
    expect(read("replace('a\\nb','\\n',char(10))")).toBe("a\nb");
    expect(read("replace(replace('a\\r\\nb','\\r',char(13)),'\\n',char(10))")).toBe("a\r\nb");
  });

  it("stays folded when a newline and a backslash with an n look alike", () => {
    const cell = read("replace('a\\nb\\nc','\\n',char(10))") as FoldedText;
    expect(cell).toStrictEqual(new FoldedText("a\\nb\\nc", true, false));
    expect(cell.unfold()).toBe("a\nb\nc");
  });

  it("is exact in the form of sqlite3's shell, which chooses a marker that the text does not hold", () => {
    expect(read("replace('a\\n\\012b\\012','\\012',char(10))")).toBe("a\\n\nb\n");
  });

  it("comes back as what the export was given, or is known to be doubtful", () => {
    fc.assert(
      fc.property(text, (original) => {
        const cell = read(exportForm(original));
        const bytes = (one: string | RawText): Buffer =>
          one instanceof RawText ? one.bytes : Buffer.from(one);
        const doubtful = cell instanceof FoldedText;
        expect(doubtful ? bytes(cell.text).toString() : cell).toStrictEqual(
          doubtful ? foldText(bytes(original).toString()) : original,
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it("is unfolded rightly when the original had no backslash of its own", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("\n", "\r", "a", "'", "é") }), (original) => {
        const cell = read(exportForm(original));
        expect(cell instanceof FoldedText ? cell.unfold() : cell).toBe(original);
      }),
    );
  });
});
