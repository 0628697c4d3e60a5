import { openSync, readSync, closeSync } from "node:fs";
import {
  readDumpStatements,
  type DumpRow,
  type DumpRowsItem,
  type ReadStatement,
} from "./d1-dump.ts";
import { listRowColumns } from "./dump-columns.ts";
import { foldName, type DumpColumn, type DumpTable } from "./dump-table.ts";
import { hazardOf } from "./lint-cell.ts";
import { hazardKinds, type HazardKind, type Mend } from "./lint-kinds.ts";
import { describeRow, measureRow } from "./lint-row.ts";
import { limits } from "./limits.ts";

/** A sample of what was found. */
export interface Hazard {
  readonly kind: HazardKind;
  readonly table: string;
  /** Undefined when it is the table or the whole row. */
  readonly column: string | undefined;
  /** Its primary key, else its position: personal data, for the report only. Undefined for tables. */
  readonly row: string | undefined;
  readonly line: number;
  readonly mend: Mend;
}

/** How often a hazard was met. */
export interface HazardCount {
  readonly kind: HazardKind;
  readonly table: string;
  readonly column: string | undefined;
  readonly count: number;
}

export interface LintedTable {
  readonly name: string;
  readonly rows: number;
  /** Rows with a value that is compared with v1 or read again. */
  readonly doubtfulRows: number;
  /** Bytes of their INSERTs. */
  readonly doubtfulBytes: number;
  readonly table: DumpTable;
}

export interface LintReport {
  readonly tables: readonly LintedTable[];
  /** Samples: at most `samplesPerKind` of a kind in a table. */
  readonly hazards: readonly Hazard[];
  /** True counts of every kind, table and column. */
  readonly counts: readonly HazardCount[];
}

export interface LintOptions {
  readonly signal?: AbortSignal;
  /** Bytes read so far. */
  readonly onBytes?: (bytes: number) => void;
}

export const samplesPerKind = 10;

/** The first line of a file that we mended: in it numbers and characters are what they seem. */
export const exactMark = "-- movebook: values in this file are exact";

/** The file begins with our mark. */
export function isExactDump(file: string): boolean {
  const head = Buffer.alloc(exactMark.length);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return head.toString("latin1") === exactMark;
}

/** Where the rows of an INSERT belong. */
interface Place {
  readonly item: Pick<DumpRowsItem, "table" | "columns">;
  readonly tally: TableTally;
  readonly columns: readonly (DumpColumn | undefined)[];
}

interface TableTally {
  readonly table: DumpTable;
  rows: number;
  doubtfulRows: number;
  doubtfulBytes: number;
}

/** Counts hazards; keeps no rows but samples. */
class Linter {
  readonly #isExact: boolean;
  readonly #tables = new Map<string, TableTally>();
  readonly #hazards: Hazard[] = [];
  readonly #counts = new Map<
    string,
    { kind: HazardKind; table: string; column?: string; count: number }
  >();
  readonly #sampled = new Map<string, number>();
  #last: Place | undefined;

  constructor(isExact: boolean) {
    this.#isExact = isExact;
  }

  add({ statement, item }: ReadStatement): void {
    if (item.kind === "table") this.#addTable(item.table, item.line);
    if (item.kind !== "rows") return;
    const place = this.#place(item);
    if (place === undefined) return;
    for (const row of item.rows) {
      place.tally.rows++;
      const isDoubtful = this.#addCells(place.tally, place.columns, row);
      if (isDoubtful) {
        place.tally.doubtfulRows++;
        place.tally.doubtfulBytes += Math.ceil(statement.sql.length / item.rows.length);
      }
    }
    this.#addStatement(place.tally, statement.sql, item, place.columns);
  }

  #place(item: DumpRowsItem): Place | undefined {
    if (this.#last?.item.table === item.table && this.#last.item.columns === item.columns)
      return this.#last;
    const tally = this.#tables.get(foldName(item.table));
    if (tally === undefined) return undefined;
    const { table, columns } = item;
    this.#last = { item: { table, columns }, tally, columns: listRowColumns(tally.table, columns) };
    return this.#last;
  }

