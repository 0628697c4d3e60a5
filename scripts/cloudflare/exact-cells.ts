import { textCell, type Cell } from "./cell.ts";

/**
 * A tree of a binary operator that is as flat as can be: SQLite as D1 runs it takes expressions of depth 100 at most,
 * and a chain of 100 columns would be deeper.
 */
export function joinBalanced(terms: readonly string[], operator: string): string {
  if (terms.length <= 1) return terms[0] ?? "''";
  const middle = Math.ceil(terms.length / 2);
  const halves = [terms.slice(0, middle), terms.slice(middle)];
  return `(${halves.map((half) => joinBalanced(half, operator)).join(` ${operator} `)})`;
}

/**
 * Outside of this range D1's own printf is wrong in the last bit of many doubles (a fifth of those around 1e-100); its
 * JSON is right.
 */
const printable = "BETWEEN 1e-60 AND 1e60";

/** In an encoded row: a double that has to be read by itself, as JSON. */
export const unprinted = "R";

/** SQL that says of a zero whether it is -0.0, which both printf and JSON write as 0.0. */
export const isNegativeZero = (value: string): string => `atan2(${value}, -1.0) < 0`;

/** One value as a text that says its storage class and holds every byte of it. */
const encodeValue = (value: string): string =>
  `CASE typeof(${value}) WHEN 'text' THEN 't' || hex(${value}) WHEN 'blob' THEN 'b' || hex(${value})` +
  ` WHEN 'integer' THEN 'i' || ${value} WHEN 'real' THEN` +
  ` CASE WHEN ${value} = 0.0 AND ${isNegativeZero(value)} THEN 'r-0.0'` +
  ` WHEN abs(${value}) ${printable} OR ${value} IN (0.0, 9e999, -9e999)` +
  ` THEN 'r' || printf('%!.17g', ${value}) ELSE '${unprinted}' END ELSE 'n' END`;

/**
 * SQL that gives the values of a row as one text, exactly: JSON rounds integers, drops the point of 3.0 and knows
 * neither blobs nor text that is no UTF-8. Read it with decodeCells.
 * @param values quoted names
 */
export const encodeCells = (values: readonly string[]): string =>
  joinBalanced(
    values.flatMap((value, index) => (index === 0 ? [] : ["','"]).concat(encodeValue(value))),
    "||",
  );

/** SQL that gives the bytes of the values of a row. */
export const measureCells = (values: readonly string[]): string =>
  joinBalanced(
    values.map((value) => `coalesce(length(CAST(${value} AS BLOB)), 0)`),
    "+",
  );

const infinities: Readonly<Record<string, number>> = { Inf: Infinity, "-Inf": -Infinity };

/** @throws Error when the text is none of encodeCells */
export function decodeCell(text: string): Cell {
  const body = text.slice(1);
  switch (text.charAt(0)) {
    case "t":
      return textCell(Buffer.from(body, "hex"));
    case "b":
      return Buffer.from(body, "hex");
    case "i":
      return BigInt(body);
    case "r":
      return infinities[body] ?? Number(body);
    case "n":
      return null;
    default:
      throw new Error("a database answered with a cell that was not asked for");
  }
}

/**
 * The cells of one text of encodeCells.
 * @param reals the doubles of the row by the place of their column, where the text has `unprinted` ones
 */
export const decodeCells = (text: string, reals?: ReadonlyMap<number, number>): Cell[] =>
  text.split(",").map((cell, index) => {
    const real = cell === unprinted ? reals?.get(index) : undefined;
    return real ?? decodeCell(cell);
  });
