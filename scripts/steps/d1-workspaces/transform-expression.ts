import type { Cell } from "../../cloudflare/cell.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { listTokens } from "../../cloudflare/shape-checks.ts";
import { unquoteToken } from "../../cloudflare/shape-twin.ts";
import type { ColumnShape } from "../../cloudflare/table-shape.ts";
import { cellOf, type Fill, type MapDecision } from "./decisions.ts";

/** A piece of a SELECT with the values of its parameters in order. */
export interface Expression {
  readonly sql: string;
  readonly cells: readonly Cell[];
}

export const plain = (sql: string): Expression => ({ sql, cells: [] });

/** Words with which a default is another one at each time of asking. */
const changing =
  /^(?:current_(?:time|date|timestamp)|random|randomblob|datetime|date|time|strftime|julianday|unixepoch|timediff|changes|last_insert_rowid|total_changes)$/i;

/**
 * v2's default as an expression that always gives the same; undefined when it has none or when it asks the clock or
 * chance. A bare or double-quoted word is a text there, but not in a SELECT.
 */
export function constantDefault({ defaultSql }: ColumnShape): Expression | undefined {
  if (defaultSql === undefined) return undefined;
  const tokens = listTokens(defaultSql);
  if (tokens.some(({ kind, text }) => kind === "word" && changing.test(text))) return undefined;
  const only = tokens.length === 1 ? tokens[0] : undefined;
  const isText =
    only !== undefined &&
    (/^["`[]/.test(only.text) ||
      (only.kind === "word" && !/^(?:\d.*|null|true|false)$/i.test(only.text)));
  return isText ? { sql: "?", cells: [unquoteToken(only.text)] } : plain(`(${defaultSql})`);
}

/** @param base the column of v1 */
export function mapped(base: Expression, decision: MapDecision | undefined): Expression {
  const values = Object.entries(decision?.values ?? {});
  if (values.length === 0) return base;
  const whens = values.map(() => "WHEN ? THEN ?").join(" ");
  return {
    sql: `CASE CAST(${base.sql} AS TEXT) COLLATE BINARY ${whens} ELSE ${base.sql} END`,
    cells: [...base.cells, ...values.flatMap(([from, to]) => [from, cellOf(to)]), ...base.cells],
  };
}

/** @param columnOf what the row has in another column, when the decision takes the value from there */
export function filled(
  base: Expression | undefined,
  decision: Fill | undefined,
  columnOf: (name: string) => Expression | undefined,
): Expression | undefined {
  if (decision === undefined) return base;
  const other: Expression | undefined =
    decision.column === undefined
      ? { sql: "?", cells: [cellOf(decision.value ?? null)] }
      : columnOf(decision.column);
  if (other === undefined || base === undefined) return other ?? base;
  return { sql: `coalesce(${base.sql}, ${other.sql})`, cells: [...base.cells, ...other.cells] };
}

export const columnOfRow = (row: string, name: string): Expression =>
  plain(`${row}.${quoteIdentifier(name)}`);
