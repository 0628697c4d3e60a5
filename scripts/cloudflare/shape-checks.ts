/** A piece of SQL: a word, a quoted name or text, or a single sign. Blanks and comments are left out. */
export interface SqlToken {
  readonly kind: "word" | "quoted" | "sign";
  /** As written, with quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const tokenPattern =
  /(?<skip>\s+|--[^\n]*|\/\*[^]*?(?:\*\/|$))|(?<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])|(?<word>[\p{L}_\d$\u0080-\uffff]+)|(?<sign>[^])/gu;

/** Cuts one SQL statement into tokens. */
export function listTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  for (const match of sql.matchAll(tokenPattern)) {
    const { quoted, word, sign } = match.groups ?? {};
    const text = quoted ?? word ?? sign;
    if (text === undefined) continue;
    const kind = quoted === undefined ? (word === undefined ? "sign" : "word") : "quoted";
    tokens.push({ kind, text, start: match.index, end: match.index + text.length });
  }
  return tokens;
}

/** Index of the token that closes the parenthesis at `open`; the last token when nothing does. */
export function closingToken(tokens: readonly SqlToken[], open: number): number {
  let depth = 0;
  for (let index = open; index < tokens.length; index += 1) {
    const sign = tokens[index]?.kind === "sign" ? tokens[index]?.text : "";
    if (sign === "(") depth += 1;
    if (sign === ")") depth -= 1;
    if (depth === 0) return index;
  }
  return tokens.length - 1;
}

/** The expressions inside CHECK (…) of a CREATE TABLE, in its order, column and table constraints alike. */
export function listChecks(createTable: string): string[] {
  const tokens = listTokens(createTable);
  const checks: string[] = [];
  for (let index = 0; index < tokens.length - 1; index += 1) {
    const token = tokens[index];
    const open = tokens[index + 1];
    if (token?.kind !== "word" || token.text.toUpperCase() !== "CHECK" || open?.text !== "(")
      continue;
    const close = closingToken(tokens, index + 1);
    checks.push(createTable.slice(open.end, tokens[close]?.start).trim());
    index = close;
  }
  return checks;
}
