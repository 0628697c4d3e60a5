import type { Database } from "./database.ts";
import { quoteName, type QualifiedName } from "./identifier.ts";

/** Tables taken together, as the server's statistics have them. */
export interface TableSizes {
  /** On disk, without indexes. */
  readonly bytes: number;
  /** An estimate. */
  readonly rows: bigint;
  /** How many of the tables were never analyzed: their rows are missing in the estimate. */
  readonly unknown: number;
}

/** @param tables ordinary tables and partitions: a partitioned parent has no rows of its own */
export async function measureTables(
  db: Database,
  tables: readonly QualifiedName[],
): Promise<TableSizes> {
  const [sizes] = await db.ask<{ bytes: string; rows: string; unknown: number }>(
    "postgres/measure-tables",
    [tables.map(quoteName)],
  );
  if (sizes === undefined) throw new Error("the server did not measure");
  return { bytes: Number(sizes.bytes), rows: BigInt(sizes.rows), unknown: sizes.unknown };
}
