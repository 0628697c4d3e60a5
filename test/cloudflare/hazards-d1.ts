import type { Cell } from "../../scripts/cloudflare/cell.ts";
import { RawText } from "../../scripts/cloudflare/cell.ts";

/** A v1 with every hazard of an export: its schema, and the rows as they are meant. */
export const hazardsSchema = [
  "CREATE TABLE notes (id TEXT PRIMARY KEY, book_id TEXT REFERENCES books(id), body TEXT, data TEXT, n INTEGER)",
  `CREATE TABLE "books" (id TEXT PRIMARY KEY, title TEXT DEFAULT 'a;b', -- a comment; with 'quotes'
  loose, price REAL, half AS (price / 2), CHECK (title <> ');'))`,
  "CREATE TABLE keyless (a TEXT, b)",
  "CREATE TABLE counters (id INTEGER PRIMARY KEY, hits INTEGER) STRICT",
  "CREATE TABLE pairs (a TEXT, b TEXT, body TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID",
  "CREATE TABLE counted (id INTEGER PRIMARY KEY, value)",
  "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)",
  `CREATE TRIGGER touch AFTER UPDATE ON notes BEGIN
  UPDATE books SET title = CASE WHEN title = 'END;' THEN 'x;' ELSE CASE WHEN 1 THEN title END END;
  SELECT 'BEGIN; END;';
END`,
  "CREATE INDEX by_title ON books (title) -- for the list",
  "CREATE VIEW titles AS SELECT title FROM books -- seen by all",
];

const pretty = JSON.stringify(
  { text: "one\ntwo\r\nthree", list: [1, 2], "\\n": "\\" },
  undefined,
  2,
);
const windows = pretty.replaceAll("\n", "\r\n");

export const hazardRows: Readonly<Record<string, readonly (readonly Cell[])[]>> = {
  notes: [
    ["n1", "b1", "one line", pretty, 1n],
    ["n2", "b1", "two\nreal\nlines", '{"a":1}', 2n],
    ["n3", "b1", "a real\nand a literal \\n", windows, 9007199254740993n],
    ["n4", "b1", "back\\\nslash\n\\n\\\\n", '{"broken": "raw\nnewline"}\n', 9223372036854775807n],
    [
      "n5",
      "b1",
      "tabs\tand 'quotes' and ''; --\n",
      '[1,\n"literal \\n",\n2]',
      -9223372036854775808n,
    ],
    ["n6", "b1", "cr\ronly\r and \\r", '"a JSON string with \\n"\n', 9007199254740992n],
    ["n7", "b1", new RawText(Buffer.from("nul\0inside\nand\nlines \\n")), null, -9007199254740993n],
    ["n8", "b1", new RawText(Buffer.from([0x61, 0xff, 0x62, 0xc3])), null, 3n],
    ["n9", "b1", "a true \u{fffd}", null, 3n],
    ["n10", "b1", new RawText(Buffer.from([0xe0, 0x9f, 0xbf, 0x0a, 0x5c, 0x6e, 0x0a])), null, 0n],
    ["n11", "b1", "BEGIN TRANSACTION; COMMIT;", null, 0n],
    ["n12", "b1", `${"long\n".repeat(40_000)}\\n`, null, 0n],
    ["n13", "b1", "x".repeat(150_000), "", null],
    ["n14", "b1", "{not json\nat \\n all\n", "{\n{\\n", null],
    ["n15", "b1", "\u{feff}mark\n\u{1f600}\n", "\n\n", null],
    // begins as JSON does, and has one newline only: the dump has no second reading of it
    ["n17", "b1", '"quoted" words\nand no JSON', "[one\nnewline", null],
    ["n18", "b1", '"quoted"\rwith one return', '{"a":\r1', null],
    ["n\u{fffd}16\n\n", "b1", "\\n\\n", "\\r\\n", null],
  ],
  books: [
    ["b1", "t", 3, 3],
    ["b2", "t", 3n, Infinity],
    ["b3", "t", -Infinity, -1.5],
    ["b4", "t", 9007199254740993n, 1e21],
    ["b5", "t", 9007199254740992, 1e17],
    ["b6", "t", Buffer.from([0, 255]), 5e-324],
    ["b7", "t", "3", 1.7976931348623157e308],
    ["b8", "t", 9.223372036854776e18, 0.1],
    ["b9", "t", 1e20, 123456789.123],
    ["b10", "t", null, null],
  ],
  keyless: [
    ["x\ny\\nz\n", 3],
    ["x\ny\nz\n", 3n],
    ["x\\ny\nz\n", 3],
    ["same\n\\n", 9007199254740993n],
    ["same\n\\n", 9007199254740992n],
    ["same\n\\n", 9007199254740993n],
  ],
  counters: [
    [9007199254740993n, 9007199254740995n],
    [9007199254740992n, 1n],
    [-5n, 2n],
  ],
  pairs: [
    ["a", "b", "x\n\\n\n"],
    ["b", "a", `${"y\n".repeat(200_000)}\\n`],
    ["c\n\n", "a", "plain"],
  ],
  counted: [
    [1n, "two\nreal\nlines"],
    [2n, windows],
    [3n, 9007199254740991n],
    [4n, -9007199254740991n],
    [5n, 9007199254740993n],
    [6n, -0],
    [7n, 0],
    [8n, 0n],
    [9n, 3],
    [10n, "a true \u{fffd}\n\\n"],
    [11n, new RawText(Buffer.from(`${pretty}\0`))],
    [12n, new RawText(Buffer.from(`{\n"a": "\\n"\n}\0 and more`))],
    [13n, null],
    [14n, Buffer.from("x\n\\n")],
  ],
  d1_migrations: [[1n, "0001_init.sql"]],
};

function literal(cell: Cell): string {
  if (cell === null) return "NULL";
  if (typeof cell === "bigint") return String(cell);
  if (Object.is(cell, -0)) return "-0.0";
  if (typeof cell === "number")
    return Number.isFinite(cell) ? cell.toExponential() : cell > 0 ? "9e999" : "-9e999";
  if (Buffer.isBuffer(cell)) return `X'${cell.toString("hex")}'`;
  const bytes = cell instanceof RawText ? cell.bytes : Buffer.from(cell);
  return `CAST(X'${bytes.toString("hex")}' AS TEXT)`;
}

const columnsOf: Readonly<Record<string, string>> = { books: " (id, title, loose, price)" };

/** Statements that make the database, one row each. */
export const hazardStatements = (): string[] => [
  ...hazardsSchema.slice(0, 7),
  ...Object.entries(hazardRows).flatMap(([table, rows]) =>
    rows.map(
      (cells) =>
        `INSERT INTO ${table}${columnsOf[table] ?? ""} VALUES (${cells.map(literal).join(",")})`,
    ),
  ),
  ...hazardsSchema.slice(7),
];
