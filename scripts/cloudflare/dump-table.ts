import { isSymbol, isWord, TokenReader, type Token } from "./sql-tokens.ts";
import type { Affinity } from "./table-shape.ts";

export interface DumpColumn {
  readonly name: string;
  readonly type: string;
  readonly affinity: Affinity;
  /** Neither dumped nor inserted. */
  readonly isGenerated: boolean;
}

/** What a CREATE TABLE in a dump tells. Names are as written; SQLite compares them without case. */
export interface DumpTable {
  readonly name: string;
  readonly isVirtual: boolean;
  readonly columns: readonly DumpColumn[];
  /** In key order; empty when there is none. */
  readonly primaryKey: readonly string[];
  /** Tables that its foreign keys name. */
  readonly parents: readonly string[];
  readonly withoutRowid: boolean;
  readonly strict: boolean;
}

const columnConstraints = [
  "CONSTRAINT",
  "PRIMARY",
  "NOT",
  "NULL",
  "UNIQUE",
  "CHECK",
  "DEFAULT",
  "COLLATE",
  "REFERENCES",
  "GENERATED",
  "AS",
];
const tableConstraints = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

/** https://sqlite.org/datatype3.html, 3.1; ANY of a STRICT table converts nothing. */
export function affinityOf(type: string, strict = false): Affinity {
  const declared = type.toUpperCase();
  if (strict && declared === "ANY") return "blob";
  if (declared.includes("INT")) return "integer";
  if (/CHAR|CLOB|TEXT/.test(declared)) return "text";
  if (declared === "" || declared.includes("BLOB")) return "blob";
  if (/REAL|FLOA|DOUB/.test(declared)) return "real";
  return "numeric";
}

/** Names are compared as SQLite does: ASCII letters without case. */
export const foldName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Splits a bracketed list at its commas; the opening bracket is already read. Undefined when it is never closed. */
function readItems(tokens: TokenReader): Token[][] | undefined {
  const items: Token[][] = [[]];
  let depth = 0;
  for (;;) {
    const token = tokens.next();
    if (token.kind === "end") return undefined;
    if (isSymbol(token, ")") && depth-- === 0) return items;
    if (isSymbol(token, "(")) depth++;
    if (isSymbol(token, ",") && depth === 0) items.push([]);
    else items.at(-1)!.push(token);
  }
}

/** The tokens without those inside of brackets. */
function withoutBrackets(tokens: readonly Token[]): Token[] {
  let depth = 0;
  return tokens.filter((token) => {
    if (isSymbol(token, ")")) depth--;
    const isOutside = depth === 0;
    if (isSymbol(token, "(")) depth++;
    return isOutside;
  });
}

/** The names in the brackets that follow: PRIMARY KEY (a, b DESC). */
function readNames(item: readonly Token[], from: number): string[] {
  const names: string[] = [];
  let isFirst = true;
  for (const token of item.slice(from)) {
    if (isSymbol(token, ")")) break;
    if (isSymbol(token, "(") || isSymbol(token, ",")) isFirst = true;
    else if (isFirst) {
      names.push(token.text);
      isFirst = false;
    }
  }
  return names;
}

const listParents = (item: readonly Token[]): string[] =>
  withoutBrackets(item).flatMap((token, at, all) =>
    isWord(token, "REFERENCES") && all[at + 1] !== undefined ? [all[at + 1]!.text] : [],
  );

interface ReadColumn extends Omit<DumpColumn, "affinity"> {
  readonly isKey: boolean;
}

function readColumn(item: readonly Token[]): ReadColumn | undefined {
  const [name, ...rest] = item;
  if (name === undefined) return undefined;
  const outside = withoutBrackets(rest).filter((token) => !isSymbol(token, ")"));
  const end = outside.findIndex((token) => isWord(token, ...columnConstraints));
  const constraints = end === -1 ? [] : outside.slice(end);
  const type = outside
    .slice(0, end === -1 ? outside.length : end)
    .filter((token) => token.kind !== "symbol")
    .map((token) => token.text)
    .join(" ");
  return {
    name: name.text,
    type,
    isGenerated: constraints.some(
      (token, at) => isWord(token, "AS") && isSymbol(constraints[at + 1] ?? token, "("),
    ),
    isKey: constraints.some(
      (token, at) => isWord(token, "PRIMARY") && isWord(constraints[at + 1] ?? token, "KEY"),
    ),
  };
}

function readTableKey(item: readonly Token[]): string[] {
  const at = item.findIndex((token) => isWord(token, "PRIMARY"));
  const isFirst = at === 0 || (at === 2 && isWord(item[0]!, "CONSTRAINT"));
  return isFirst ? readNames(item, at + 2) : [];
}

/** A column's type may hold brackets of its own: VARCHAR(255), DECIMAL(10, 2). */
function buildTable(name: string, items: readonly Token[][], options: readonly Token[]): DumpTable {
  const strict = options.some((token) => isWord(token, "STRICT"));
  const isConstraint = (item: readonly Token[]): boolean =>
    item[0] !== undefined && isWord(item[0], ...tableConstraints);
  const firstConstraint = items.findIndex(isConstraint);
  const split = firstConstraint === -1 ? items.length : firstConstraint;
  const columns = items
    .slice(0, split)
    .map(readColumn)
    .filter((one) => one !== undefined);
  const inColumn = columns.filter((column) => column.isKey).map((column) => column.name);
  const inTable = items.slice(split).flatMap(readTableKey);
  return {
    name,
    isVirtual: false,
    columns: columns.map(({ name: column, type, isGenerated }) => ({
      name: column,
      type,
      isGenerated,
      affinity: affinityOf(type, strict),
    })),
    primaryKey: inColumn.length > 0 ? inColumn : inTable,
    parents: [...new Set(items.flatMap(listParents))],
    withoutRowid: options.some((token) => isWord(token, "WITHOUT")),
    strict,
  };
}

/** Reads CREATE [TEMP] [VIRTUAL] TABLE; undefined when it is none, or has no column list that ends. */
export function readCreateTable(sql: Buffer): DumpTable | undefined {
  const tokens = new TokenReader(sql);
  if (!isWord(tokens.next(), "CREATE")) return undefined;
  let token = tokens.next();
  if (isWord(token, "TEMP", "TEMPORARY")) token = tokens.next();
  const isVirtual = isWord(token, "VIRTUAL");
  if (isVirtual) token = tokens.next();
  if (!isWord(token, "TABLE")) return undefined;
  const name = readTableName(tokens);
  if (isVirtual) return { ...buildTable(name, [], []), isVirtual };
  if (!isSymbol(tokens.next(), "(")) return undefined;
  const items = readItems(tokens);
  if (items === undefined) return undefined;
  const options: Token[] = [];
  for (let option = tokens.next(); option.kind !== "end"; option = tokens.next())
    options.push(option);
  return buildTable(name, items, options);
}

/** [IF NOT EXISTS] [schema.]name */
export function readTableName(tokens: TokenReader): string {
  let token = tokens.next();
  if (isWord(token, "IF") && isWord(tokens.peek(), "NOT")) {
    tokens.next();
    tokens.next();
    token = tokens.next();
  }
  if (isSymbol(tokens.peek(), ".")) {
    tokens.next();
    token = tokens.next();
  }
  return token.text;
}
