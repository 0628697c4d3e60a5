/** How SQLite converts what is stored in a column (https://sqlite.org/datatype3.html, 3.1). */
export type Affinity = "text" | "numeric" | "integer" | "real" | "blob";

export interface ColumnShape {
  readonly name: string;
  /** As declared; "" when there is none. */
  readonly type: string;
  readonly affinity: Affinity;
  readonly notNull: boolean;
  /** The SQL of its default; undefined when there is none. */
  readonly defaultSql: string | undefined;
  /** Generated columns are neither dumped nor inserted. */
  readonly generated: boolean;
}

export interface ForeignKeyShape {
  readonly columns: readonly string[];
  readonly table: string;
  /** Undefined entries of SQLite (the primary key is meant) are filled in. */
  readonly references: readonly string[];
}

/** A table as SQLite's PRAGMAs and its own CREATE TABLE describe it. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly ColumnShape[];
  /** In key order; empty when there is none. */
  readonly primaryKey: readonly string[];
  readonly withoutRowid: boolean;
  readonly strict: boolean;
  readonly foreignKeys: readonly ForeignKeyShape[];
  /** Columns of each UNIQUE constraint and unique index (not the primary key). */
  readonly uniques: readonly (readonly string[])[];
  /** The expression inside each CHECK (…), column and table constraints alike. */
  readonly checks: readonly string[];
  /** CREATE TABLE as it is stored in sqlite_schema. */
  readonly sql: string;
}
