import type { Problem } from "../../engine/failure.ts";
import type { LoadedTable } from "../../cloudflare/load-dump.ts";
import type { Schema } from "../../cloudflare/load-schema.ts";
import type { Scratch } from "../../cloudflare/scratch.ts";
import type { ColumnShape, TableShape } from "../../cloudflare/table-shape.ts";
import type { DecisionsBook } from "./decisions-book.ts";

/** What the pieces of a transform work with. */
export interface Workbench {
  readonly scratch: Scratch;
  /** v1's tables, as loaded. */
  readonly sources: readonly LoadedTable[];
  /** v2's own schema. */
  readonly schema: Schema;
  readonly book: DecisionsBook;
  readonly problems: Problem[];
  readonly notes: string[];
}

/** Stands before the names of v1's tables in the scratch file. */
export const sourcePrefix = "v1.";

export const isSameName = (one: string, other: string): boolean =>
  one.toLowerCase() === other.toLowerCase();

export const findNamed = <T extends { readonly name: string }>(
  list: readonly T[],
  name: string,
): T | undefined => list.find((one) => isSameName(one.name, name));

export const findSource = (
  sources: readonly LoadedTable[],
  name: string,
): LoadedTable | undefined => sources.find(({ shape }) => isSameName(shape.name, name));

export const findColumn = (
  shape: TableShape | undefined,
  ...names: readonly string[]
): ColumnShape | undefined => {
  for (const name of names) {
    const column = shape && findNamed(shape.columns, name);
    if (column !== undefined) return column;
  }
  return undefined;
};

/** Names that a column of the owner has in the products of this field; the first that is there counts. */
export const ownerColumns = ["user_id", "owner_id", "created_by", "creator_id"] as const;

/** The same for workspaces, where created_by says less than owner_id. */
export const workspaceOwnerColumns = ["owner_id", "user_id", "created_by", "creator_id"] as const;

/** Sessions are not moved: people log in again. `training_sessions` is the product's, and is moved. */
export const isSessionTable = (name: string): boolean =>
  /^(?:(?:user|auth|login)_)?sessions?$/i.test(name);

/** Tables that belong to a database and not to the product: SQLite's, D1's, the migrations', our own. */
export const isOwnTable = (name: string): boolean =>
  /^(?:sqlite_|_cf_|movebook_)/i.test(name) || isSameName(name, "d1_migrations");

/** v2's tables that may be filled. */
export const listTargets = (schema: Schema): TableShape[] =>
  schema.shapes.filter(({ name }) => !isOwnTable(name) && !isSessionTable(name));
