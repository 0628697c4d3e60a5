/** A program's argument may have 128 KiB on Linux, after the shell's quoting, with all that stands before it. */
const longestArgument = 90_000;
/**
 * Wrangler's splitter of several statements takes a time that grows with the square of each: a second for 18 KB, as
 * much as a call of its own.
 */
const longestShared = 8_000;
const mostStatements = 100;

/** Bytes that a statement has when a shell's quoting has put a backslash before what needs one. */
const quotedLength = (sql: string): number =>
  Buffer.byteLength(sql) + (sql.match(/[\\'\n\r\t\v\f]/g)?.length ?? 0);

const count = (sql: string, pattern: RegExp): number => sql.match(pattern)?.length ?? 0;

/**
 * Wrangler's splitter opens a bracket at CASE or BEGIN between blanks and closes it at an END in capitals that has
 * a blank or semicolon after it. Where the counts differ, it would take the next statement for a part of this one.
 */
const isSplitRightly = (sql: string): boolean =>
  count(sql, /\s(?:BEGIN|CASE)(?=\s)/gi) === count(`${sql}\n`, /\sEND(?=[;\s])/g);

/** Without what follows the last statement, so that the count of statements is ours. */
const trim = (sql: string): string => sql.trim().replace(/(?:\s*;)+$/, "");

/**
 * Groups statements for calls of wrangler: as few calls as possible, each below the length of an argument.
 * @throws Error when one statement alone is too long
 */
export function batchStatements(statements: readonly string[]): string[][] {
  const batches: string[][] = [];
  let length = 0;
  let isOpen = false;
  for (const sql of statements.map(trim)) {
    const own = quotedLength(sql) + 4;
    if (own > longestArgument)
      throw new Error(`a statement of ${own} bytes is too long for one call of wrangler`);
    const shares = own <= longestShared && isSplitRightly(sql);
    const last = batches.at(-1);
    if (
      isOpen &&
      shares &&
      last !== undefined &&
      length + own <= longestArgument &&
      last.length < mostStatements
    ) {
      last.push(sql);
      length += own;
    } else {
      batches.push([sql]);
      length = own;
    }
    isOpen = shares;
  }
  return batches;
}

/** A comment at the end of a statement ends with the line, before the semicolon. */
export const joinStatements = (statements: readonly string[]): string => statements.join("\n;\n");
