/** Looks at the bytes of a statement that is not yet known to be whole; latin1 is enough, keywords are ASCII. */

const comments = /--[^\n]*|\/\*[\s\S]*?\*\//g;
const quotedOrComments = /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\//g;

/** Its `;` stand inside of its body too. SQLite stores triggers with exactly this beginning. */
export function isTriggerStart(sql: Buffer): boolean {
  const first = sql[0];
  if (first !== 0x43 && first !== 0x63) return false;
  const head = sql.toString("latin1", 0, 200).replace(comments, " ");
  return /^create\s+(?:temp(?:orary)?\s+)?trigger\b/i.test(head);
}

/** What stands between the last two `;` of a trigger is END alone: as sqlite3_complete() sees it, CASE … END is no matter. */
export function isTriggerEnd(sql: Buffer): boolean {
  return /^\s*end\s*$/i.test(sql.toString("latin1").replace(comments, " "));
}

/** The beginning of a line with which a statement of a dump begins. */
export function startsStatement(line: Buffer): boolean {
  return (
    line.length === 0 ||
    /^(?:CREATE [A-Z]|INSERT INTO|DELETE FROM|ANALYZE |PRAGMA |COMMIT)/i.test(
      line.toString("latin1"),
    )
  );
}

/** All brackets that were opened are closed. */
export function isBalanced(sql: Buffer): boolean {
  let depth = 0;
  for (const [bracket] of sql.toString("latin1").replace(quotedOrComments, " ").matchAll(/[()]/g))
    depth += bracket === "(" ? 1 : -1;
  return depth === 0;
}
