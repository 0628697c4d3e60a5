import type { ServerError } from "./errors.ts";
import { isSpeakable } from "./server-message.ts";

/** The type of the column that an error speaks of. */
export interface ColumnType {
  /** As the catalogue spells it: `character varying(3)`, `public."Status"`. */
  readonly type: string;
  /** pg_type.typtype; `e` is an enum. */
  readonly typeKind: string;
}

const quote = (name: string | undefined): string => `"${name ?? "?"}"`;

/** The server's own English words with the names that the error carries, without the value that it quotes. */
const sentences: Readonly<Record<string, (error: ServerError, column?: ColumnType) => string>> = {
  "22001": (_, column) => `value too long for ${nameType(column)}`,
  "22003": (_, column) => `value out of range for ${nameType(column)}`,
  "22007": (_, column) => `invalid input syntax for ${nameType(column)}`,
  "22008": (_, column) => `value out of range for ${nameType(column)}`,
  "22P02": (_, column) =>
    column?.typeKind === "e"
      ? `invalid input value for enum ${column.type}`
      : `invalid input syntax for ${nameType(column)}`,
  "23502": ({ table, column }) =>
    `null value in column ${quote(column)} of relation ${quote(table)} violates not-null constraint`,
  "23503": ({ table, constraint }) =>
    `insert or update on table ${quote(table)} violates foreign key constraint ${quote(constraint)}`,
  "23505": ({ constraint }) =>
    `duplicate key value violates unique constraint ${quote(constraint)}`,
  "23514": ({ table, constraint }) =>
    `new row for relation ${quote(table)} violates check constraint ${quote(constraint)}`,
  "23P01": ({ constraint }) =>
    `conflicting key value violates exclusion constraint ${quote(constraint)}`,
  P0001: ({ context }) =>
    `${findFunction(context) ?? "a function of v2"} raised an error; its message is in the report`,
};

const nameType = (column: ColumnType | undefined): string =>
  column === undefined ? "the column's type" : `type ${column.type}`;

/**
 * The function in which an error was raised: the innermost one that CONTEXT names, `function refuse_it(text)`.
 * CONTEXT is in the server's language, but names the language of a function and its signature.
 */
export function findFunction(context: string | undefined): string | undefined {
  for (const line of (context ?? "").split("\n")) {
    const found = /PL\/pgSQL/u.test(line)
      ? /(?:"[^"]+"|[\w$.]+)\([^()]*\)/u.exec(line)?.[0]
      : /^[^"»«]*SQL[^"»«]*["»«]\s?(?<name>[\w$]+)\s?["»«]/u.exec(line)?.groups?.["name"];
    if (found !== undefined) return `function ${found}`;
  }
  return undefined;
}

/** An error of the server in one sentence for the screen: what the server says, without row values, and the SQLSTATE. */
export function describePlainly(error: ServerError, column?: ColumnType): string {
  const { sqlstate } = error;
  const sentence =
    sentences[sqlstate]?.(error, column) ??
    (isSpeakable(sqlstate) ? error.message : "the server refused it; its message is in the report");
  return `${sentence} (SQLSTATE ${sqlstate})`;
}

/** What the server said, word for word, a line each. Holds row values: for the report only. */
export const listServerWords = (error: ServerError): string[] =>
  [
    `ERROR ${error.sqlstate}: ${error.message}`,
    ...Object.entries({ DETAIL: error.detail, HINT: error.hint, CONTEXT: error.context }).flatMap(
      ([label, text]) => (text === undefined ? [] : [`${label}: ${text}`]),
    ),
  ].flatMap((text) => text.split("\n").map((line, index) => (index === 0 ? line : `  ${line}`)));
