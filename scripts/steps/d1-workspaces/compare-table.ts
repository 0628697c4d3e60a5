import { areCellsEqual, RawText, type Cell } from "../../cloudflare/cell.ts";
import type { D1Database } from "../../cloudflare/d1-database.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { readStoredRows } from "../../cloudflare/read-table.ts";
import type { Scratch } from "../../cloudflare/scratch.ts";
import { rowidName } from "../../cloudflare/shape-twin.ts";
import { listStoredColumns, nameRowid } from "../../cloudflare/stored-columns.ts";
import { areRowsEqual, type StoredRow } from "../../cloudflare/stored-row.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";
import { listExpectedRows } from "./expected-rows.ts";
import { KeyIndex, keyOf } from "./key-index.ts";

/** A table of a database, and the rows of the scratch file that it should hold. */
export interface Comparison {
  readonly database: D1Database;
  readonly scratch: Scratch;
  /** The table in the database. */
  readonly shape: TableShape;
  /** Name of the table in the scratch file that holds the same columns. */
  readonly expected: string;
  /** The order in which the expected rows were written: most stand in it still, and tables without a key have no other. */
  readonly orderBy?: string;
  readonly signal: AbortSignal;
  readonly onRows?: (rows: number) => void;
}

/** What the comparison of one table found. Keys are personal data: for the report only. */
export interface TableDifference {
  readonly table: string;
  /** Rows that the database holds, and rows that it should hold. */
  readonly rows: number;
  readonly expected: number;
  /** Rows with the same cells, byte for byte. */
  readonly equal: number;
  /** Rows that are there with other values. */
  readonly changed: number;
  /** Rows that should be there and are not. */
  readonly missing: number;
  /** Rows that should not be there. */
  readonly extra: number;
  /** Column → rows in which it differs. */
  readonly columns: ReadonlyMap<string, number>;
  /** Keys or positions of rows that differ, the first few. */
  readonly samples: readonly string[];
}

const shownSamples = 10;
/** Keys that one statement looks up: SQLite's shell takes more, and it is not faster. */
const lookedUp = 400;

export const isSame = (found: TableDifference): boolean =>
  found.changed === 0 && found.missing === 0 && found.extra === 0;

/** A key as a person reads it, for the report. */
const nameKey = (names: readonly string[], cells: readonly Cell[]): string =>
  names
    .map((name, index) => {
      const cell = cells[index] ?? null;
      const text =
        cell instanceof RawText
          ? `bytes ${cell.bytes.toString("hex")}`
          : Buffer.isBuffer(cell)
            ? `blob ${cell.toString("hex")}`
            : String(cell);
      return `${name} = ${text}`;
    })
    .join(", ");

/** Counts while a table is read. */
class Count {
  rows = 0;
  equal = 0;
  changed = 0;
  extra = 0;
  /** Expected rows that were met. */
  met = 0;
  readonly expected: number;
  readonly columns = new Map<string, number>();
  readonly samples: string[] = [];
  readonly #names: readonly string[];

  constructor(names: readonly string[], expected: number) {
    this.#names = names;
    this.expected = expected;
  }

  sample(text: string): void {
    if (this.samples.length < shownSamples) this.samples.push(text);
  }

  /** A row that is there as it should be. */
  meetEqual(): void {
    this.met += 1;
    this.equal += 1;
  }

  /** A row that is there and one that should be. */
  meet(row: readonly Cell[], should: readonly Cell[], name: () => string): void {
    this.met += 1;
    const differing = this.#names.filter(
      (_, index) => !areCellsEqual(row[index] ?? null, should[index] ?? null),
    );
    if (differing.length === 0) {
      this.equal += 1;
      return;
    }
    this.changed += 1;
    for (const column of differing) this.columns.set(column, (this.columns.get(column) ?? 0) + 1);
    this.sample(`${name()}: ${differing.join(", ")} differ`);
  }

  add(name: () => string): void {
    this.extra += 1;
    this.sample(`${name()}: should not be there`);
  }
}

/** Names the first rows that are missing. The keys of the database are read once more: it is not the usual case. */
async function sampleMissing(comparison: Comparison, index: KeyIndex, count: Count): Promise<void> {
  const { shape } = comparison;
  const columns = shape.primaryKey.flatMap((name) =>
    shape.columns.filter((column) => column.name === name),
  );
  const met = new Set<string>();
  for await (const page of readPages({ ...comparison, shape: { ...shape, columns } }))
    for (const { cells } of page) met.add(keyOf(cells));
  for (const key of index.listOthers(met)) {
    count.sample(`${nameKey(shape.primaryKey, key)}: is missing`);
    if (count.samples.length >= shownSamples) return;
  }
}

