import type { Database } from "./database.ts";
import { quoteName, type QualifiedName } from "./identifier.ts";
import { inOwnSearchPath } from "./own-search-path.ts";

/**
 * Collects the planner's statistics of one table or materialized view, a partitioned one with its partitions. Under
 * v2's own search_path: expressions of indexes are computed, and may call functions with unqualified names.
 */
export const analyzeTable = async (db: Database, table: QualifiedName): Promise<void> => {
  await inOwnSearchPath(db, () => db.query(`analyze ${quoteName(table)}`));
};
