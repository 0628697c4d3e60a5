import type { Scratch } from "./scratch.ts";
import { closingToken, listTokens, type SqlToken } from "./shape-checks.ts";
import { unquoteToken } from "./shape-twin.ts";

const isDoubleQuoted = ({ text }: SqlToken): boolean => text.startsWith('"');

/** Tokens of DEFAULT ("…"). */
function listDefaults(tokens: readonly SqlToken[]): SqlToken[] {
  return tokens.flatMap(({ kind, text }, index) => {
    const isDefault = kind === "word" && text.toUpperCase() === "DEFAULT";
    if (!isDefault || tokens[index + 1]?.text !== "(") return [];
    return tokens.slice(index + 2, closingToken(tokens, index + 1)).filter(isDoubleQuoted);
  });
}

/** The double-quoted words that SQLite's complaint is about. */
function listMeant(sql: string, message: string): SqlToken[] {
  const tokens = listTokens(sql);
  const column = /^no such column: (?<name>[^]*)$/.exec(message)?.groups?.["name"];
  if (column !== undefined)
    return tokens.filter((token) => isDoubleQuoted(token) && unquoteToken(token.text) === column);
  return message.startsWith("default value of column") ? listDefaults(tokens) : [];
}

function quoteAsText(sql: string, tokens: readonly SqlToken[]): string {
  let text = sql;
  for (const token of tokens.toReversed()) {
    const literal = `'${unquoteToken(token.text).replaceAll("'", "''")}'`;
    text = text.slice(0, token.start) + literal + text.slice(token.end);
  }
  return text;
}

/**
 * Runs CREATE TABLE or CREATE INDEX as D1 would: a double-quoted word that is no column is a text there
 * (https://sqlite.org/quirks.html, 8), and the scratch file's SQLite refuses it; it is written as 'text' then.
 * @throws Error with SQLite's message when that does not help
 */
export function execDefinition(scratch: Scratch, sql: string): void {
  let text = sql;
  for (;;) {
    try {
      scratch.exec(text);
      return;
    } catch (error) {
      const meant = listMeant(text, error instanceof Error ? error.message : "");
      if (meant.length === 0) throw error;
      text = quoteAsText(text, meant);
    }
  }
}
