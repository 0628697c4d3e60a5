import { refused } from "../engine/failure.ts";
import type { TableShape } from "./table-shape.ts";

/** A name of the rowid that none of the columns hides. */
export function findRowid(columns: readonly string[]): string | undefined {
  const taken = new Set(columns.map((column) => column.toLowerCase()));
  return ["rowid", "_rowid_", "oid"].find((alias) => !taken.has(alias));
}

/** The name of the rowid of a table. @throws Failure (refused) when columns hide all three of its names */
export function nameRowid({ columns, name }: TableShape): string {
  const free = findRowid(columns.map((column) => column.name));
  if (free === undefined)
    throw refused(`the table ${name} has columns rowid, _rowid_ and oid`, [
      { what: "its rows cannot be told apart", where: name, todo: "Rename one of the columns." },
    ]);
  return free;
}

/** Columns that hold something of their own; generated ones are computed anew wherever the row goes. */
export const listStoredColumns = (shape: TableShape): string[] =>
  shape.columns.filter(({ generated }) => !generated).map(({ name }) => name);
