import type { Catalogue, Table } from "../catalogue.ts";
import { quoteIdentifier } from "../identifier.ts";
import { buildSourceRows, type MovedColumn, type MovedTable } from "../table-plan.ts";
import { resolveType } from "./base-type.ts";
import type { Conversion } from "./conversion.ts";
import { convert } from "./convert.ts";
import { listMentioned } from "./domain-expression.ts";

/** The two catalogues, and what v1's server can do. */
export interface Sides {
  readonly source: Catalogue;
  readonly target: Catalogue;
  /** server_version_num of v1. */
  readonly version: number;
}

/** What happens to the values of a moved column. */
export const convertColumn = (sides: Sides, column: MovedColumn, alias = "t"): Conversion =>
  convert({
    source: resolveType(sides.source, column.source),
    target: resolveType(sides.target, column.target),
    expression: `${alias}.${quoteIdentifier(column.name)}`,
    version: sides.version,
  });

/** True when v2 holds the very values of v1 in all of these columns. */
export const areIdentical = (sides: Sides, table: MovedTable, names: readonly string[]): boolean =>
  names.every((name) => {
    const column = table.columns.find((each) => each.name === name);
    return column !== undefined && convertColumn(sides, column).identical;
  });

/** A FROM item with v2's columns filled from v1, or why there is none. */
export type ConvertedRows = { readonly sql: string } | { readonly untested: string };

/** Column of the converted rows that holds v1's whole row as JSON. */
export const rowColumn = quoteIdentifier("movebook row");

/**
 * v1's rows as v2 will hold them: `(select … from v1's table)` without an alias, each column under its name.
 * @param rule only rows for which it holds: a partition's, in terms of v2's columns
 * @param purpose `compare`: values that are equal where v2 finds them equal; `read`: the values themselves
 */
export function buildConvertedRows(
  sides: Sides,
  table: MovedTable,
  names: readonly string[],
  purpose: "compare" | "read",
  rule: string | null = null,
): ConvertedRows {
  const columns: string[] = [];
  const known = table.target.columns.map(({ name }) => name);
  for (const name of new Set([...names, ...listMentioned(rule ?? "", known)])) {
    const value = valueOf(sides, table, name, purpose);
    if ("untested" in value) return value;
    columns.push(`${value.sql} as ${quoteIdentifier(name)}`);
  }
  const list = [...columns, `pg_catalog.to_json(t.*) as ${rowColumn}`].join(", ");
  const rows = `(select ${list} from ${buildSourceRows(table)} as t)`;
  return { sql: rule === null ? rows : `(select t.* from ${rows} as t where ${rule})` };
}

function valueOf(
  sides: Sides,
  table: MovedTable,
  name: string,
  purpose: "compare" | "read",
): ConvertedRows {
  const moved = table.columns.find((column) => column.name === name);
  if (moved === undefined) return valueOfUnloaded(table.target, name);
  const conversion = convertColumn(sides, moved);
  const sql = purpose === "compare" ? conversion.comparable : conversion.value;
  return sql === undefined
    ? { untested: `v1 cannot compute what column ${name} will hold` }
    : { sql };
}

/** A column that the load leaves alone holds its default, which is NULL when it has none. */
function valueOfUnloaded(table: Table, name: string): ConvertedRows {
  const column = table.columns.find((each) => each.name === name);
  if (column === undefined) return { untested: `v2 has no column ${name}` };
  if (column.generated !== "") return { untested: `v2 computes column ${name}` };
  if (column.hasDefault || column.identity !== "")
    return { untested: `column ${name} is not in v1 and takes v2's default` };
  return {
    sql: column.typeSchema === "pg_catalog" ? `null::${column.type}` : "null::pg_catalog.text",
  };
}
