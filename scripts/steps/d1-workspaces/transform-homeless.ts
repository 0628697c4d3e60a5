import { countOf } from "../../engine/wording.ts";
import { readSql } from "../../engine/sql-file.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import type { LoadedTable } from "../../cloudflare/load-dump.ts";
import { leaveOutColumnLine, leaveOutTableLine, orphansLine } from "./decisions-lines.ts";
import { describeCell } from "./transform-samples.ts";
import type { FilledTable } from "./transform-targets.ts";
import {
  findColumn,
  findNamed,
  isOwnTable,
  isSameName,
  isSessionTable,
  ownerColumns,
  type Workbench,
} from "./transform-workbench.ts";

function settleTable({ book, notes, problems }: Workbench, { shape, rows }: LoadedTable): void {
  const { name } = shape;
  if (isSessionTable(name))
    notes.push(`${name}: ${countOf(rows, "row")} not moved, people log in again`);
  else if (book.isTableLeftOut(name))
    book.use("leaveOut.tables", name, `${countOf(rows, "row")} left out`);
  else if (rows === 0) notes.push(`${name}: has no home in v2, and no rows`);
  else
    problems.push({
      what: `${name} has no home in v2: ${countOf(rows, "row")}`,
      where: `table ${name} of v1`,
      todo: "Give it a table in v2, or decide that it stays behind.",
      details: [leaveOutTableLine(name)],
    });
}

/** The owner of a table is told by its workspace in v2; true when that says the same for every table. */
function isToldByWorkspace({ scratch }: Workbench, table: string, column: string): boolean {
  if (!isSameName(table, "tables")) return false;
  if (["base_id", "workspace_id"].some((name) => isSameName(name, column))) return true;
  if (!ownerColumns.some((name) => isSameName(name, column))) return false;
  return scratch.count(readSql("d1-workspaces/count-foreign-owners")) === 0;
}

function settleColumn(bench: Workbench, { shape, source }: LoadedTable, column: string): void {
  const { scratch, book, notes, problems } = bench;
  const count = scratch.count(
    `SELECT count(${quoteIdentifier(column)}) FROM main.${quoteIdentifier(source)}`,
  );
  const name = `${shape.name}.${column}`;
  if (book.isColumnLeftOut(shape.name, column))
    book.use("leaveOut.columns", name, `${countOf(count, "value")} left out`);
  else if (count === 0) notes.push(`${name}: has no home in v2, and no values`);
  else if (isToldByWorkspace(bench, shape.name, column))
    notes.push(`${name}: needs no column in v2, where the workspace tells it`);
  else
    problems.push({
      what: `${name} has no home in v2: ${countOf(count, "value")} that ${count === 1 ? "is" : "are"} not NULL`,
      where: `column ${name} of v1`,
      todo: "Give it a column in v2, or decide that it stays behind.",
      details: [leaveOutColumnLine(shape.name, column)],
    });
}

/** Finds v1's tables and columns that went nowhere: problems until they are left out by decision. */
export function settleHomeless(bench: Workbench, filled: readonly FilledTable[]): void {
  for (const source of bench.sources) {
    if (isOwnTable(source.shape.name)) continue;
    const target = filled.find(({ shape }) => isSameName(shape.name, source.shape.name));
    if (target?.source === undefined) {
      settleTable(bench, source);
      continue;
    }
    for (const { name, generated } of source.shape.columns) {
      const computed = findColumn(target.shape, name)?.generated === true;
      if (!generated && !computed && !target.usedColumns.has(name.toLowerCase()))
        settleColumn(bench, source, name);
    }
  }
}

/** Finds v1's tables that got no base because their owner or their workspace is missing. */
export function settlePlaces({ scratch, sources, book, problems }: Workbench): void {
  const homeless = [...scratch.rows(readSql("d1-workspaces/list-homeless-tables"))];
  if (homeless.length === 0) return;
  const shape = findNamed(
    sources.map((source) => source.shape),
    "tables",
  );
  const byWorkspace = homeless.filter(([, , workspace]) => workspace !== null);
  const byOwner = homeless.filter(([, , workspace]) => workspace === null);
  for (const [rows, candidates, missing] of [
    [byWorkspace, ["workspace_id"], "their workspace is not there"],
    [byOwner, ownerColumns, "their owner is not there"],
  ] as const) {
    if (rows.length === 0) continue;
    const column = findColumn(shape, ...candidates)?.name ?? "base_id";
    const count = countOf(rows.length, "table");
    if (book.orphans("tables", column)?.leaveOut === true) {
      book.use("orphans", `tables.${column}`, `${count} left out`);
      continue;
    }
    problems.push({
      what: `${count} of v1 ${rows.length === 1 ? "has" : "have"} no place in v2: ${missing}`,
      where: `tables.${column}`,
      todo: "Mend them in v1, or decide that they stay behind.",
      details: [orphansLine("tables", column, "leaveOut")],
      rows: rows.slice(0, 10).map(([id]) => `tables.id = ${describeCell(id)}`),
    });
  }
}