const listExpected = (
  { scratch, shape, expected, orderBy = nameRowid(shape) }: Comparison,
  columns: readonly string[],
): Generator<StoredRow, undefined> =>
  listExpectedRows({ scratch, table: expected, columns, orderBy });

/** Looks rows up by their keys. */
function compareRows(
  { shape: { primaryKey } }: Comparison,
  names: readonly string[],
  count: Count,
  index: KeyIndex,
  rows: readonly StoredRow[],
): void {
  const positions = primaryKey.map((name) => names.indexOf(name));
  const keyOfRow = (row: readonly Cell[]): Cell[] =>
    positions.map((position) => row[position] ?? null);
  const cells = rows.map((row) => row.cells);
  const found = new Map(index.find(cells.map(keyOfRow)).map((row) => [keyOf(keyOfRow(row)), row]));
  for (const row of cells) {
    const key = keyOfRow(row);
    const should = found.get(keyOf(key));
    const name = (): string => nameKey(primaryKey, key);
    if (should === undefined) count.add(name);
    else count.meet(row, should, name);
  }
}

/** A row that stands where it was expected, and is equal, has the same key; the others are looked up. */
async function compareByKey(
  comparison: Comparison,
  names: readonly string[],
  count: Count,
  rowid: string,
): Promise<void> {
  const expected = listExpected(comparison, names);
  let index: KeyIndex | undefined;
  for await (const page of readPages(comparison)) {
    const others = page.filter((row) => {
      const should = expected.next().value;
      return should === undefined || !areRowsEqual(row, should);
    });
    for (let met = others.length; met < page.length; met += 1) count.meetEqual();
    for (let start = 0; start < others.length; start += lookedUp) {
      index ??= new KeyIndex(comparison, names, rowid);
      compareRows(comparison, names, count, index, others.slice(start, start + lookedUp));
    }
    count.rows += page.length;
    comparison.onRows?.(count.rows);
  }
  expected.return(undefined);
  if (count.met === count.expected) return;
  await sampleMissing(comparison, index ?? new KeyIndex(comparison, names, rowid), count);
}

async function compareByPosition(
  comparison: Comparison,
  names: readonly string[],
  count: Count,
): Promise<void> {
  const expected = listExpected(comparison, names);
  for await (const page of readPages(comparison)) {
    for (const row of page) {
      count.rows += 1;
      const should = expected.next().value;
      const name = (): string => `row ${count.rows}`;
      if (should === undefined) count.add(name);
      else if (areRowsEqual(row, should)) count.meetEqual();
      else count.meet(row.cells, should.cells, name);
    }
    comparison.onRows?.(count.rows);
  }
  expected.return(undefined);
}

async function* readPages({ database, shape, signal }: Comparison): AsyncGenerator<StoredRow[]> {
  for await (const page of readStoredRows(database, shape)) {
    signal.throwIfAborted();
    yield page;
  }
}

/** SQLite lets NULL stand in a primary key, more than once: such a table has none for us. */
function hasKey({ scratch, shape, expected }: Comparison): boolean {
  if (shape.primaryKey.length === 0) return false;
  const conditions = shape.primaryKey.map((name) => `${quoteIdentifier(name)} IS NULL`);
  return (
    scratch.count(
      `SELECT count(*) FROM ${quoteIdentifier(expected)} WHERE ${conditions.join(" OR ")}`,
    ) === 0
  );
}

/**
 * Reads every row of a table and compares it with the one that should be there, cell by cell: storage class and bytes.
 * Rows are found by their primary key; in a table without one, by position.
 * @throws Failure when the database cannot be asked
 */
export async function compareTable(comparison: Comparison): Promise<TableDifference> {
  const { scratch, shape, expected } = comparison;
  const names = listStoredColumns(shape);
  const total = scratch.count(`SELECT count(*) FROM ${quoteIdentifier(expected)}`);
  const count = new Count(names, total);
  const rowid = rowidName(shape);
  if (rowid === undefined || !hasKey(comparison)) await compareByPosition(comparison, names, count);
  else await compareByKey(comparison, names, count, rowid);
  const { rows, equal, changed, extra, columns, samples } = count;
  const missing = total - count.met;
  return {
    table: shape.name,
    rows,
    expected: total,
    equal,
    changed,
    missing,
    extra,
    columns,
    samples,
  };
}
