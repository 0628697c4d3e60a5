import { createHash } from "node:crypto";
import type { Database } from "./database.ts";
import { nameKey, quoteName, type QualifiedName } from "./identifier.ts";

/** sha256 over the rows of a migration history's tables (they are small), whatever their order. */
export async function fingerprintHistory(
  db: Database,
  tables: readonly QualifiedName[],
): Promise<string> {
  const hash = createHash("sha256");
  for (const table of tables.toSorted((a, b) => (nameKey(a) < nameKey(b) ? -1 : 1))) {
    const rows = await db.query<{ row: string }>(
      `select history::pg_catalog.text as row from ${quoteName(table)} as history`,
    );
    hash.update(JSON.stringify([nameKey(table), rows.map(({ row }) => row).toSorted()]));
  }
  return hash.digest("hex");
}
