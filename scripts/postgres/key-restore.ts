import type { ForeignKey } from "./catalogue.ts";
import type { Database } from "./database.ts";
import { readDriverError } from "./errors.ts";
import { listForeignKeys } from "./foreign-keys.ts";
import { buildDrop, buildMake, buildValidate, type KeyDefinition } from "./key-changes.ts";
import type { LedgerKey } from "./ledger.ts";
import { ownSearchPath } from "./own-search-path.ts";
import { readSql } from "../engine/sql-file.ts";

/** A key that the server refused, mostly because rows break it: it stays in the ledger. */
export interface BrokenKey {
  readonly key: LedgerKey;
  /** 23503: rows break it; anything else: the server's own reason. */
  readonly sqlstate: string;
  /** The server's words: row values. */
  readonly words: readonly string[];
  /** Added without its check (NOT VALID): new rows are checked, the old ones are not. */
  readonly added: boolean;
}

const isSame = (a: Pick<KeyDefinition, "schema" | "table" | "name">, b: typeof a): boolean =>
  a.schema === b.schema && a.table === b.table && a.name === b.name;

/** The key as the catalogue has it now. */
async function findKey(db: Database, key: LedgerKey): Promise<ForeignKey | undefined> {
  return (await listForeignKeys(db)).find((present) => isSame(present, key));
}

/** Errors that are no matter of this key: the connection, the server's end, an operator's cancel, a lack of resources. */
const isOfTheSession = (sqlstate: string): boolean => /^(?:08|53|57|58)/u.test(sqlstate);

type Refusal = Pick<BrokenKey, "sqlstate" | "words">;

/** Runs statements in one transaction. @returns what the server said when it refused one of them */
async function inTransaction(
  db: Database,
  statements: readonly string[],
): Promise<Refusal | undefined> {
  try {
    await db.query("begin");
    await db.query(ownSearchPath);
    for (const statement of statements) await db.query(statement);
    await db.query("commit");
    return undefined;
  } catch (error) {
    await db.query("rollback").catch(() => undefined);
    const said = readDriverError(error);
    if (said === undefined || isOfTheSession(said.sqlstate)) throw error;
    const words = [said.message, ...(said.detail === undefined ? [] : [said.detail])];
    return { sqlstate: said.sqlstate, words };
  }
}

const notValid = / NOT VALID$/u;
const isSameKey = (present: ForeignKey, key: LedgerKey): boolean =>
  present.definition.replace(notValid, "") === key.definition.replace(notValid, "");

/**
 * Brings one key back: NOT VALID, then VALIDATE, each a transaction of its own, so that a long check can be repeated
 * without adding the key again. A key that is there already is only checked. The ledger's row is settled when the
 * catalogue shows the key with the same definition, validation state and comment.
 * @returns the key when the server refuses it
 * @throws Error when it came back as another one, or the session itself failed
 */
export async function restoreKey(db: Database, key: LedgerKey): Promise<BrokenKey | undefined> {
  let present = await findKey(db, key);
  if (present !== undefined && !isSameKey(present, key)) {
    // somebody made a key of that name meanwhile: the ledger's is v2's own
    await db.query(buildDrop(key));
    present = undefined;
  }
  if (present === undefined) {
    const refusal = await inTransaction(db, buildMake(key));
    if (refusal !== undefined) return { key, ...refusal, added: false };
  }
  const validate = buildValidate(key);
  if (validate !== undefined) {
    const refusal = await inTransaction(db, [validate]);
    if (refusal !== undefined) return { key, ...refusal, added: true };
  }
  await settle(db, key);
  return undefined;
}

async function settle(db: Database, key: LedgerKey): Promise<void> {
  const present = await findKey(db, key);
  const same =
    present !== undefined &&
    present.definition === key.definition &&
    present.validated === key.validated &&
    present.comment === key.comment;
  if (!same)
    throw new Error(
      `${key.name} came back as ${present?.definition ?? "nothing"}, and was ${key.definition}`,
    );
  await db.query(readSql("postgres/mark-key-restored"), [key.id]);
}
