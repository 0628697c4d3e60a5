import { joinBalanced } from "./exact-cells.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { StoredTable } from "./list-tables.ts";
import { findRowid } from "./stored-columns.ts";

/** Places of a text at which a character is looked at, besides the last one: eighths of its length. */
const places = 8;
/** Columns of one statement: D1 takes 100 columns and 100,000 bytes, and wrangler's splitter likes short ones. */
const columnsAtOnce = 8;

/** Characters at several places of a text, each with a weight of its own. */
function sampleText(value: string): string {
  const characters = Array.from(
    { length: places },
    (_, place) =>
      `${2 * place + 3} * ifnull(unicode(substr(${value}, 1 + length(${value}) * ${place} / ${places}, 1)), 0)`,
  );
  return joinBalanced([...characters, `ifnull(unicode(substr(${value}, -1)), 0)`], "+");
}

/** A double by its digits and its exponent. */
const weighReal = (value: string): string =>
  `3 + (${value} < 0) + CAST(substr(printf('%!.16e', abs(${value})), 3, 16) AS INTEGER) % 1000000007` +
  ` + 11 * CAST(printf('%.2e', abs(${value})) AS INTEGER)` +
  ` + 13 * CAST(substr(printf('%.2e', abs(${value})), 6) AS INTEGER)`;

/** A number for one value: its storage class, its length, samples of its characters; an integer itself. */
const weigh = (value: string): string =>
  `CASE typeof(${value}) WHEN 'null' THEN 0 WHEN 'integer' THEN 1 + ${value} % 1000000007` +
  ` WHEN 'real' THEN ${weighReal(value)}` +
  ` ELSE 5 + (typeof(${value}) = 'blob') + 31 * length(CAST(${value} AS BLOB)) + ${sampleText(value)} END`;

/**
 * Statements that give the number of rows, the largest rowid and, in `sums`, one number for each column, separated by
 * commas. A row has a weight by its rowid, so that values which change places are seen.
 */
export function buildFingerprintSql(table: StoredTable): string[] {
  const { columns } = table;
  const rowid = table.withoutRowid ? undefined : findRowid(columns);
  const weight = rowid === undefined ? "1" : `(1 + abs(${rowid} % 97))`;
  const groups = Array.from(
    { length: Math.max(1, Math.ceil(columns.length / columnsAtOnce)) },
    (_, index) => columns.slice(index * columnsAtOnce, (index + 1) * columnsAtOnce),
  );
  return groups.map((group) => {
    const values = group.map((_, index) => `c${index}`);
    const sums = values.flatMap((value, index) => [
      ...(index === 0 ? [] : ["','"]),
      `ifnull(sum(w * (${weigh(value)})), 0)`,
    ]);
    const named = group
      .map((column, index) => `, ${quoteIdentifier(column)} AS c${index}`)
      .join("");
    return (
      `SELECT count(*) AS n, CAST(max(r) AS TEXT) AS r, ${joinBalanced(sums, "||")} AS sums` +
      ` FROM (SELECT ${rowid ?? "0"} AS r, ${weight} AS w${named} FROM ${quoteIdentifier(table.name)})`
    );
  });
}
