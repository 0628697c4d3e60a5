import type { ForeignKey } from "./catalogue.ts";
import type { Database } from "./database.ts";
import { referencingTable } from "./foreign-keys.ts";
import { quoteIdentifier, quoteLiteral, quoteName } from "./identifier.ts";
import { askRows } from "./own-search-path.ts";

const child = (column: string): string => `child.${quoteIdentifier(column)}`;
const parent = (column: string): string => `parent.${quoteIdentifier(column)}`;

// ONLY on inheritance parents, as the server does: a key neither reaches nor sees the children
const only = (kind: "r" | "p"): string => (kind === "p" ? "" : "only ");

const allNull = (columns: readonly string[]): string =>
  columns.map((column) => `${child(column)} is null`).join(" and ");
const noneNull = (columns: readonly string[]): string =>
  columns.map((column) => `${child(column)} is not null`).join(" and ");

const buildJoin = (key: ForeignKey, count: number): string =>
  key.columns
    .slice(0, count)
    .map(
      (column, at) =>
        `${parent(key.referencedColumns[at] ?? "")} ${key.operators[at]} ${child(column)}`,
    )
    .join(" and ");

function buildMatch(key: ForeignKey): string {
  const from = `from ${only(key.referencedKind)}${quoteName(key.references)} as parent`;
  if (!key.period) return `exists (select 1 ${from} where ${buildJoin(key, key.columns.length)})`;
  const range = child(key.columns.at(-1) ?? "");
  const referenced = parent(key.referencedColumns.at(-1) ?? "");
  // the server's own rule for PERIOD keys: the ranges of one key, taken together, cover this one
  const covered = `select ${range} operator(pg_catalog.<@) pg_catalog.range_agg(${referenced}) ${from}`;
  return `coalesce((${covered} where ${buildJoin(key, key.columns.length - 1)}), false)`;
}

/**
 * The condition on `child` under which a row breaks the key. MATCH SIMPLE lets every row pass that has a NULL in
 * the key; MATCH FULL only those where all of it is NULL. Rows are compared with the key's own operators.
 */
export function buildOrphanCondition(key: ForeignKey): string {
  const orphan = `not ${buildMatch(key)}`;
  if (key.match === "s" || key.columns.length === 1)
    return `${noneNull(key.columns)} and ${orphan}`;
  return `not (${allNull(key.columns)}) and (not (${noneNull(key.columns)}) or ${orphan})`;
}

const buildFrom = (key: ForeignKey): string =>
  `from ${only(key.tableKind)}${quoteName(referencingTable(key))} as child`;

/** Counts the rows that break a key: one row, one bigint column `orphans`. No semicolon at the end. */
export const buildOrphanCount = (key: ForeignKey): string =>
  `select pg_catalog.count(*) as orphans ${buildFrom(key)} where ${buildOrphanCondition(key)}`;

/**
 * The first rows that break a key, as JSON text in the column `row`: `{"key": {…}, "row": {…}}`, where `key` is what the
 * referenced table lacks. They are personal data: for the report only.
 */
export function buildOrphanRows(key: ForeignKey, limit: number): string {
  const pairs = key.columns.map((column) => `${quoteLiteral(column)}, ${child(column)}`).join(", ");
  const json = `pg_catalog.json_build_object('key', pg_catalog.json_build_object(${pairs}), 'row', pg_catalog.to_json(child.*))`;
  return `select ${json}::pg_catalog.text as row ${buildFrom(key)} where ${buildOrphanCondition(key)} limit ${limit}`;
}

/** How many rows break the key. A key that is NOT ENFORCED has no orphans. */
export async function countOrphans(db: Database, key: ForeignKey): Promise<bigint> {
  if (!key.enforced) return 0n;
  const { orphans } = await askRows(db, () => db.one<{ orphans: string }>(buildOrphanCount(key)));
  return BigInt(orphans);
}

/** The first rows that break the key, as JSON text; personal data. */
export async function sampleOrphans(
  db: Database,
  key: ForeignKey,
  limit: number,
): Promise<string[]> {
  const rows = await askRows(db, () => db.query<{ row: string }>(buildOrphanRows(key, limit)));
  return rows.map(({ row }) => row);
}
