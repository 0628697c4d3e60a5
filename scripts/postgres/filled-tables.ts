import type { Database } from "./database.ts";
import { quoteName, type QualifiedName } from "./identifier.ts";

/** A table that holds rows. */
export interface FilledTable {
  readonly table: QualifiedName;
  readonly rows: bigint;
}

const tablesAtOnce = 100;

async function listFilled(
  db: Database,
  tables: readonly QualifiedName[],
): Promise<QualifiedName[]> {
  const questions = tables.map(
    (table, at) => `select ${at} as at where exists (select 1 from ${quoteName(table)})`,
  );
  const answers = await db.query<{ at: number }>(questions.join("\nunion all\n"));
  const filled = new Set(answers.map(({ at }) => at));
  return tables.filter((_, at) => filled.has(at));
}

/**
 * The tables that are not empty, with exact counts; children by inheritance count for their parent. Looking is
 * quick, counting takes as long as the tables are large.
 */
export async function listFilledTables(
  db: Database,
  tables: readonly QualifiedName[],
): Promise<FilledTable[]> {
  const found: FilledTable[] = [];
  for (let from = 0; from < tables.length; from += tablesAtOnce)
    for (const table of await listFilled(db, tables.slice(from, from + tablesAtOnce))) {
      const { rows } = await db.one<{ rows: string }>(
        `select pg_catalog.count(*) as rows from ${quoteName(table)}`,
      );
      found.push({ table, rows: BigInt(rows) });
    }
  return found;
}
