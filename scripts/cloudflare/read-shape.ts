import type { Cell } from "./cell.ts";
import { listChecks } from "./shape-checks.ts";
import { quoteIdentifier } from "./identifier.ts";
import { textOf, type Scratch } from "./scratch.ts";
import type { Affinity, ColumnShape, ForeignKeyShape, TableShape } from "./table-shape.ts";

/** The affinity of a declared type (https://sqlite.org/datatype3.html, 3.1; ANY: https://sqlite.org/stricttables.html). */
export function affinityOf(type: string, strict = false): Affinity {
  const name = type.toUpperCase();
  if (name.includes("INT")) return "integer";
  if (/CHAR|CLOB|TEXT/.test(name)) return "text";
  if (name === "" || name.includes("BLOB") || (strict && name === "ANY")) return "blob";
  return /REAL|FLOA|DOUB/.test(name) ? "real" : "numeric";
}

/** Tables that SQLite, D1 or a full-text index keeps for itself. */
export const isInternalTable = (name: string): boolean => /^(?:sqlite_|_cf_|libsql_)/i.test(name);

function readColumns(
  scratch: Scratch,
  schema: string,
  table: string,
  strict: boolean,
): { columns: ColumnShape[]; primaryKey: string[] } {
  const rows = [
    ...scratch.rows(
      `SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?, ?)`,
      table,
      schema,
    ),
  ];
  const columns = rows.map(([name, type, notNull, defaultSql, , hidden]) => ({
    name: textOf(name),
    type: textOf(type),
    affinity: affinityOf(textOf(type), strict),
    notNull: notNull === 1n,
    defaultSql: typeof defaultSql === "string" ? defaultSql : undefined,
    // 1: hidden column of a virtual table; 2: virtual, 3: stored generated column
    generated: hidden === 2n || hidden === 3n,
  }));
  const primaryKey = rows
    .filter((row) => row[4] !== 0n)
    .sort((a, b) => Number(a[4]) - Number(b[4]))
    .map((row) => textOf(row[0]));
  return { columns, primaryKey };
}

/** Columns of each unique index but the primary key's; expressions are left out, and partial ones too. */
function readUniques(scratch: Scratch, schema: string, table: string): string[][] {
  const indexes = [
    ...scratch.rows(
      `SELECT name FROM pragma_index_list(?, ?) WHERE "unique" AND origin <> 'pk' AND NOT partial ORDER BY seq DESC`,
      table,
      schema,
    ),
  ];
  return indexes
    .map(([index]) => [
      ...scratch.rows(
        "SELECT name FROM pragma_index_info(?, ?) ORDER BY seqno",
        textOf(index),
        schema,
      ),
    ])
    .filter((columns) => columns.every(([name]) => name !== null))
    .map((columns) => columns.map(([name]) => textOf(name)));
}

interface RawForeignKey {
  readonly table: string;
  readonly columns: string[];
  readonly references: (string | undefined)[];
}

function readForeignKeys(scratch: Scratch, schema: string, table: string): RawForeignKey[] {
  const keys = new Map<bigint, RawForeignKey>();
  for (const [id, target, from, to] of scratch.rows(
    `SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?, ?) ORDER BY id DESC, seq`,
    table,
    schema,
  )) {
    const key = keys.get(id as bigint) ?? { table: textOf(target), columns: [], references: [] };
    keys.set(id as bigint, key);
    key.columns.push(textOf(from));
    key.references.push(typeof to === "string" ? to : undefined);
  }
  return [...keys.values()];
}

/** Names of the columns and the table as the parent spells them; a foreign key without columns means the primary key. */
function resolveForeignKey(key: RawForeignKey, shapes: readonly TableShape[]): ForeignKeyShape {
  const parent = shapes.find(({ name }) => name.toLowerCase() === key.table.toLowerCase());
  const spelled = (column: string): string =>
    parent?.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase())?.name ?? column;
  return {
    columns: key.columns,
    table: parent?.name ?? key.table,
    references: key.references.map((to, index) => spelled(to ?? parent?.primaryKey[index] ?? "")),
  };
}

function readShape(
  scratch: Scratch,
  schema: string,
  [name, sql, withoutRowid, strict]: readonly Cell[],
): { shape: TableShape; keys: RawForeignKey[] } {
  const table = textOf(name);
  const isStrict = strict === 1n;
  const shape = {
    name: table,
    ...readColumns(scratch, schema, table, isStrict),
    withoutRowid: withoutRowid === 1n,
    strict: isStrict,
    foreignKeys: [],
    uniques: readUniques(scratch, schema, table),
    checks: listChecks(textOf(sql)),
    sql: textOf(sql),
  };
  return { shape, keys: readForeignKeys(scratch, schema, table) };
}

/**
 * The ordinary tables of a schema in the order of their creation, as PRAGMAs and their CREATE TABLE describe them.
 * Left out: virtual tables and what belongs to them, and tables that SQLite or D1 keeps for itself (`sqlite_`, `_cf_`).
 * @param schema "main", or the name of an attached file
 */
export function readShapes(scratch: Scratch, schema = "main"): TableShape[] {
  const rows = scratch.rows(
    `SELECT s.name, s.sql, l.wr, l.strict
FROM ${quoteIdentifier(schema)}.sqlite_schema AS s
JOIN pragma_table_list AS l ON l.name = s.name AND l.schema = ?
WHERE s.type = 'table' AND l.type = 'table' ORDER BY s.rowid`,
    schema,
  );
  const read = Array.from(rows)
    .filter(([name]) => !isInternalTable(textOf(name)))
    .map((row) => readShape(scratch, schema, row));
  const shapes = read.map(({ shape }) => shape);
  return read.map(({ shape, keys }) => ({
    ...shape,
    foreignKeys: keys.map((key) => resolveForeignKey(key, shapes)),
  }));
}

/**
 * The collating sequence of each column ("BINARY", "NOCASE", "RTRIM"); PRAGMAs tell it only of an index, so one is
 * made for a moment. For a database without rows.
 */
export function readCollations(scratch: Scratch, shape: TableShape): Map<string, string> {
  const columns = shape.columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  scratch.exec(`CREATE INDEX movebook_collations ON ${quoteIdentifier(shape.name)} (${columns})`);
  const rows = [
    ...scratch.rows(
      "SELECT name, coll FROM pragma_index_xinfo('movebook_collations') WHERE key ORDER BY seqno",
    ),
  ];
  scratch.exec("DROP INDEX movebook_collations");
  return new Map(rows.map(([name, collation]) => [textOf(name), textOf(collation)]));
}
