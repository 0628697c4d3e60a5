import { joinBalanced, measureCells } from "../../cloudflare/exact-cells.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { listStoredColumns, nameRowid } from "../../cloudflare/stored-columns.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";
import { encodeReals, encodeRow, listRealPlaces } from "./reread-cells.ts";

/** The columns of a table in which the dump cannot be trusted, by what is doubted. */
export interface Doubts {
  readonly shape: TableShape;
  /** Text in which a real newline and `\n` look alike. */
  readonly folded: readonly string[];
  /** Integers that may be rounded. */
  readonly large: readonly string[];
  /** Integers that may have been reals. */
  readonly untyped: readonly string[];
  /** Text that may have held bytes that are no UTF-8. */
  readonly replaced: readonly string[];
}

export const bytesOf = (value: string): string => `length(CAST(${value} AS BLOB))`;
const lf = "char(10)";
const cr = "char(13)";
const blanks = "' ' || char(9) || char(10) || char(13)";

const holds = (column: string, text: string): string => `instr(${column}, ${text}) > 0`;

/** json_valid looks at a text up to its first NUL, and takes it for JSON whatever follows. */
const isJson = (column: string): string =>
  `(json_valid(${column}) AND NOT ${holds(column, "char(0)")})`;

/**
 * Text that the export really corrupted and that JSON's rule does not mend; and text that looks like JSON and is none,
 * because the rule would take it for JSON. A text with one reading only is plain text in the dump: the rule never sees it.
 */
function isFolded(name: string): string {
  const column = quoteIdentifier(name);
  const isCorrupted = `((${holds(column, lf)} AND ${holds(column, "'\\n'")}) OR (${holds(column, cr)} AND ${holds(column, "'\\r'")}))`;
  const isLikeJson = `substr(ltrim(${column}, ${blanks}), 1, 1) IN ('{', '[', '"')`;
  return `(typeof(${column}) = 'text' AND (${holds(column, lf)} OR ${holds(column, cr)}) AND NOT ${isJson(column)} AND (${isCorrupted} OR (${isLikeJson} AND ${isAmbiguous(column)})))`;
}

/** Integers beyond 2^53 (abs() would overflow at the smallest), and reals that the export writes as such an integer. */
function isLarge(name: string): string {
  const column = quoteIdentifier(name);
  return (
    `((typeof(${column}) = 'integer' AND (${column} > 9007199254740991 OR ${column} < -9007199254740991))` +
    ` OR (typeof(${column}) = 'real' AND (${column} BETWEEN 9007199254740992.0 AND 9223372036854775808.0 OR ${column} BETWEEN -9223372036854775808.0 AND -9007199254740992.0)))`
  );
}

/** Reals that the export writes as integers. */
function isWholeReal(name: string): string {
  const column = quoteIdentifier(name);
  return `(typeof(${column}) = 'real' AND ${column} BETWEEN -9223372036854775808.0 AND 9223372036854775808.0 AND ${column} = round(${column}))`;
}

/** SQLite has no question for invalid UTF-8; what is not ASCII is read, and sorted out here. */
function isNotAscii(name: string): string {
  const column = quoteIdentifier(name);
  return `(typeof(${column}) = 'text' AND ${column} GLOB '*[^' || char(1) || '-' || char(127) || ']*')`;
}

const anyOf = (conditions: readonly string[]): string =>
  conditions.length === 0 ? "0" : joinBalanced(conditions, "OR");

/** Rows of which the dump is surely wrong, or would be mended wrongly. */
export const isSurelyWrong = ({ folded, large, untyped }: Doubts): string =>
  anyOf([...folded.map(isFolded), ...large.map(isLarge), ...untyped.map(isWholeReal)]);

/** The rows with a number, by which they are asked for page by page. */
function fromNumbered(shape: TableShape): string {
  const table = quoteIdentifier(shape.name);
  const columns = listStoredColumns(shape).map(quoteIdentifier).join(", ");
  const number = shape.withoutRowid
    ? `row_number() OVER (ORDER BY ${shape.primaryKey.map(quoteIdentifier).join(", ")})`
    : nameRowid(shape);
  return `FROM (SELECT ${number} AS movebook_number, ${columns} FROM ${table})`;
}

/** SQL of the FROM clause that gives one row by its number. */
export const fromRow = (shape: TableShape, number: bigint): string =>
  `${fromNumbered(shape)} WHERE movebook_number = ${number}`;

/** Values of a row with more bytes are read in pieces: D1 gives no text beyond 2 MB, and hex doubles the length. */
const largeRow = 300_000;
/** Bytes of an answer, about. */
const answerBytes = 8_000_000;

/**
 * SQL for the next doubtful rows: `number`, `sure` (1: the dump is surely wrong), `cells` ('' when the row is large),
 * `found`: rows before the answer was cut at its length. None with `found` below `rows` and uncut: the end.
 */
export function buildRereadQuery(doubts: Doubts, after: bigint | undefined, rows: number): string {
  const { shape } = doubts;
  const columns = listStoredColumns(shape);
  const values = columns.map(quoteIdentifier);
  const reals = encodeReals(shape, columns);
  const names = ["number", "sure", "cells", ...listRealPlaces(shape).map((place) => `r${place}`)];
  const sure = isSurelyWrong(doubts);
  const doubtful = anyOf([sure, ...doubts.replaced.map(isNotAscii)]);
  const onwards = after === undefined ? "" : ` AND movebook_number > ${after}`;
  const cells = `CASE WHEN ${measureCells(values)} > ${largeRow} THEN '' ELSE ${encodeRow(columns)} END AS cells`;
  return [
    `WITH movebook_doubtful AS (SELECT ${["movebook_number AS number", `${sure} AS sure`, cells, ...reals].join(", ")}`,
    `${fromNumbered(shape)} WHERE ${doubtful}${onwards} ORDER BY movebook_number LIMIT ${rows}),`,
    `movebook_counted AS (SELECT ${names.join(", ")}, count(*) OVER () AS found,`,
    "sum(length(cells) + 40) OVER (ORDER BY number ROWS UNBOUNDED PRECEDING) AS total FROM movebook_doubtful)",
    `SELECT CAST(movebook_counted.number AS TEXT) AS number, ${names.slice(1).join(", ")}, found`,
    `FROM movebook_counted WHERE total <= ${answerBytes} ORDER BY movebook_counted.number`,
  ].join("\n");
}

/** How often a text stands in a column. */
const timesIn = (column: string, text: string, length: number): string =>
  `(${bytesOf(column)} - ${bytesOf(`replace(${column}, ${text}, '')`)}) / ${length}`;

/** Text that the dump folded with more than one reading. */
export function isAmbiguous(column: string): string {
  const marks = (real: string, literal: string): string =>
    `(${holds(column, real)} AND ${timesIn(column, real, 1)} + ${timesIn(column, literal, 2)} > 1)`;
  return `(typeof(${column}) = 'text' AND (${marks(lf, "'\\n'")} OR ${marks(cr, "'\\r'")}))`;
}
