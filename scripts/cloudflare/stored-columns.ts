import type { TableShape } from "./table-shape.ts";

/** The name of the rowid that no column hides. */
export function nameRowid({ columns, name }: TableShape): string {
  const taken = new Set(columns.map((column) => column.name.toLowerCase()));
  const free = ["rowid", "_rowid_", "oid"].find((alias) => !taken.has(alias));
  if (free === undefined)
    throw new Error(
      `${name} has columns named rowid, _rowid_ and oid: its rows cannot be numbered`,
    );
  return free;
}

/** Columns that hold something of their own; generated ones are computed anew wherever the row goes. */
export const listStoredColumns = (shape: TableShape): string[] =>
  shape.columns.filter(({ generated }) => !generated).map(({ name }) => name);
