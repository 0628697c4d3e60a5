import type { ForeignKey } from "./catalogue.ts";
import type { Database } from "./database.ts";
import { readDriverError } from "./errors.ts";
import { listForeignKeys } from "./foreign-keys.ts";
import {
  buildAdd,
  buildComment,
  buildDrop,
  buildValidate,
  type KeyDefinition,
} from "./key-changes.ts";
import type { LedgerKey } from "./ledger.ts";
import { readSql } from "./sql-file.ts";

/** A key whose rows break it: it stays in the ledger. */
export interface BrokenKey {
  readonly key: LedgerKey;
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

/** Runs statements in one transaction. @returns the server's words when rows break a key */
async function inTransaction(
  db: Database,
  statements: readonly string[],
): Promise<readonly string[] | undefined> {
  try {
    await db.query("begin");
    for (const statement of statements) await db.query(statement);
    await db.query("commit");
    return undefined;
  } catch (error) {
    await db.query("rollback").catch(() => undefined);
    const said = readDriverError(error);
    if (said?.sqlstate !== "23503") throw error;
    return [said.message, ...(said.detail === undefined ? [] : [said.detail])];
  }
}

const notValid = / NOT VALID$/u;
const isSameKey = (present: ForeignKey, key: LedgerKey): boolean =>
  present.definition.replace(notValid, "") === key.definition.replace(notValid, "");

/**
 * Brings one key back: NOT VALID, then VALIDATE, each a transaction of its own, so that a long check can be repeated
 * without adding the key again. A key that is there already is only checked. The ledger's row is settled when the
 * catalogue shows the key with the same definition, validation state and comment.
 * @returns the key when rows break it
 * @throws Error when another key stands under its name, or the server refuses it for another reason
 */
export async function restoreKey(db: Database, key: LedgerKey): Promise<BrokenKey | undefined> {
  let present = await findKey(db, key);
  if (present !== undefined && !isSameKey(present, key)) {
    // somebody made a key of that name meanwhile: the ledger's is v2's own
    await db.query(buildDrop(key));
    present = undefined;
  }
  if (present === undefined) {
    const comment = buildComment(key);
    const words = await inTransaction(db, [
      buildAdd(key),
      ...(comment === undefined ? [] : [comment]),
    ]);
    if (words !== undefined) return { key, words, added: false };
  }
  const validate = buildValidate(key);
  if (validate !== undefined) {
    const words = await inTransaction(db, [validate]);
    if (words !== undefined) return { key, words, added: true };
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
