/**
 * Text that is no JavaScript string without loss: it holds NUL, or bytes that are no UTF-8. SQLite stores both.
 */
export class RawText {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/**
 * A value as SQLite stores it: null, integer (bigint, 64 bit), real (number, Infinity too), text (string, or RawText
 * when a string would lose something), blob (Buffer).
 */
export type Cell = null | bigint | number | string | RawText | Buffer;

const replacement = "\u{fffd}";

/** Text from its stored bytes: a string when that loses nothing, else RawText. */
export function textCell(bytes: Buffer): string | RawText {
  const text = bytes.toString("utf8");
  const isSafe =
    !text.includes("\0") && (!text.includes(replacement) || Buffer.from(text).equals(bytes));
  return isSafe ? text : new RawText(bytes);
}

/** Same storage class and same bytes. */
export function areCellsEqual(one: Cell, other: Cell): boolean {
  if (one instanceof RawText || other instanceof RawText)
    return one instanceof RawText && other instanceof RawText && one.bytes.equals(other.bytes);
  if (Buffer.isBuffer(one) || Buffer.isBuffer(other))
    return Buffer.isBuffer(one) && Buffer.isBuffer(other) && one.equals(other);
  return Object.is(one, other);
}
