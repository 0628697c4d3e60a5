import type { Database } from "./database.ts";
import { quoteName, type QualifiedName } from "./identifier.ts";

/**
 * Drops v1's migration history tables from v2, all in one statement. Without CASCADE: what depends on them is not
 * ours to drop.
 * @throws the server's error that names what depends on them
 */
export async function dropTables(db: Database, tables: readonly QualifiedName[]): Promise<void> {
  if (tables.length > 0) await db.query(`drop table if exists ${tables.map(quoteName).join(", ")}`);
}
