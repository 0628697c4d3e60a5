import type { Problem } from "../engine/failure.ts";
import type { CheckFile, NeededName } from "./check-file.ts";
import type { Database } from "./database.ts";
import { describeServerError } from "./server-message.ts";

/** What came of one check. */
export type CheckOutcome =
  | {
      readonly outcome: "ran";
      /** How many rows break the rule; counted up to `countedRows`. */
      readonly violations: number;
      readonly more: boolean;
      /** The first of them as JSON; personal data. */
      readonly rows: readonly string[];
    }
  /** A table or column that it needs is not in v2. */
  | { readonly outcome: "not-applicable"; readonly reason: string }
  /** It has not passed: no question, several, or one that fails. */
  | { readonly outcome: "not-run"; readonly problem: Problem };

/** Violations are counted up to here: more would only be read to be counted. */
export const countedRows = 100_000;
const sampledRows = 10;
const rowsAtOnce = 2000;

/**
 * Asks the question of a check. The text is sent whole and as one statement, so that the server's own parser says
 * where it ends; in a read-only transaction that is rolled back, under v2's own search_path.
 */
export async function runCheck(db: Database, check: CheckFile): Promise<CheckOutcome> {
  await db.query(
    "begin transaction isolation level repeatable read, read only; set local search_path to default",
  );
  try {
    const lacking = await findLacking(db, check.needs);
    if (lacking !== undefined)
      return { outcome: "not-applicable", reason: `v2 has no ${lacking.join(".")}` };
    return await ask(db, check);
  } catch (error) {
    return { outcome: "not-run", problem: describeFailure(check, error) };
  } finally {
    await db.query("rollback").catch(() => undefined);
  }
}

async function ask(db: Database, check: CheckFile): Promise<CheckOutcome> {
  // a cursor takes one question and nothing else, and does not send rows that nobody reads; on a line of its own,
  // because a text that ends in a comment would swallow what follows
  await db.statement(`declare movebook_check no scroll cursor for\n${check.sql}`);
  const rows: string[] = [];
  let violations = 0;
  while (violations <= countedRows) {
    const some = await db.query(`fetch forward ${rowsAtOnce} from movebook_check`);
    violations += some.length;
    rows.push(...some.slice(0, sampledRows - rows.length).map((row) => JSON.stringify(row)));
    if (some.length < rowsAtOnce) return { outcome: "ran", violations, more: false, rows };
  }
  return { outcome: "ran", violations: countedRows, more: true, rows };
}

/** The first needed name that v2 does not have. */
async function findLacking(
  db: Database,
  needs: readonly NeededName[],
): Promise<NeededName | undefined> {
  for (const name of needs) {
    const [found] = await db.ask<{ there: boolean }>("postgres/find-table-or-column", [
      name[0],
      name[1] ?? null,
      name[2] ?? null,
    ]);
    if (found?.there !== true) return name;
  }
  return undefined;
}

const describeFailure = (check: CheckFile, error: unknown): Problem => ({
  where: check.file,
  todo: "one SELECT a file: its rows are the violations. Mend the file, then validate again",
  ...describeServerError(`check ${check.name} could not run`, error),
});
