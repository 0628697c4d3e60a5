import { areCellsEqual, RawText, type Cell } from "../../cloudflare/cell.ts";
import type { D1Database } from "../../cloudflare/d1-database.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { readTable } from "../../cloudflare/read-table.ts";
import type { Scratch } from "../../cloudflare/scratch.ts";
import { rowidName } from "../../cloudflare/shape-twin.ts";
import { listStoredColumns } from "../../cloudflare/stored-columns.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";

/** A table of a database, and the rows of the scratch file that it should hold. */
export interface Comparison {
  readonly database: D1Database;
  readonly scratch: Scratch;
  /** The table in the database. */
  readonly shape: TableShape;
  /** Name of the table in the scratch file that holds the same columns. */
  readonly expected: string;
  /** For tables without a key: the order in which the expected rows were written. */
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

/** A key as a text that is the same for the same cells only. */
function keyOf(cells: readonly Cell[]): string {
  return cells
    .map((cell) => {
      if (cell === null) return "n";
      if (cell instanceof RawText) return `r${cell.bytes.toString("hex")}`;
      if (Buffer.isBuffer(cell)) return `b${cell.toString("hex")}`;
      return `${typeof cell === "string" ? "t" : typeof cell === "bigint" ? "i" : "f"}${JSON.stringify(String(cell))}`;
    })
    .join(",");
}

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

const listNames = (names: readonly string[]): string => names.map(quoteIdentifier).join(", ");

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

/** Keys of the expected rows with their places: the scratch file itself has no indexes, and is only read. */
class KeyIndex {
  static #made = 0;
  // of its own: a table that was not read to its end cannot be dropped, and goes with the connection
  readonly #table = `temp.movebook_keys_${(KeyIndex.#made += 1)}`;
  readonly #scratch: Scratch;
  readonly #key: string;
  readonly #query: string;

  constructor({ scratch, shape, expected }: Comparison, names: readonly string[], rowid: string) {
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

/** Names the first rows that are missing. The keys of the database are read once more: it is not the usual case. */
async function sampleMissing(comparison: Comparison, index: KeyIndex, count: Count): Promise<void> {
  const { shape } = comparison;
  const columns = shape.primaryKey.flatMap((name) =>
    shape.columns.filter((column) => column.name === name),
  );
  const met = new Set<string>();
  for await (const page of readPages({ ...comparison, shape: { ...shape, columns } }))
    for (const key of page) met.add(keyOf(key));
  for (const key of index.listOthers(met)) {
    count.sample(`${nameKey(shape.primaryKey, key)}: is missing`);
    if (count.samples.length >= shownSamples) return;
  }
}

async function compareByKey(
  comparison: Comparison,
  names: readonly string[],
  count: Count,
  index: KeyIndex,
): Promise<void> {
  const { primaryKey } = comparison.shape;
  const positions = primaryKey.map((name) => names.indexOf(name));
  const keyOfRow = (row: readonly Cell[]): Cell[] =>
    positions.map((position) => row[position] ?? null);
  for await (const page of readPages(comparison)) {
    for (let start = 0; start < page.length; start += lookedUp) {
      const rows = page.slice(start, start + lookedUp);
      const found = new Map(
        index.find(rows.map(keyOfRow)).map((row) => [keyOf(keyOfRow(row)), row]),
      );
      for (const row of rows) {
        const key = keyOfRow(row);
        const should = found.get(keyOf(key));
        const name = (): string => nameKey(primaryKey, key);
        if (should === undefined) count.add(name);
        else count.meet(row, should, name);
      }
    }
    count.rows += page.length;
    comparison.onRows?.(count.rows);
  }
  if (count.met < count.expected) await sampleMissing(comparison, index, count);
}

async function compareByPosition(
  comparison: Comparison,
  names: readonly string[],
  count: Count,
): Promise<void> {
  const { scratch, expected, orderBy = "rowid" } = comparison;
  const rows = scratch.rows(
    `SELECT ${listNames(names)} FROM ${quoteIdentifier(expected)} ORDER BY ${orderBy}`,
  );
  for await (const page of readPages(comparison)) {
    for (const row of page) {
      count.rows += 1;
      const should = rows.next();
      const name = (): string => `row ${count.rows}`;
      if (should.done === true) count.add(name);
      else count.meet(row, should.value, name);
    }
    comparison.onRows?.(count.rows);
  }
  rows.return(undefined);
}

async function* readPages({ database, shape, signal }: Comparison): AsyncGenerator<Cell[][]> {
  for await (const page of readTable(database, shape)) {
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
  else await compareByKey(comparison, names, count, new KeyIndex(comparison, names, rowid));
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
