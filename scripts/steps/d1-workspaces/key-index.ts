import { RawText, type Cell } from "../../cloudflare/cell.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import type { Scratch } from "../../cloudflare/scratch.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";

/** A table of the scratch file. */
interface IndexedTable {
  readonly scratch: Scratch;
  readonly shape: TableShape;
  /** Its name in the scratch file. */
  readonly expected: string;
}

/** A key as a text that is the same for the same cells only. */
export function keyOf(cells: readonly Cell[]): string {
  return cells
    .map((cell) => {
      if (cell === null) return "n";
      if (cell instanceof RawText) return `r${cell.bytes.toString("hex")}`;
      if (Buffer.isBuffer(cell)) return `b${cell.toString("hex")}`;
      return `${typeof cell === "string" ? "t" : typeof cell === "bigint" ? "i" : "f"}${JSON.stringify(String(cell))}`;
    })
    .join(",");
}

const listNames = (names: readonly string[]): string => names.map(quoteIdentifier).join(", ");

/** Keys of the expected rows with their places: the scratch file itself has no indexes, and is only read. */
export class KeyIndex {
  static #made = 0;
  // of its own: a table that was not read to its end cannot be dropped, and goes with the connection
  readonly #table = `temp.movebook_keys_${(KeyIndex.#made += 1)}`;
  readonly #scratch: Scratch;
  readonly #key: string;
  readonly #query: string;

  constructor({ scratch, shape, expected }: IndexedTable, names: readonly string[], rowid: string) {
    this.#scratch = scratch;
    this.#key = listNames(shape.primaryKey);
    this.#query = `SELECT ${listNames(names)} FROM ${quoteIdentifier(expected)} WHERE ${rowid} IN (SELECT movebook_place FROM ${this.#table} WHERE`;
    scratch.exec(
      `CREATE TABLE ${this.#table} AS SELECT ${rowid} AS movebook_place, ${this.#key} FROM ${quoteIdentifier(expected)}`,
    );
    const name = this.#table.replace("temp.", "");
    scratch.exec(`CREATE INDEX ${this.#table}_by_key ON ${name} (${this.#key})`);
  }

  /** The expected rows that have one of the keys. */
  find(keys: readonly (readonly Cell[])[]): Cell[][] {
    const parameter = (cell: Cell): string => (cell instanceof RawText ? "CAST(? AS TEXT)" : "?");
    const values = keys.map((key) => `(${key.map(parameter).join(", ")})`).join(", ");
    const isOne = keys[0]?.length === 1;
    const condition = isOne
      ? `${this.#key} IN (${values})`
      : `(${this.#key}) IN (VALUES ${values})`;
    return [...this.#scratch.rows(`${this.#query} ${condition})`, ...keys.flat())];
  }

  /** Keys that no row of the database had, the first few. */
  *listOthers(met: ReadonlySet<string>): Generator<Cell[]> {
    for (const key of this.#scratch.rows(`SELECT ${this.#key} FROM ${this.#table}`))
      if (!met.has(keyOf(key))) yield key;
  }
}
