import { countOf } from "../../engine/wording.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import type { Decisions } from "./decisions.ts";
import { sourceColumnFor, suppliedFor } from "./transform-supplied.ts";
import type { FilledTable } from "./transform-targets.ts";
import { findColumn, isSameName, type Workbench } from "./transform-workbench.ts";

const splitKey = (key: string): [table: string, column: string] => {
  const dot = key.indexOf(".");
  return [key.slice(0, dot), key.slice(dot + 1)];
};

const findFilled = (filled: readonly FilledTable[], table: string): FilledTable | undefined =>
  filled.find(({ shape }) => isSameName(shape.name, table));

function settleMap(bench: Workbench, filled: readonly FilledTable[], key: string): void {
  const [table, column] = splitKey(key);
  const target = findFilled(filled, table);
  const source = target?.source;
  const name = source && sourceColumnFor(source.shape, target.shape, column);
  const values = Object.keys(bench.book.map(table, column)?.values ?? {});
  if (source === undefined || name === undefined) return;
  for (const value of values) {
    const count = bench.scratch.count(
      `SELECT count(*) FROM main.${quoteIdentifier(source.source)} WHERE CAST(${quoteIdentifier(name)} AS TEXT) COLLATE BINARY = ?`,
      value,
    );
    if (count > 0) bench.book.use("map", key, `${countOf(count, "row")} with "${value}"`);
    else
      bench.book.warn({
        what: `the decision map › ${key} names a value that v1 does not have: "${value}"`,
      });
  }
}

function countFilled(bench: Workbench, target: FilledTable, column: string): number {
  const { source, shape } = target;
  const made = suppliedFor(shape.name, column) === undefined ? target.madeRows : 0;
  if (source === undefined) return made;
  const name = sourceColumnFor(source.shape, shape, column);
  const isGone = name === undefined || bench.book.isColumnLeftOut(source.shape.name, name);
  if (isGone) return source.rows + made;
  const empty = bench.scratch.count(
    `SELECT count(*) FROM main.${quoteIdentifier(source.source)} WHERE ${quoteIdentifier(name)} IS NULL`,
  );
  return empty + made;
}

const isThere = ({ source, shape }: FilledTable, column: string): boolean =>
  suppliedFor(shape.name, column) !== undefined ||
  (source !== undefined && sourceColumnFor(source.shape, shape, column) !== undefined);

function settleFill(bench: Workbench, filled: readonly FilledTable[], key: string): void {
  const [table, column] = splitKey(key);
  const target = findFilled(filled, table);
  if (target === undefined || findColumn(target.shape, column) === undefined) return;
  const other = bench.book.fill(table, column)?.column;
  if (other !== undefined && !isThere(target, other)) {
    bench.book.warn({
      what: `the decision fill › ${key} takes a column that is not there: ${other}`,
    });
    return;
  }
  const count = countFilled(bench, target, column);
  if (count > 0) bench.book.use("fill", key, countOf(count, "row"));
}

function settleLeftOut(bench: Workbench, filled: readonly FilledTable[], key: string): void {
  const [table, column] = splitKey(key);
  const source = findFilled(filled, table)?.source;
  const name = findColumn(source?.shape, column)?.name;
  const target = findFilled(filled, table);
  if (source === undefined || name === undefined || target === undefined) return;
  // a column that v2 does not have is counted where v1's homeless columns are
  if (findColumn(target.shape, name) === undefined) return;
  const count = bench.scratch.count(
    `SELECT count(${quoteIdentifier(name)}) FROM main.${quoteIdentifier(source.source)}`,
  );
  bench.book.use("leaveOut.columns", key, `${countOf(count, "value")} left out`);
}

/** Counts what each decision came to; those that came to nothing are warned of. */
export function settleUses(
  bench: Workbench,
  filled: readonly FilledTable[],
  decisions: Decisions,
): void {
  for (const key of Object.keys(decisions.map)) settleMap(bench, filled, key);
  for (const key of Object.keys(decisions.fill)) settleFill(bench, filled, key);
  for (const key of Object.keys(decisions.leaveOut.columns)) settleLeftOut(bench, filled, key);
}
