import type { Database } from "./database.ts";

/**
 * Runs `work` in one transaction under the search_path that the role and the database give a session, not under
 * our empty one: functions, views' helpers and operators' SQL may use unqualified names. Commits, or rolls back
 * when `work` throws.
 */
export async function inOwnSearchPath<T>(db: Database, work: () => Promise<T>): Promise<T> {
  await db.query("begin; set local search_path to default");
  try {
    const result = await work();
    await db.query("commit");
    return result;
  } catch (error) {
    await db.query("rollback").catch(() => undefined);
    throw error;
  }
}
