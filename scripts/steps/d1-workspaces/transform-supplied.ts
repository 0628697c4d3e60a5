import {
  findColumn,
  isSameName,
  ownerColumns,
  workspaceOwnerColumns,
} from "./transform-workbench.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";

/** What a made row has to give for v2's columns, by their names; the row is `m`. */
type Supplied = Readonly<Record<string, string>>;

const owner = (expression: string): Supplied =>
  Object.fromEntries(workspaceOwnerColumns.map((name) => [name, expression]));

const times: Supplied = {
  created_at: "m.created_at",
  updated_at: "m.updated_at",
};

const first: Supplied = { position: "0", order: "0", sort_order: "0", order_index: "0" };

/** v2's table → the table of made rows, and what it supplies. */
const supplied: Readonly<Record<string, { from: string; columns: Supplied }>> = {
  workspaces: {
    from: "made_workspaces",
    columns: {
      id: "m.id",
      name: "m.name",
      slug: "m.slug",
      is_default: "1",
      ...owner("m.owner_id"),
      ...times,
      ...first,
    },
  },
  workspace_members: {
    from: "made_members",
    columns: {
      id: "m.id",
      workspace_id: "m.workspace_id",
      user_id: "m.user_id",
      role: "'owner'",
      joined_at: "m.created_at",
      ...times,
    },
  },
  bases: {
    from: "made_bases",
    columns: {
      id: "m.id",
      name: "m.name",
      slug: "m.slug",
      workspace_id: "m.workspace_id",
      is_default: "1",
      ...owner("m.owner_id"),
      ...times,
      ...first,
    },
  },
};

/** The table of rows that are made for one of v2's tables; undefined when none are. */
export const madeRowsOf = (table: string): string | undefined =>
  supplied[table.toLowerCase()]?.from;

/** What a made row gives for a column; undefined when it says nothing about it. */
export const suppliedFor = (table: string, column: string): string | undefined =>
  supplied[table.toLowerCase()]?.columns[column.toLowerCase()];

/** Where v1 has a column under another name than v2: v2's table and column → candidates in v1, the first that is there. */
const otherNames: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  workspaces: Object.fromEntries(
    ["owner_id", "user_id"].map((name) => [name, workspaceOwnerColumns]),
  ),
  tables: Object.fromEntries(["owner_id", "user_id"].map((name) => [name, ownerColumns])),
  workspace_members: { joined_at: ["created_at"], created_at: ["joined_at"] },
};

/** v1's column for one of v2's: the same name, or a known other one that v2 does not have itself. */
export function sourceColumnFor(
  source: TableShape,
  target: TableShape,
  column: string,
): string | undefined {
  const same = findColumn(source, column);
  if (same !== undefined) return same.name;
  const candidates = otherNames[target.name.toLowerCase()]?.[column.toLowerCase()] ?? [];
  const other = findColumn(source, ...candidates);
  if (other === undefined || target.columns.some(({ name }) => isSameName(name, other.name)))
    return undefined;
  return other.name;
}
