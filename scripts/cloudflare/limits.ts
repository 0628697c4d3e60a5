/**
 * D1's limits, in bytes unless a name says otherwise (https://developers.cloudflare.com/d1/platform/limits/).
 */
export const limits = {
  /** One SQL statement. Enforced locally too. */
  statement: 100_000,
  /** Columns of a table. Enforced locally too. */
  columnsPerTable: 100,
  /** A row, a text, a blob. */
  row: 2_000_000,
  /** A database on the paid plan. */
  database: 10_000_000_000,
  /** A database on the free plan. */
  freeDatabase: 500_000_000,
  /** A file for `d1 execute --remote --file`. */
  importFile: 5_000_000_000,
  /** Time Travel goes back this many days; on the free plan seven. */
  timeTravelDays: 30,
} as const;

/** Bytes of a batched INSERT: below and above it wrangler's local import takes longer (its splitter is quadratic). */
export const batchBytes = 18_000;
