import type { Database } from "./database.ts";
import { quoteName, type QualifiedName } from "./identifier.ts";

/** A table that is not empty. */
export interface FilledTable {
  readonly table: QualifiedName;
  /** Exact. */
  readonly rows: string;
}

/** Which of the tables hold rows, and how many. Asks EXISTS first, so that empty tables cost nothing. */
export async function listFilled(
  db: Database,
  tables: readonly QualifiedName[],
): Promise<FilledTable[]> {
  const filled: FilledTable[] = [];
  for (const table of tables) {
    const name = quoteName(table);
    const { any } = await db.one<{ any: boolean }>(`select exists (select 1 from ${name}) as any`);
    if (!any) continue;
    const { rows } = await db.one<{ rows: string }>(
      `select pg_catalog.count(*) as rows from ${name}`,
    );
    filled.push({ table, rows });
  }
  return filled;
}
