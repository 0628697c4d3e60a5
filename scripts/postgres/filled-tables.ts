import type { Database } from "./database.ts";
import { askRows } from "./own-search-path.ts";
import { quoteName, type QualifiedName } from "./identifier.ts";

/** A table to look into; an ordinary one (`r`) without its children by inheritance, which are tables of their own. */
export type LookedAt = QualifiedName & { readonly kind?: "r" | "p" };

/** `only "schema"."table"`, for statements about the table's own rows. */
export const rowsOf = (table: LookedAt): string =>
  `${table.kind === "r" ? "only " : ""}${quoteName(table)}`;

/** A table that holds rows. */
export interface FilledTable {
  readonly table: QualifiedName;
  readonly rows: bigint;
}

const tablesAtOnce = 100;

/** The tables that are not empty: looks at one row of each. */
export async function listFilled(db: Database, tables: readonly LookedAt[]): Promise<LookedAt[]> {
  const questions = tables.map(
    (table, at) => `select ${at} as at where exists (select 1 from ${rowsOf(table)})`,
  );
  const answers = await askRows(db, () =>
    db.query<{ at: number }>(questions.join("\nunion all\n")),
  );
  const filled = new Set(answers.map(({ at }) => at));
  return tables.filter((_, at) => filled.has(at));
}

/** The tables that are not empty, with exact counts. Looking is quick, counting takes as long as the tables are large. */
export async function listFilledTables(
  db: Database,
  tables: readonly LookedAt[],
): Promise<FilledTable[]> {
  const found: FilledTable[] = [];
  for (let from = 0; from < tables.length; from += tablesAtOnce)
    for (const table of await listFilled(db, tables.slice(from, from + tablesAtOnce))) {
      const { rows } = await askRows(db, () =>
        db.one<{ rows: string }>(`select pg_catalog.count(*) as rows from ${rowsOf(table)}`),
      );
      found.push({ table, rows: BigInt(rows) });
    }
  return found;
}
