import { areCellsEqual, type Cell } from "./cell.ts";
import { decodeCells } from "./exact-cells.ts";

/** A row as a database or a scratch file holds it; its cells are decoded when somebody asks for them. */
export class StoredRow {
  /** What encodeCells says of it; undefined: only its cells are known. */
  readonly text: string | undefined;
  readonly #cells: Cell[] | undefined;
  readonly #reals: ReadonlyMap<number, number> | undefined;

  private constructor(
    text: string | undefined,
    cells: Cell[] | undefined,
    reals: ReadonlyMap<number, number> | undefined,
  ) {
    this.text = text;
    this.#cells = cells;
    this.#reals = reals;
  }

  /** @param reals the doubles of the row by the place of their column, where the text does not tell them */
  static ofText(text: string, reals?: ReadonlyMap<number, number>): StoredRow {
    return new StoredRow(text, undefined, reals);
  }

  static ofCells(cells: Cell[]): StoredRow {
    return new StoredRow(undefined, cells, undefined);
  }

  get cells(): Cell[] {
    return this.#cells ?? decodeCells(this.text ?? "", this.#reals);
  }
}

/**
 * Same storage classes and same bytes. Two texts are compared as they are: there is one text only for each null, integer,
 * text and blob. Doubles are printed otherwise by each version of SQLite: one of both rows must not have a text then.
 */
export function areRowsEqual(one: StoredRow, other: StoredRow): boolean {
  if (one.text !== undefined && other.text !== undefined) return one.text === other.text;
  const [cells, others] = [one.cells, other.cells];
  return (
    cells.length === others.length &&
    cells.every((cell, index) => areCellsEqual(cell, others[index] ?? null))
  );
}
