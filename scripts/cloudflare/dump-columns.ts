import { foldName, type DumpColumn, type DumpTable } from "./dump-table.ts";

/** The columns to which the values of a row belong, in their order. Names that the table does not have: undefined. */
export function listRowColumns(
  table: DumpTable,
  names: readonly string[] | undefined,
): readonly (DumpColumn | undefined)[] {
  if (names === undefined) return table.columns.filter((column) => !column.isGenerated);
  const byName = new Map(table.columns.map((column) => [foldName(column.name), column]));
  return names.map((name) => byName.get(foldName(name)));
}
