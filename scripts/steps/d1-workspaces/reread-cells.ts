import type { Cell } from "../../cloudflare/cell.ts";
import type { Row } from "../../cloudflare/d1-database.ts";
import { decodeCell, isNegativeZero, joinBalanced } from "../../cloudflare/exact-cells.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";

/** In the text of a row: a real, which stands in a column of its own, because only JSON's numbers are exact. */
const real = "R";
/** Columns that D1 gives in one answer, less those that are not of the table. */
const mostReals = 95;

/** Columns that can hold reals: text takes none. */
export const listRealPlaces = ({ columns }: TableShape): number[] =>
  columns
    .filter(({ generated }) => !generated)
    .flatMap(({ affinity }, place) => (affinity === "text" ? [] : [place]))
    .slice(0, mostReals);

/** SQL that gives one value as a text. */
export function encodeValue(name: string): string {
  return (
    `CASE typeof(${name}) WHEN 'text' THEN 't' || hex(${name}) WHEN 'blob' THEN 'b' || hex(${name})` +
    ` WHEN 'integer' THEN 'i' || ${name} WHEN 'real' THEN` +
    ` CASE WHEN ${name} = 9e999 THEN 'rInf' WHEN ${name} = -9e999 THEN 'r-Inf'` +
    ` WHEN ${name} = 0.0 AND ${isNegativeZero(name)} THEN 'r-0.0' ELSE '${real}' END ELSE 'n' END`
  );
}

/** SQL that gives a row as one text, all but its reals. */
export const encodeRow = (columns: readonly string[]): string =>
  joinBalanced(
    columns
      .map(quoteIdentifier)
      .flatMap((name, index) => (index === 0 ? [] : ["','"]).concat(encodeValue(name))),
    "||",
  );

/** SQL that gives a row's reals, each in a column `r<place>`. */
export const encodeReals = (shape: TableShape, columns: readonly string[]): string[] =>
  listRealPlaces(shape).map((place) => {
    const name = quoteIdentifier(columns[place]!);
    return `CASE WHEN typeof(${name}) = 'real' AND ${name} > -9e999 AND ${name} < 9e999 THEN ${name} END AS r${place}`;
  });

/** The cells of an answer; undefined when the row has to be read by itself. */
export function decodeRow(row: Row): Cell[] | undefined {
  const text = String(row["cells"]);
  if (text === "") return undefined;
  return text
    .split(",")
    .map((cell, place) => (cell === real ? Number(row[`r${place}`]) : decodeCell(cell)));
}
