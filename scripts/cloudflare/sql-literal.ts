import { type Cell, RawText } from "./cell.ts";

/**
 * Characters of a quoted stretch. wrangler's splitter copies a literal once for each of its characters, and a statement
 * once for each character outside of literals: shorter and longer stretches both take longer (4.86).
 */
const stretch = 600;
/** Operands of one chain: D1 refuses an expression that is deeper than 100. */
const chain = 40;

/** wrangler cuts this out of a file, inside literals too, and refuses the file when it stands there twice. */
const transaction = /BEGIN(?=\s+TRANSACTION)/gi;
const isTransaction = /BEGIN\s+TRANSACTION/i;

const quote = (text: string): string =>
  text.includes("'") ? `'${text.replaceAll("'", "''")}'` : `'${text}'`;

/** a||b||c, in brackets where the chain would be too deep. */
function concatenate(operands: readonly string[]): string {
  if (operands.length <= chain) return operands.join("||");
  const groups: string[] = [];
  for (let start = 0; start < operands.length; start += chain)
    groups.push(`(${operands.slice(start, start + chain).join("||")})`);
  return concatenate(groups);
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

/** Stretches of at most `length` characters; a surrogate pair stays together. */
export function cutText(text: string, length: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + length, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end += 1;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

function cutTransactions(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (const { index } of text.matchAll(transaction)) {
    pieces.push(text.slice(start, index + "BEGIN".length));
    start = index + "BEGIN".length;
  }
  return [...pieces, text.slice(start)];
}

function writeText(text: string): string {
  const hasTransaction = isTransaction.test(text);
  if (text.length <= stretch && !hasTransaction) return quote(text);
  const pieces = hasTransaction ? cutTransactions(text) : [text];
  return concatenate(pieces.flatMap((piece) => cutText(piece, stretch)).map(quote));
}

function writeBytes(bytes: Buffer): string {
  const pieces: string[] = [];
  for (let start = 0; start === 0 || start < bytes.length; start += stretch / 2)
    pieces.push(`X'${bytes.subarray(start, start + stretch / 2).toString("hex")}'`);
  return concatenate(pieces);
}

/** A chain of blobs is text to SQLite, with the bytes of both. */
const writeBlob = (bytes: Buffer): string =>
  bytes.length <= stretch / 2 ? writeBytes(bytes) : `CAST(${writeBytes(bytes)} AS BLOB)`;

const mantissaBits = 52n;
const exponentBias = 1075;

/** The double as an integer times a power of two, in operations that round nothing. */
function writeExactly(value: number): string {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n;
  const field = Number((bits >> mantissaBits) & 0x7ffn);
  const fraction = bits & ((1n << mantissaBits) - 1n);
  const mantissa = field === 0 ? fraction : fraction | (1n << mantissaBits);
  const exponent = Math.max(field, 1) - exponentBias;
  let text = `${value < 0 ? "-" : ""}${mantissa}*1.0`;
  for (let left = Math.abs(exponent); left > 0; left -= 62)
    text += `${exponent < 0 ? "/" : "*"}(1<<${Math.min(left, 62)})`;
  return text;
}

const decimal = /^-?(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

/**
 * D1's SQLite reads up to 15 digits and a power of ten up to 22 exactly (300,000 of 300,000 random ones), but 16 % of
 * all doubles wrongly by the last bit.
 */
function isReadExactly(text: string): boolean {
  const [, whole = "", fraction = "", exponent = "0"] = decimal.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "").length;
  const power = Number(exponent) - fraction.length + digits.length - significant;
  return significant <= 15 && Math.abs(power) <= 22;
}

/** SQLite stores no NaN: it becomes NULL. */
function writeReal(value: number): string {
  if (Number.isNaN(value)) return "NULL";
  if (!Number.isFinite(value)) return value < 0 ? "-9e999" : "9e999";
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  if (!isReadExactly(text)) return writeExactly(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/**
 * A value as SQL that D1 stores with the same type and bytes, and that wrangler leaves alone: text with real newlines,
 * `CAST(X'…' AS TEXT)` for text that is no string, reals with a point, an exponent or an operation, Infinity as 9e999.
 * Long ones are chains of stretches. An operand of anything that binds tighter than || needs brackets around it.
 */
export function writeLiteral(cell: Cell): string {
  if (cell === null) return "NULL";
  if (typeof cell === "string") return writeText(cell);

  if (typeof cell === "bigint") return String(cell);
  if (typeof cell === "number") return writeReal(cell);
  return cell instanceof RawText ? `CAST(${writeBytes(cell.bytes)} AS TEXT)` : writeBlob(cell);
}
