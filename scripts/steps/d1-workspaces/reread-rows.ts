import type { Cell } from "../../cloudflare/cell.ts";
import type { D1Database, Row } from "../../cloudflare/d1-database.ts";
import type { LintedTable } from "../../cloudflare/lint-dump.ts";
import { listStoredColumns } from "../../cloudflare/stored-columns.ts";
import { decodeRow } from "./reread-cells.ts";
import { hashExportedForm, holdsReplacement } from "./reread-form.ts";
import { readLongRow } from "./reread-long-row.ts";
import { buildRereadQuery, fromRow, type Doubts } from "./reread-sql.ts";

/** A row of v1 with all its bytes. */
export interface ExactRow {
  /** In the order of the table's stored columns. */
  readonly cells: readonly Cell[];
  /** The dump is surely wrong about it, so it has to be met there. */
  readonly isSure: boolean;
}

/** Rows of one table by what the export makes of them. */
export type ExactRows = Map<string, ExactRow[]>;

/** Bytes of an answer that is aimed at; hex doubles. */
const pageBytes = 4_000_000;

/** Rows of one question, by the length of those that the dump makes doubtful. */
function countPageRows({ doubtfulRows, doubtfulBytes }: LintedTable): number {
  const average = Math.max(50, doubtfulBytes / Math.max(1, doubtfulRows));
  return Math.min(20_000, Math.max(20, Math.floor(pageBytes / average)));
}

const numberOf = (row: Row | undefined): bigint => BigInt(String(row?.["number"]));

async function addRows(
  database: D1Database,
  { shape, replaced }: Doubts,
  answer: readonly Row[],
  rows: ExactRows,
): Promise<void> {
  for (const row of answer) {
    const isSure = row["sure"] === 1;
    const cells =
      decodeRow(row) ??
      (await readLongRow(database, listStoredColumns(shape), fromRow(shape, numberOf(row))));
    if (!isSure && (replaced.length === 0 || !cells.some(holdsReplacement))) continue;
    const form = hashExportedForm(cells);
    const same = rows.get(form);
    if (same === undefined) rows.set(form, [{ cells, isSure }]);
    else same.push({ cells, isSure });
  }
}

/**
 * Reads again from v1 what the dump lost. Only rows with a loss are kept, so memory grows with their number alone.
 * @returns the rows of each table, in the order of `doubts`
 */
export async function rereadRows(
  database: D1Database,
  doubts: readonly (readonly [LintedTable, Doubts])[],
  signal: AbortSignal,
): Promise<ExactRows[]> {
  const title = `Read again from ${database.name} what the export lost`;
  const first = await database.query(
    doubts.map(([table, doubt]) => buildRereadQuery(doubt, undefined, countPageRows(table))),
    title,
  );
  const all: ExactRows[] = [];
  for (const [at, [table, doubt]] of doubts.entries()) {
    const rows: ExactRows = new Map();
    const pageRows = countPageRows(table);
    let answer: readonly Row[] | undefined = first[at];
    while (answer !== undefined && answer.length > 0) {
      signal.throwIfAborted();
      await addRows(database, doubt, answer, rows);
      const found = Number(answer[0]?.["found"]);
      if (answer.length === found && found < pageRows) break;
      const after = numberOf(answer.at(-1));
      answer = (await database.query(buildRereadQuery(doubt, after, pageRows), title))[0];
    }
    all.push(rows);
  }
  return all;
}
