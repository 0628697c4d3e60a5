import type { Database } from "./database.ts";
import { readDriverError } from "./errors.ts";
import { buildBlock } from "./identifier.ts";

const buildOwnPath = (isLocal: boolean): string =>
  `set ${isLocal ? "local " : ""}search_path to default;
${buildBlock(`begin perform pg_catalog.set_config('search_path', 'pg_catalog, ' operator(pg_catalog.||) pg_catalog.current_setting('search_path'), ${isLocal}); end`)}`;

/**
 * Statements that set the search_path of a transaction to that of the role and the database, because checks, generated
 * columns and indexes may use unqualified names; with pg_catalog always first: the dump writes `pg_class` and
 * `+(integer,integer)` for values of regclass and regoperator, and nobody's operators stand in for the system's.
 */
export const ownSearchPath = buildOwnPath(true);

/**
 * Runs `work` in one transaction under the search_path that the role and the database give a session, not under
 * our empty one: functions, views' helpers and operators' SQL may use unqualified names. Commits, or rolls back
 * when `work` throws.
 */
export async function inOwnSearchPath<T>(db: Database, work: () => Promise<T>): Promise<T> {
  await db.query("begin; set local search_path to default");
  try {
    const result = await work();
    await db.query("commit");
    return result;
  } catch (error) {
    await db.query("rollback").catch(() => undefined);
    throw error;
  }
}

const unknownNames = new Set(["42883", "42P01", "42704", "3F000"]);

/**
 * Asks about rows. The server computes with the expressions of a table's indexes while it plans any question about
 * the table; where a function in them does not find its names under our empty search_path, the question is asked again
 * under that of the role and the database. In a
 * transaction `ask` must come back to a savepoint when it fails.
 */
export async function askRows<T>(db: Database, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const sqlstate = readDriverError(error)?.sqlstate ?? "";
    if (!unknownNames.has(sqlstate)) throw error;
  }
  return withOwnSearchPath(db, ask);
}

/** Asks under the search_path of the role and the database, in a transaction or not; afterwards it is empty again. */
export async function withOwnSearchPath<T>(db: Database, ask: () => Promise<T>): Promise<T> {
  await db.query(buildOwnPath(false));
  try {
    return await ask();
  } finally {
    // in a transaction that has failed its rollback does it
    await db.query("set search_path = ''").catch(() => undefined);
  }
}
