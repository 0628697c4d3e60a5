import type { Database } from "./database.ts";
import { readLedger } from "./ledger.ts";

/**
 * Drops the ledger's tables and its schema, in one transaction. Without CASCADE: what somebody else put into the
 * schema is not ours to drop, and makes it stay with an error.
 * @returns whether there was one
 * @throws Error when a foreign key in it is not restored
 */
export async function dropLedger(db: Database): Promise<boolean> {
  await db.query("begin");
  try {
    const { exists, unrestored } = await readLedger(db);
    if (unrestored.length > 0)
      throw new Error("the ledger holds foreign keys that are not restored");
    if (exists) await db.ask("postgres/drop-ledger");
    await db.query("commit");
    return exists;
  } catch (error) {
    await db.query("rollback").catch(() => undefined);
    throw error;
  }
}

/** Drops the ledger after an undo: when no import stands in it any more and every key is back. */
export async function dropSettledLedger(db: Database): Promise<void> {
  const { unrestored, imports } = await readLedger(db);
  if (unrestored.length === 0 && imports.length === 0) await dropLedger(db);
}