  #addTable(table: DumpTable, line: number): void {
    this.#tables.set(foldName(table.name), { table, rows: 0, doubtfulRows: 0, doubtfulBytes: 0 });
    this.#last = undefined;
    const note = (kind: HazardKind): void =>
      this.#note(kind, table.name, undefined, undefined, line);
    if (table.isVirtual) note("virtual-table");
    else if (table.name === "d1_migrations") note("migrations-table");
    else if (table.primaryKey.length === 0) note("no-primary-key");
    const isLater = (parent: string): boolean => !this.#tables.has(foldName(parent));
    if (table.parents.some(isLater)) note("child-before-parent");
  }

  #addCells(
    { table, rows }: TableTally,
    columns: readonly (DumpColumn | undefined)[],
    row: DumpRow,
  ): boolean {
    let isDoubtful = false;
    const { cells } = row;
    for (let at = 0; at < cells.length; at++) {
      const kind = hazardOf(cells[at]!, columns[at]?.affinity ?? "blob", this.#isExact);
      if (kind === undefined) continue;
      if (hazardKinds[kind].mend === "reread" || kind === "folded-json") isDoubtful = true;
      const name = (): string => describeRow(table, columns, row, rows);
      this.#note(kind, table.name, columns[at]?.name, name, row.line);
    }
    return isDoubtful;
  }

  #addStatement(
    { table, rows }: TableTally,
    sql: Buffer,
    item: DumpRowsItem,
    columns: readonly (DumpColumn | undefined)[],
  ): void {
    const [row] = item.rows;
    if (row === undefined) return;
    const name =
      (one: DumpRow): (() => string) =>
      () =>
        describeRow(table, columns, one, rows);
    if (sql.length > limits.statement)
      for (const one of item.rows) {
        const bytes = measureRow(one.cells);
        const kind =
          bytes > limits.row ? "oversized-row" : bytes > limits.statement ? "long-row" : undefined;
        if (kind !== undefined) this.#note(kind, table.name, undefined, name(one), one.line);
      }
    if (sql.includes("BEGIN TRANSACTION") || sql.includes("COMMIT;"))
      this.#note("transaction-text", table.name, undefined, name(row), row.line);
  }

  #note(
    kind: HazardKind,
    table: string,
    column: string | undefined,
    row: (() => string) | undefined,
    line: number,
  ): void {
    const key = `${kind}\0${table}\0${column ?? ""}`;
    const tally = this.#counts.get(key);
    if (tally === undefined)
      this.#counts.set(key, { kind, table, ...(column === undefined ? {} : { column }), count: 1 });
    else tally.count++;
    const sample = `${kind}\0${table}`;
    const taken = this.#sampled.get(sample) ?? 0;
    if (taken >= samplesPerKind) return;
    this.#sampled.set(sample, taken + 1);
    this.#hazards.push({ kind, table, column, row: row?.(), line, mend: hazardKinds[kind].mend });
  }

  report(): LintReport {
    return {
      tables: [...this.#tables.values()].map((tally) => ({ ...tally, name: tally.table.name })),
      hazards: this.#hazards.filter((hazard) => !this.#isParentKnown(hazard)),
      counts: [...this.#counts.values()]
        .filter((count) => !this.#isParentKnown(count))
        .map((count) => ({ ...count, column: count.column })),
    };
  }

  /** A foreign key to the table itself, or to one that the dump never creates, is no question of order. */
  #isParentKnown({ kind, table }: { kind: HazardKind; table: string }): boolean {
    if (kind !== "child-before-parent") return false;
    const names = [...this.#tables.keys()];
    const own = names.indexOf(foldName(table));
    const parents = this.#tables.get(foldName(table))?.table.parents ?? [];
    return !parents.some((parent) => names.indexOf(foldName(parent)) > own);
  }
}

/**
 * Looks at every value of a dump, in constant memory: what did the export lose, what will the import trip over?
 * @throws Failure (refused) as readDump, when the file is no whole D1 dump
 */
export async function lintDump(file: string, options: LintOptions = {}): Promise<LintReport> {
  let linter: Linter | undefined;
  const reading = options.signal === undefined ? {} : { signal: options.signal };
  for await (const statements of readDumpStatements(file, reading)) {
    linter ??= new Linter(isExactDump(file));
    for (const read of statements) linter.add(read);
    const last = statements.at(-1)?.statement;
    if (last !== undefined) options.onBytes?.(last.start + last.sql.length);
  }
  return linter?.report() ?? { tables: [], hazards: [], counts: [] };
}
