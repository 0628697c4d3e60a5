import { foldName, type DumpTable } from "../../cloudflare/dump-table.ts";
import type { LintedTable, LintReport } from "../../cloudflare/lint-dump.ts";
import type { HazardKind } from "../../cloudflare/lint-kinds.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";
import type { Doubts } from "./reread-sql.ts";

/** As much of a table's shape as its CREATE TABLE in a dump tells; enough to read it. */
export const shapeOf = (table: DumpTable): TableShape => ({
  name: table.name,
  columns: table.columns.map(({ name, type, affinity, isGenerated }) => ({
    name,
    type,
    affinity,
    notNull: false,
    defaultSql: undefined,
    generated: isGenerated,
  })),
  primaryKey: table.primaryKey,
  withoutRowid: table.withoutRowid,
  strict: table.strict,
  foreignKeys: [],
  uniques: [],
  checks: [],
  sql: "",
});

/** What v1 has to be asked; undefined when the table's dump can be trusted as it is. */
export function listDoubts({ table }: LintedTable, { counts }: LintReport): Doubts | undefined {
  const columnsWith = (...kinds: readonly HazardKind[]): string[] => {
    const found = counts.filter((one) => one.table === table.name && kinds.includes(one.kind));
    const names = new Set(found.map(({ column }) => foldName(column ?? "")));
    return table.columns.filter(({ name }) => names.has(foldName(name))).map(({ name }) => name);
  };
  const doubts = {
    shape: shapeOf(table),
    // a folded text with U+FFFD counts as the latter
    folded: columnsWith("folded-json", "folded-text", "replacement-character"),
    large: columnsWith("large-integer"),
    untyped: columnsWith("lost-real"),
    replaced: columnsWith("replacement-character"),
  };
  const { folded, large, untyped } = doubts;
  return folded.length + large.length + untyped.length === 0 ? undefined : doubts;
}
