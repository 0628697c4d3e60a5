import { quoteIdentifier } from "./identifier.ts";
import { nameRowid } from "./stored-columns.ts";
import type { TableShape } from "./table-shape.ts";

/** How the rows of a table are numbered, in the order in which they are read. */
export interface Numbering {
  /** SQL of the number. */
  readonly number: string;
  /** SQL of the FROM clause that gives one row by its number. */
  readonly one: (number: bigint) => string;
  /** SQL of the FROM clause that gives the rows after a number, in order. */
  readonly after: (number: bigint | undefined, rows: number) => string;
  /** SQL of the last number. */
  readonly last: string;
}

export function numberRows(shape: TableShape): Numbering {
  const table = quoteIdentifier(shape.name);
  if (shape.withoutRowid) {
    const key = shape.primaryKey.map(quoteIdentifier).join(", ");
    return {
      number: `row_number() OVER (ORDER BY ${key})`,
      one: (number) => `FROM ${table} ORDER BY ${key} LIMIT 1 OFFSET ${number - 1n}`,
      after: (number, rows) => `FROM ${table} ORDER BY ${key} LIMIT ${rows} OFFSET ${number ?? 0n}`,
      last: `(SELECT count(*) FROM ${table})`,
    };
  }
  const rowid = nameRowid(shape);
  return {
    number: rowid,
    one: (number) => `FROM ${table} WHERE ${rowid} = ${number}`,
    after: (number, rows) =>
      `FROM ${table} ${number === undefined ? "" : `WHERE ${rowid} > ${number}`} ORDER BY ${rowid} LIMIT ${rows}`,
    last: `(SELECT max(${rowid}) FROM ${table})`,
  };
}
