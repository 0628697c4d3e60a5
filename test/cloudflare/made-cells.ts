import fc from "fast-check";
import { type Cell, textCell } from "../../scripts/cloudflare/cell.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const long = `{"text": "Größe ✓ 😀 it's"}\n`.repeat(2000);

/** Values that a copy by SQL text loses, one by one, somewhere on the way: wrangler, its splitter, SQLite's parser. */
export const hazardousCells: Readonly<Record<string, Cell>> = {
  null: null,
  "smallest integer": -(2n ** 63n),
  "largest integer": 2n ** 63n - 1n,
  "integer beyond 2^53": 9007199254740993n,
  "real without a fraction": 3,
  "real of 19 digits": 9007199254740992,
  "negative zero": -0,
  Infinity: Infinity,
  "minus Infinity": -Infinity,
  "smallest double": 5e-324,
  "smallest normal double": 2.2250738585072014e-308,
  "largest double": Number.MAX_VALUE,
  "minus the largest double": -Number.MAX_VALUE,
  "a double that D1 reads wrongly": -7.0283787409520815e-270,
  "another one": 1.5554579914515848e308,
  "a power of ten beyond the exact ones": 1e23,
  "a price": 19.99,
  "a sum of prices": 0.1 + 0.2,
  "empty text": "",
  "quotes of all kinds": `it's "quoted" \`back\` [brackets] ''`,
  "real newlines": "a\nb\r\nc\rd",
  "newline and literal \\n": 'a\nb\\nc\\r\\"',
  "pretty JSON": JSON.stringify({ a: "x\ny", b: [1, { c: "it's" }] }, undefined, 2),
  "semicolons and comments": "a; -- b\n/* c */ d; ;",
  "SQL of a transaction": "BEGIN TRANSACTION; x COMMIT; BEGIN TRANSACTION; COMMIT;",
  "only the words": "BEGIN TRANSACTION",
  "the words in other letters": "begin  transaction; Begin\nTransaction",
  "very many transactions": "BEGIN TRANSACTION;".repeat(2000),
  "statements that have a body": "CASE WHEN END; BEGIN x END\n CASE ",
  "dollar quotes": "$a$ $$ $1 $tag$ ; $",
  placeholders: "? ?1 :a @b $c %s \\",
  "text with NUL": textCell(bytes("610062")),
  "only NUL": textCell(bytes("00")),
  "invalid UTF-8": textCell(bytes("61ff62c3")),
  "an encoded surrogate": textCell(bytes("eda080")),
  "the replacement character": "\u{fffd}",
  "byte order mark": "\u{feff}a",
  "beyond the basic plane": "😀".repeat(700),
  "odd start before pairs": `a${"😀".repeat(700)}`,
  "long text": long,
  "long text of quotes": "'".repeat(5000),
  "long text with NUL": textCell(Buffer.concat([Buffer.from(long.slice(0, 5000)), bytes("0041")])),
  "empty blob": bytes(""),
  "blob with all bytes": Buffer.from(Array.from({ length: 256 }, (_, index) => index)),
  "blob that looks like text": Buffer.from("text"),
  "long blob": Buffer.alloc(20_000, bytes("00ff27410a")),
};

const double = fc.double({ noNaN: true });
const words = fc.constantFrom(
  "BEGIN TRANSACTION;",
  "COMMIT;",
  "'",
  "\n",
  "\\n",
  "\r",
  " CASE ",
  " END;",
  "--",
  "/*",
  "$",
  ";",
  "😀",
  "a".repeat(599),
);

/** Any value that SQLite can store. */
export const anyCell: fc.Arbitrary<Cell> = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  double,
  fc.string({ unit: "binary" }).map((text) => textCell(Buffer.from(text))),
  fc.array(fc.oneof(words, fc.string())).map((parts) => textCell(Buffer.from(parts.join("")))),
  fc.uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array)),
  fc.uint8Array({ maxLength: 2000 }).map((array) => textCell(Buffer.from(array))),
);
