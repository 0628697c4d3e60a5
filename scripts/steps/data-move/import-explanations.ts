import type { Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import type { ForeignKey } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import type { ServerError } from "../../postgres/errors.ts";
import { describePlace, explainFailure } from "../../postgres/explain-failure.ts";
import type { Finding } from "../../postgres/forecast.ts";
import { listForeignKeys } from "../../postgres/foreign-keys.ts";
import { displayName, nameKey } from "../../postgres/identifier.ts";
import { lockWait } from "../../postgres/lock-wait.ts";
import { countOrphans, sampleOrphans } from "../../postgres/orphans.ts";
import { findRefusedRows } from "../../postgres/refused-rows.ts";
import { describeHolders } from "../../postgres/table-holders.ts";
import type { Scope } from "./scope.ts";
import { countOf } from "../../engine/wording.ts";

const sampleSize = 10;
/** Milliseconds for looking at rows one by one. */
const patience = 60_000;

/** What is known when an import was stopped by the server. */
export interface Situation {
  readonly context: StepContext;
  readonly source: Database;
  readonly target: Database;
  readonly scope: Scope;
}

/** A key that rows break: all of them counted and the first ten shown, in v1, where they still are. */
async function explainOrphans(
  source: Database,
  keys: readonly ForeignKey[],
  error: ServerError,
): Promise<Problem[]> {
  const key = keys.find(
    ({ schema, table, name }) =>
      schema === error.schema && table === error.table && name === error.constraint,
  );
  if (key === undefined) return [];
  const from = displayName({ schema: key.schema, name: key.table });
  const to = displayName(key.references);
  const orphans = await countOrphans(source, key);
  // none in v1: the row that is referred to exists there and does not move
  if (orphans === 0n) return [];
  const columns = `column${key.columns.length === 1 ? "" : "s"} ${key.columns.join(", ")}`;
  return [
    {
      what: `${countOf(orphans, "row")} of ${from} ${orphans === 1n ? "violates" : "violate"} foreign key constraint "${key.name}": no such row in ${to}`,
      where: `table ${from}, ${columns} → ${to} (${key.referencedColumns.join(", ")})`,
      todo: "Mend these rows in v1 (then dump anew), or leave the key out of v2; the report shows the first ten.",
      rows: await sampleOrphans(source, key, sampleSize),
    },
  ];
}

async function explainByRules(
  situation: Situation,
  targetForeignKeys: readonly ForeignKey[],
  error: ServerError,
): Promise<Problem[]> {
  const { source, scope } = situation;
  const facts = {
    plan: scope.plan,
    source: scope.sourceCatalogue,
    target: scope.targetCatalogue,
    sourceForeignKeys: await listForeignKeys(source),
    targetForeignKeys,
  };
  return explainFailure(source, facts, error, (finding) => explainCheck(situation, finding));
}

/** The rows that a check of v2 refuses, when v1 cannot tell: v2 is asked about v1's rows. */
async function explainCheck(
  { source, target, scope }: Situation,
  finding: Finding,
): Promise<Problem | undefined> {
  const table = scope.plan.moved.find(({ name }) => nameKey(name) === nameKey(finding.table));
  const check = scope.targetCatalogue.checks.find(
    ({ schema, name }) => schema === finding.table.schema && name === finding.constraint,
  );
  if (finding.kind !== "check" || table === undefined || check === undefined) return undefined;
  const { expression } = check;
  const found = await findRefusedRows(source, target, { table, expression }, patience).catch(
    () => undefined,
  );
  if (found === undefined || found.count === 0n) return undefined;
  const count = `${found.complete ? "" : "at least "}${countOf(found.count, "row")}`;
  return {
    what: `${displayName(finding.table)}: v2's check ${check.name} refuses ${count} of v1`,
    where: describePlace(finding),
    details: finding.details,
    ...(finding.todo === undefined ? {} : { todo: finding.todo }),
    rows: found.rows,
  };
}

/** The rows that are referred to are in v1, and stay there. */
const adviseOnUnmoved = (problem: Problem): Problem => ({
  ...problem,
  todo: "Move that table as well, or put into v2's what these rows refer to, then import.",
});

/** What v1 and v2 say about an error, with counts and rows; nothing when neither knows of it. */
export async function explain(
  situation: Situation,
  error: ServerError,
): Promise<readonly Problem[]> {
  const { source, target } = situation;
  if (error.sqlstate === "55P03") return explainWaiting(target, error);
  const keys = await listForeignKeys(target);
  const orphans = error.sqlstate === "23503" ? await explainOrphans(source, keys, error) : [];
  if (orphans.length > 0) return orphans;
  const found = await explainByRules(situation, keys, error);
  return error.sqlstate === "23503" ? found.map(adviseOnUnmoved) : found;
}

/** Who holds the tables that an import waited for in vain. */
async function explainWaiting(target: Database, error: ServerError): Promise<Problem[]> {
  const lines = await describeHolders(target);
  return [
    {
      what: `the tables of v2 could not be locked within ${lockWait / 1_000} s: another session holds them (SQLSTATE ${error.sqlstate})`,
      details: lines.length === 0 ? ["it has let go of them meanwhile"] : lines,
      todo: "End that session's transaction (stop the application that uses v2), then call again.",
    },
  ];
}
