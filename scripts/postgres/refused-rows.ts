import type { Database } from "./database.ts";
import { quoteName, type QualifiedName } from "./identifier.ts";
import { buildSourceRows, type MovedTable } from "./table-plan.ts";

const batch = 500;
const shown = 10;

/** Rows of v1 that a check of v2 refuses. */
export interface RefusedRows {
  readonly count: bigint;
  /** False: time was up before all rows were looked at. */
  readonly complete: boolean;
  /** The first ten as JSON text: personal data. */
  readonly rows: readonly string[];
}

// names that no column of a real table has: the check's own names must mean columns of `t`
const buildQuestion = (into: QualifiedName, expression: string): string =>
  `select e."movebook row" as row from pg_catalog.unnest($1::pg_catalog.text[]) as e ("movebook row"), lateral pg_catalog.json_populate_record(null::${quoteName(into)}, e."movebook row"::pg_catalog.json) as t where (${expression}) is false`;

/**
 * Asks v2 about v1's rows, for checks that call functions which only v2 has. The rows travel in batches and are
 * written nowhere: v2's transaction is read-only, under its own search_path.
 * @param expression of the check, as v2's catalogue spells it
 * @param patience milliseconds after which it stops looking
 * @throws what a server says, as when a row cannot be read as v2's types
 */
export async function findRefusedRows(
  source: Database,
  target: Database,
  { table, expression }: { readonly table: MovedTable; readonly expression: string },
  patience: number,
): Promise<RefusedRows> {
  const question = buildQuestion(table.target, expression);
  const end = Date.now() + patience;
  const rows: string[] = [];
  let count = 0n;
  await target.query("begin read only; set local search_path to default");
  try {
    return await source.snapshot(async () => {
      await source.query(
        `declare refused no scroll cursor for select pg_catalog.to_json(t.*)::pg_catalog.text as row from ${buildSourceRows(table)} as t`,
      );
      for (;;) {
        const some = await source.query<{ row: string }>(`fetch ${batch} from refused`);
        if (some.length === 0) return { count, complete: true, rows };
        const refused = await target.query<{ row: string }>(question, [some.map(({ row }) => row)]);
        count += BigInt(refused.length);
        rows.push(...refused.slice(0, shown - rows.length).map(({ row }) => row));
        if (Date.now() > end) return { count, complete: false, rows };
      }
    });
  } finally {
    await target.query("rollback").catch(() => undefined);
  }
}
