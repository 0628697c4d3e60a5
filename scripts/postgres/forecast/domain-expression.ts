/** A quoted identifier, a string, or a word: VALUE inside of the first two is not the keyword. */
const token = /"(?:[^"]|"")*"|E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|[A-Za-z_][\w$]*/gs;

/** A domain's check with `VALUE` replaced by an expression (in brackets, if it needs them). */
export const replaceValue = (check: string, expression: string): string =>
  check.replaceAll(token, (found) => (found === "VALUE" ? expression : found));

/** The columns that an expression may speak of: those whose name stands in it as an identifier. */
export function listMentioned(expression: string, names: readonly string[]): string[] {
  const words = new Set<string>();
  for (const [found] of expression.matchAll(token)) {
    if (found.startsWith('"')) words.add(found.slice(1, -1).replaceAll('""', '"'));
    else words.add(found);
  }
  return names.filter((name) => words.has(name));
}
