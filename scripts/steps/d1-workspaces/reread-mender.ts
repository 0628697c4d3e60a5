import type { Cell, RawText } from "../../cloudflare/cell.ts";
import type { D1Database } from "../../cloudflare/d1-database.ts";
import { FoldedText, type DumpCell } from "../../cloudflare/dump-cell.ts";
import type { HazardousRow } from "../../cloudflare/dump-mended.ts";
import { foldName, type DumpColumn } from "../../cloudflare/dump-table.ts";
import type { LintedTable } from "../../cloudflare/lint-dump.ts";
import type { HazardKind } from "../../cloudflare/lint-kinds.ts";
import { describeRow } from "../../cloudflare/lint-row.ts";
import { repairText } from "../../cloudflare/repair.ts";
import { listStoredColumns } from "../../cloudflare/stored-columns.ts";
import { hashExportedForm } from "./reread-form.ts";
import type { ExactRow, ExactRows } from "./reread-rows.ts";
import type { Doubts } from "./reread-sql.ts";
import { TableTallies, type TallyQuestion } from "./reread-tally.ts";

/** What was done to a table's rows. */
export interface MendedTable {
  readonly name: string;
  /** Rows whose values were read again from v1. */
  readonly reread: number;
  /** Texts that were mended as JSON in another way than SQLite would read them. */
  readonly repaired: number;
  /** Rows that are not in v1 as the dump tells them: v1 changed since. */
  readonly changed: number;
  /** Samples of them: personal data. */
  readonly changedRows: readonly string[];
}

const samples = 20;

/** Chooses the exact values of one table's rows: from v1 where it holds something else, from the dump elsewhere. */
class TableMender {
  readonly name: string;
  readonly #exact: ExactRows;
  readonly #stored: readonly string[];
  readonly #tallies: TableTallies;
  readonly #changedRows: string[] = [];
  #reread = 0;
  #repaired = 0;
  #changed = 0;

  constructor(table: LintedTable, doubts: Doubts, exact: ExactRows) {
    this.name = table.name;
    this.#exact = exact;
    this.#stored = listStoredColumns(doubts.shape).map(foldName);
    this.#tallies = new TableTallies(doubts);
  }

  mend(hazardous: HazardousRow): readonly Cell[] | undefined {
    const names = hazardous.columns.map((column) => foldName(column?.name ?? ""));
    const exact = this.#take(names, hazardous.row.cells);
    if (exact !== undefined) {
      this.#reread++;
      const cells = names.map((name) => exact.cells[this.#stored.indexOf(name)]!);
      if (!exact.isSure) this.#tallies.add(names, hazardous.row.cells, cells);
      return cells;
    }
    const cells = hazardous.row.cells.map((cell, at) =>
      this.#mendCell(cell, hazardous.kinds[at], hazardous.columns[at]),
    );
    if (cells.some((cell) => cell === undefined)) return this.#miss(hazardous);
    this.#tallies.add(names, hazardous.row.cells, cells as Cell[]);
    return cells as Cell[];
  }

  #take(names: readonly string[], cells: readonly DumpCell[]): ExactRow | undefined {
    if (this.#exact.size === 0) return undefined;
    const ordered = this.#stored.map((name) => cells[names.indexOf(name)] ?? null);
    const form = hashExportedForm(ordered);
    const found = this.#exact.get(form);
    const row = found?.pop();
    if (found?.length === 0) this.#exact.delete(form);
    return row;
  }

  /** v1 told all rows with another value, so the rest is what the dump says; undefined when v1 should have told it. */
  #mendCell(
    cell: DumpCell,
    kind: HazardKind | undefined,
    column: DumpColumn | undefined,
  ): Cell | undefined {
    if (kind === "replacement-character") return undefined;
    if (cell instanceof FoldedText) return this.#unfold(cell);
    if (kind === "large-integer" && column !== undefined) return undefined;
    return cell;
  }

  #unfold(cell: FoldedText): string | RawText {
    const plain = cell.unfold();
    const repaired = repairText(cell);
    if (repaired === undefined || repaired === plain) return plain;
    this.#repaired++;
    return repaired;
  }

  #miss({ table, columns, row, position }: HazardousRow): undefined {
    this.#changed++;
    if (this.#changedRows.length < samples)
      this.#changedRows.push(`${describeRow(table, columns, row, position)} (line ${row.line})`);
  }

  /** The questions that compare what was taken from the dump with v1. */
  listQuestions(): TallyQuestion[] {
    return this.#tallies.listQuestions();
  }

  /** `isDifferent`: a comparison with v1 failed. */
  result(isDifferent: boolean): MendedTable {
    const left = [...this.#exact.values()].flat().filter((row) => row.isSure).length;
    const changed = Math.max(this.#changed, left, isDifferent ? 1 : 0);
    const { name } = this;
    return {
      name,
      reread: this.#reread,
      repaired: this.#repaired,
      changed,
      changedRows: this.#changedRows,
    };
  }
}

/** Chooses the exact values of all rows. Tables that are not doubted are mended from the dump alone. */
export class Mender {
  readonly #tables: ReadonlyMap<string, TableMender>;

  constructor(doubts: readonly (readonly [LintedTable, Doubts])[], exact: readonly ExactRows[]) {
    this.#tables = new Map(
      doubts.map(([table, doubt], at) => [
        table.name,
        new TableMender(table, doubt, exact[at] ?? new Map()),
      ]),
    );
  }

  mend = (row: HazardousRow): readonly Cell[] | undefined => {
    const table = this.#tables.get(row.table.name);
    if (table !== undefined) return table.mend(row);
    return row.row.cells.map((cell) => (cell instanceof FoldedText ? cell.unfold() : cell));
  };

  /** Compares what was taken from the dump with v1, after all rows have been mended. */
  async finish(database: D1Database): Promise<MendedTable[]> {
    const questions = [...this.#tables.values()].flatMap((table) =>
      table.listQuestions().map((question) => ({ table: table.name, ...question })),
    );
    const title = `Compare the mended dump with ${database.name}`;
    const asked = questions.map(({ sql }) => sql);
    const answers = asked.length === 0 ? [] : await database.query(asked, title);
    const different = new Set(
      questions
        .filter(({ isAnsweredBy }, at) => !isAnsweredBy(answers[at]?.[0]))
        .map(({ table }) => table),
    );
    return [...this.#tables.values()].map((table) => table.result(different.has(table.name)));
  }
}
