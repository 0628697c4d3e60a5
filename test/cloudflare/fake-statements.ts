import { limits } from "../../scripts/cloudflare/limits.ts";

/** What D1 answers to SQL that it does not run: SQLite's message, with the code behind it, as D1 writes it. */
export class FakeSqlError extends Error {}

interface Word {
  readonly text: string;
  /** The character that follows it, blanks left out. */
  readonly next: string;
}

export interface FakeStatement {
  readonly sql: string;
  /** Words outside of quotes and comments, in upper case. */
  readonly words: readonly Word[];
  /** Most terms of one compound SELECT. */
  readonly terms: number;
}

const token =
  /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|[;()]|[A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*/g;

/** Statements of a text as SQLite sees them: quotes, comments, and the bodies of triggers are respected. */
export function* splitStatements(text: string): Generator<FakeStatement> {
  let start = 0;
  let words: Word[] = [];
  let bodies = 0;
  let depth = 0;
  let terms: number[] = [];
  let most = 1;
  const statement = (end: number): FakeStatement | undefined => {
    const found = { sql: text.slice(start, end).trim(), words, terms: most };
    [start, words, bodies, depth, terms, most] = [end + 1, [], 0, 0, [], 1];
    return found.words.length === 0 ? undefined : found;
  };
  for (const { 0: part, index } of text.matchAll(token)) {
    if (part === ";" && bodies <= 0) {
      const found = statement(index);
      if (found !== undefined) yield found;
    } else if (part === "(") depth += 1;
    else if (part === ")") terms[depth--] = 0;
    else if (/^[A-Za-z_$\u0080-\uffff]/.test(part)) {
      const word = part.toUpperCase();
      words.push({
        text: word,
        next: text.slice(index + part.length).match(/^\s*(\S)/)?.[1] ?? "",
      });
      if (isTrigger(words))
        bodies += word === "BEGIN" || word === "CASE" ? 1 : word === "END" ? -1 : 0;
      if (/^(?:UNION|INTERSECT|EXCEPT)$/.test(word)) {
        terms[depth] = (terms[depth] ?? 0) + 1;
        most = Math.max(most, (terms[depth] ?? 0) + 1);
      }
    }
  }
  const last = statement(text.length);
  if (last !== undefined) yield last;
}

const isTrigger = (words: readonly Word[]): boolean =>
  words[0]?.text === "CREATE" && (words[1]?.text === "TRIGGER" || words[2]?.text === "TRIGGER");

const transaction =
  "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs " +
  "instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript API is safer because it will " +
  "automatically roll back on exceptions, and because it interacts correctly with Durable Objects' automatic " +
  "atomic write coalescing.";

const pragmas = new Set(
  (
    "table_info table_xinfo foreign_key_list index_list index_info index_xinfo foreign_key_check quick_check table_list " +
    "data_version foreign_keys defer_foreign_keys optimize case_sensitive_like recursive_triggers " +
    "ignore_check_constraints legacy_alter_table reverse_unordered_selects"
  )
    .toUpperCase()
    .split(" "),
);

const functions = /^(?:SQLITE_VERSION|SQLITE_SOURCE_ID|SQLITE_COMPILEOPTION_\w+|FTS5)$/;

/**
 * Throws what D1 says to SQL that it does not run. The texts and lists were observed with the local D1 of wrangler
 * 4.86 (workerd): statement length, transactions, ATTACH, PRAGMAs, functions, temporary and reserved tables.
 */
export function verifyAllowed({ sql, words, terms }: FakeStatement): void {
  const [first, second, third] = words.map(({ text }) => text);
  if (Buffer.byteLength(sql) > limits.statement)
    throw new FakeSqlError("statement too long: SQLITE_TOOBIG");
  if (/^(?:BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE)$/.test(first ?? ""))
    throw new FakeSqlError(transaction);
  if (first === "VACUUM")
    throw new FakeSqlError("cannot VACUUM from within a transaction: SQLITE_ERROR");
  if (terms > 5) throw new FakeSqlError("too many terms in compound SELECT: SQLITE_ERROR");
  const isTemporary = first === "CREATE" && /^TEMP(?:ORARY)?$/.test(second ?? "");
  const isReserved = first === "CREATE" && second === "TABLE" && third?.startsWith("_CF_") === true;
  const isPragma = first === "PRAGMA" && !pragmas.has(second ?? "");
  if (isTemporary || isReserved || isPragma || first === "ATTACH" || first === "DETACH")
    throw new FakeSqlError("not authorized: SQLITE_AUTH");
  for (const { text, next } of words) {
    if (next === "(" && text === "LOAD_EXTENSION")
      throw new FakeSqlError("not authorized: SQLITE_ERROR");
    if (next === "(" && functions.test(text))
      throw new FakeSqlError(`not authorized to use function: ${text.toLowerCase()}: SQLITE_ERROR`);
    if (text.startsWith("_CF_"))
      throw new FakeSqlError("access to _cf_METADATA.key is prohibited: SQLITE_AUTH");
  }
}
