import { type Cell, RawText } from "../../scripts/cloudflare/cell.ts";

/** A cell that a dump of D1 endangers: how it is made in v1, and what SQLite stores then. */
export interface HazardCell {
  /** SQL that D1 takes. */
  readonly sql: string;
  readonly cell: Cell;
}

export interface HazardRow {
  readonly id: number;
  /** What is dangerous about it. */
  readonly why: string;
  /** The value is changed by wrangler's dump, so the repair has to mend or read it again. */
  readonly lost: boolean;
  readonly cell: Cell;
  readonly sql: string;
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Text as it is: wrangler's splitter and D1 leave a quoted literal alone. */
const text = (value: string): HazardCell => ({ sql: quote(value), cell: value });
const real = (sql: string, cell: number): HazardCell => ({ sql, cell });
const raw = (hex: string): HazardCell => ({
  sql: `CAST(X'${hex}' AS TEXT)`,
  cell: new RawText(Buffer.from(hex, "hex")),
});
const integer = (cell: bigint): HazardCell => ({
  // The one integer whose digits SQLite reads as a real before it sees the sign.
  sql: cell === -9223372036854775808n ? "(-9223372036854775807 - 1)" : String(cell),
  cell,
});
/** A long text by a short statement. On its way it is twice as many bytes as times: at most 2 MB, too. */
const repeated = (times: number, part: string): HazardCell => ({
  sql: `replace(hex(zeroblob(${times})), '00', ${quote(part)})`,
  cell: part.repeat(times),
});

/** JSON with real newlines between its parts, and `\n`, `\r`, `\\n` inside its strings, as a program writes it. */
export const prettyJson: string = JSON.stringify(
  { note: "line one\nline two\r\nC:\\new\\raw", list: [1, 2.5, null], "key\n": "ü 🦉" },
  undefined,
  2,
);

const texts: readonly (readonly [why: string, lost: boolean, made: HazardCell])[] = [
  ["JSON: real newlines beside literal ones", true, text(prettyJson)],
  ["JSON: CR LF between its parts, \\r inside", true, text(prettyJson.replaceAll("\n", "\r\n"))],
  ["JSON on one line with literal \\n", false, text(JSON.stringify({ a: "x\ny" }))],
  [
    "JSON with duplicate keys and big numbers",
    false,
    text('{"a":1,"a":9007199254740993,"b":1e400}'),
  ],
  ["JSON with duplicate keys, on lines", true, text('{\n"a":"\\n",\n"a":9007199254740993\n}')],
  ["not JSON although it begins so", true, text('{"a": "one\\n"\n oops')],
  ["plain text: real newline beside \\n", true, text("path C:\\new\nsecond line")],
  ["plain text: real return beside \\r", true, text("a\\rb\rc")],
  ["plain text: \\r literal beside a newline", false, text("a\\rb\nc")],
  ["plain text: newlines only", false, text("one\ntwo\r\nthree\n")],
  ["plain text: literal \\n only", false, text("one\\ntwo")],
  ["plain text: a backslash before a real newline", false, text("one\\\ntwo")],
  ["empty text", false, text("")],
  ["one newline", false, text("\n")],
  ["blanks at both ends", false, text("  x\t ")],
  ["quotes of all kinds", false, text(`it's "so" \`and\` [so]`)],
  ["BEGIN TRANSACTION; and COMMIT; inside", false, text("x BEGIN TRANSACTION; y COMMIT; z")],
  [
    "CASE … END and ; and -- and /* inside",
    false,
    text("CASE WHEN 1 THEN 2 END, begin end; -- no /* nor */ ;"),
  ],
  ["an INSERT inside", false, text('\');\nINSERT INTO "hazards" VALUES(1);')],
  ["replace( inside", false, text("replace('a\\n','\\n',char(10))")],
  ["emoji with joiners and skin", false, text("👩🏽‍🚀👨‍👩‍👧‍👦🏴‍☠️")],
  ["right to left", false, text("שלום \u{202e}עולם محمد")],
  ["four bytes each", false, text("𐍈𝒳🦉")],
  ["composed and decomposed", false, text("é e\u{301}")],
  ["a real U+FFFD", false, text("a\u{fffd}b")],
  ["byte order mark", false, text("\u{feff}x")],
  ["line and paragraph separators", false, text("a\u{2028}b\u{2029}c\u{85}d")],
  ["other control characters", false, text("\u{1}\u{8}\u{b}\u{c}\u{1b}\u{7f}")],
  ["NUL in its midst", false, raw("610062")],
  ["NUL alone", false, raw("00")],
  ["NUL at the end of JSON", false, raw("7b7d00")],
  ["invalid UTF-8", true, raw("ff4100c328")],
  ["half a character at the end", true, raw("61e282")],
  ["a surrogate in UTF-8", true, raw("eda080")],
  ["text of digits", false, text("0123")],
  ["text of a big integer", false, text("9007199254740993")],
];

const numbers: readonly (readonly [why: string, lost: boolean, made: HazardCell])[] = [
  ["integer 2^53 − 1", false, integer(9007199254740991n)],
  ["integer 2^53", false, integer(9007199254740992n)],
  ["integer 2^53 + 1", true, integer(9007199254740993n)],
  ["integer −2^53 − 1", true, integer(-9007199254740993n)],
  ["greatest integer", true, integer(9223372036854775807n)],
  ["least integer", true, integer(-9223372036854775808n)],
  ["3.0 without affinity", true, real("3.0", 3)],
  ["0.0 without affinity", true, real("0.0", 0)],
  ["-0.0", true, real("-0.0", -0)],
  ["1e15 as a real", true, real("1e15", 1e15)],
  ["2^53 as a real", true, real("9007199254740992.0", 9007199254740992)],
  ["1e21 as a real", false, real("1e21", 1e21)],
  ["least double", false, real("4.9406564584124654e-324", 5e-324)],
  ["greatest double", false, real("1.7976931348623157e308", Number.MAX_VALUE)],
  ["a double of 17 digits", false, real("0.1 + 0.2", 0.30000000000000004)],
  ["Infinity", true, real("9e999", Infinity)],
  ["-Infinity", true, real("-9e999", -Infinity)],
  ["NULL", false, { sql: "NULL", cell: null }],
  ["blob", false, { sql: "X'00FF0A0D27'", cell: Buffer.from([0, 255, 10, 13, 39]) }],
  ["empty blob", false, { sql: "X''", cell: Buffer.alloc(0) }],
  ["blob that reads as text", false, { sql: "X'616263'", cell: Buffer.from("abc") }],
];

const long: readonly (readonly [why: string, lost: boolean, made: HazardCell])[] = [
  ["99,000 bytes", false, repeated(99_000, "a")],
  ["101,000 bytes", false, repeated(101_000, "b")],
  ["250,000 bytes of two each", false, repeated(125_000, "é")],
  ["1.9 MB", false, repeated(950_000, "cd")],
  [
    "150,000 bytes of lines with literal \\n",
    true,
    {
      sql: "replace(hex(zeroblob(30000)), '00', 'ab\\n' || char(10))",
      cell: "ab\\n\n".repeat(30_000),
    },
  ],
  ["a blob of 200,000 bytes", false, { sql: "zeroblob(200000)", cell: Buffer.alloc(200_000) }],
];

/** The rows of the table `hazards`: one dangerous value each, in a column without affinity. */
export const hazardRows: readonly HazardRow[] = [...texts, ...numbers, ...long].map(
  ([why, lost, { sql, cell }], index) => ({ id: index + 1, why, lost, sql, cell }),
);

/** `hazards` and its rows, as statements that D1 takes (the 1.9 MB too). */
export const hazardStatements: readonly string[] = [
  "CREATE TABLE hazards (id INTEGER PRIMARY KEY, why TEXT NOT NULL, value)",
  ...hazardRows.map(
    ({ id, why, sql }) => `INSERT INTO hazards VALUES (${id}, ${quote(why)}, ${sql})`,
  ),
];
