import { quoteIdentifier } from "./identifier.ts";
import { closingToken, listTokens, type SqlToken } from "./shape-checks.ts";
import type { Affinity, ColumnShape, TableShape } from "./table-shape.ts";

/** A type name that gives just this affinity in an ordinary table. */
const typeNames: Readonly<Record<Affinity, string>> = {
  text: "TEXT",
  numeric: "NUMERIC",
  integer: "INTEGER",
  real: "REAL",
  blob: "",
};

const openings: Readonly<Record<string, string>> = { '"': '"', "'": "'", "`": "`", "[": "]" };

/** The name that a word or quoted token stands for. */
export function unquoteToken(text: string): string {
  const close = openings[text[0] ?? ""];
  return close === undefined ? text : text.slice(1, -1).replaceAll(close + close, close);
}

/** The tokens between `open` and `close`, cut at the commas that stand in no further parentheses. */
export function splitAtCommas(
  tokens: readonly SqlToken[],
  open: number,
  close: number,
): SqlToken[][] {
  const parts: SqlToken[][] = [[]];
  let depth = 0;
  for (const token of tokens.slice(open + 1, close)) {
    if (token.kind === "sign" && token.text === "(") depth += 1;
    if (token.kind === "sign" && token.text === ")") depth -= 1;
    if (depth === 0 && token.kind === "sign" && token.text === ",") parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.filter((part) => part.length > 0);
}

/** Column → the expression of GENERATED ALWAYS AS (…), from a CREATE TABLE. */
export function listGenerated(createTable: string): Map<string, string> {
  const tokens = listTokens(createTable);
  const open = tokens.findIndex(({ text }) => text === "(");
  const found = new Map<string, string>();
  for (const part of splitAtCommas(tokens, open, closingToken(tokens, open))) {
    const as = part.findIndex(
      ({ kind, text }, index) =>
        kind === "word" && text.toUpperCase() === "AS" && part[index + 1]?.text === "(",
    );
    const name = part[0];
    if (as < 1 || name === undefined) continue;
    const end = part[closingToken(part, as + 1)];
    found.set(
      unquoteToken(name.text).toLowerCase(),
      createTable.slice(part[as + 1]?.end, end?.start),
    );
  }
  return found;
}

function describeColumn(
  column: ColumnShape,
  collations: ReadonlyMap<string, string>,
  generated: ReadonlyMap<string, string>,
): string {
  const collation = collations.get(column.name);
  const expression = generated.get(column.name.toLowerCase());
  return [
    quoteIdentifier(column.name),
    typeNames[column.affinity],
    collation === undefined || collation === "BINARY"
      ? ""
      : `COLLATE ${quoteIdentifier(collation)}`,
    // virtual: nothing is computed, and nothing can fail, before somebody asks
    column.generated && expression !== undefined ? `AS (${expression}) VIRTUAL` : "",
  ]
    .filter((word) => word !== "")
    .join(" ");
}

/**
 * CREATE TABLE for a table with the same columns, affinities, collations and generated columns, that refuses no row:
 * without keys, NOT NULL, UNIQUE, CHECK, foreign keys, defaults and STRICT.
 */
export function buildTwin(
  shape: TableShape,
  name: string,
  collations: ReadonlyMap<string, string> = new Map(),
): string {
  const generated = listGenerated(shape.sql);
  const columns = shape.columns.map((column) => describeColumn(column, collations, generated));
  return `CREATE TABLE ${quoteIdentifier(name)} (${columns.join(", ")})`;
}

/** A name of the rowid that no column hides; undefined when all three are columns. */
export function rowidName(shape: Pick<TableShape, "columns">): string | undefined {
  const names = new Set(shape.columns.map(({ name }) => name.toLowerCase()));
  return ["rowid", "_rowid_", "oid"].find((name) => !names.has(name));
}
