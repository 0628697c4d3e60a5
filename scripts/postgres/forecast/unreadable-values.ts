import type { Database } from "../database.ts";
import type { Probe } from "./rule.ts";

/** How v1 is asked: behind a savepoint, so that a refusal does not end the transaction. */
export type Ask = <T extends object>(
  db: Database,
  sql: string,
  values?: readonly unknown[],
) => Promise<T[]>;

/** Values that v2's type refuses, as far as they were looked for. */
export interface Unreadable {
  readonly values: readonly string[];
  /** Rows that hold one of them; undefined when there may be more. */
  readonly count: bigint | undefined;
}

/** More values than these are not looked through, and more failures than these are not named. */
const limits = { values: 20_000, failures: 10 } as const;

/**
 * Servers before 16 only say that some value cannot be read: halving the distinct values finds which. Exact when the
 * column has few enough values and few enough of them fail.
 */
export async function findUnreadable(db: Database, ask: Ask, probe: Probe): Promise<Unreadable> {
  const { attempt } = probe;
  if (attempt === undefined) return { values: [], count: undefined };
  const rows = await ask<{ value: string }>(
    db,
    `select distinct ${attempt.value} as value from ${probe.rows} where ${attempt.where} limit ${limits.values}`,
  );
  const isReadable = async (values: readonly string[]): Promise<boolean> => {
    const sql = `select pg_catalog.count(v.value::${attempt.type}) from pg_catalog.unnest($1::pg_catalog.text[]) as v (value)`;
    try {
      await ask(db, sql, [values]);
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && String(error.code).startsWith("22"))
        return false;
      throw error;
    }
  };
  const found: string[] = [];
  const isComplete = await collect(
    rows.map(({ value }) => value),
    isReadable,
    found,
  );
  if (!isComplete || rows.length === limits.values) return { values: found, count: undefined };
  const [row] = await ask<{ count: string }>(
    db,
    `select pg_catalog.count(*) as count from ${probe.rows} where ${attempt.where} and ${attempt.value} = any ($1::pg_catalog.text[])`,
    [found],
  );
  return { values: found, count: BigInt(row?.count ?? "0") };
}

/** Puts failing values into `found`; false when it stopped at the limit. */
async function collect(
  values: readonly string[],
  isReadable: (values: readonly string[]) => Promise<boolean>,
  found: string[],
): Promise<boolean> {
  if (values.length === 0 || (await isReadable(values))) return true;
  if (found.length === limits.failures) return false;
  const [only] = values;
  if (values.length === 1 && only !== undefined) {
    found.push(only);
    return true;
  }
  const half = Math.ceil(values.length / 2);
  return (
    (await collect(values.slice(0, half), isReadable, found)) &&
    collect(values.slice(half), isReadable, found)
  );
}

/** The first rows that hold one of the values, as JSON text in the column `row`; takes the values as $1. */
export const buildUnreadableRows = ({ rows, attempt }: Probe): string =>
  `select pg_catalog.to_json(t.*)::pg_catalog.text as row from ${rows} where ${attempt?.where ?? "true"} and ${attempt?.value ?? "null"} = any ($1::pg_catalog.text[]) limit 10`;
