import type { Database } from "./database.ts";
import { readLedger } from "./ledger.ts";

/**
 * Drops the ledger's tables and its schema, in one transaction. Without CASCADE: what somebody else put into the
 * schema is not ours to drop, and makes it stay with an error.
 * @throws Error when a foreign key in it is not restored
 */
export async function dropLedger(db: Database): Promise<void> {
  await db.query("begin");
  try {
    const { exists, unrestored } = await readLedger(db);
    if (unrestored.length > 0)
      throw new Error("the ledger holds foreign keys that are not restored");
    if (exists) await db.ask("postgres/drop-ledger");
    await db.query("commit");
  } catch (error) {
    await db.query("rollback").catch(() => undefined);
    throw error;
  }
}
