/** Values of one kind: a table that both databases have, v1's rows, and what must be true of v2 after the move. */
export interface Specimen {
  /** "brings …" */
  readonly what: string;
  /** Made in both databases by their owners. */
  readonly schema: string;
  /** Run in v1. */
  readonly rows: string;
  /** Tables of it as `format('%I.%I')` spells them: they must hold rows. */
  readonly tables: readonly string[];
  /** SQL conditions. Each must be true in v2 (null is not enough): the values are really there. */
  readonly holds: readonly string[];
}

/** One table, whose values are numbered: `insert into <table> values (1, <values>), (2, …)`. */
export const numbered = (table: string, rows: readonly string[]): string =>
  `insert into ${table} values ${rows.map((row, at) => `(${at + 1}, ${row})`).join(",\n")};`;

/** A condition on the row of that number. */
export const ofRow =
  (table: string) =>
  (number: number, condition: string): string =>
    `(select ${condition} from ${table} where id = ${number})`;
