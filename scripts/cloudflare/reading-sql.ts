/** Quoted texts, quoted names and comments of SQLite. */
const quoted =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;

const readingPragmas =
  /^PRAGMA\s+(?:table_info|table_xinfo|table_list|index_list|index_info|index_xinfo|foreign_key_list|foreign_key_check)\s*(?:\([^=;]*\)\s*)?$/i;

// REPLACE(…) is a function too
const writing = /\b(?:INSERT|UPDATE|DELETE|REPLACE(?!\s*\())\b/i;

/** The statement without comments, with every quoted text or name replaced by an empty one. */
const strip = (sql: string): string =>
  sql.replaceAll(quoted, (found) => (/^(?:--|\/\*)/.test(found) ? " " : "''"));

/**
 * Whether a statement can only read: one SELECT, one WITH … SELECT or one PRAGMA that describes tables. A WITH may end
 * in DELETE, so the whole statement is looked at.
 */
export function isReading(sql: string): boolean {
  const text = strip(sql)
    .trim()
    .replace(/(?:\s*;)+$/, "");
  if (text.includes(";")) return false;
  if (/^PRAGMA\b/i.test(text)) return readingPragmas.test(text);
  return /^(?:SELECT|WITH|VALUES)\b/i.test(text) && !writing.test(text);
}
