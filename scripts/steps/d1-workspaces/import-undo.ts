import { existsSync } from "node:fs";
import { failed, Failure, refused, type Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import type { D1Database } from "../../cloudflare/d1-database.ts";
import { buildDeletes } from "../../cloudflare/import-deletes.ts";
import { readLedger, type LedgerState } from "../../cloudflare/import-ledger.ts";
import type { ImportTable } from "../../cloudflare/import-table.ts";
import { listImportTables } from "../../cloudflare/scratch-table.ts";
import { compareTable } from "./compare-table.ts";
import { isLedgerTable, readContents, type Contents } from "./contents.ts";
import { withTarget } from "./databases.ts";
import { writeStatements } from "./import-begin.ts";
import { describeLedger, isOurs } from "./ledger-state.ts";
import { askPatiently } from "./patience.ts";
import { remembered } from "./remembered.ts";
import { verifyNobodyAtTarget } from "./target-users.ts";
import { runFile, scratchFile } from "./run-files.ts";
import { openScratch } from "./sides.ts";

/** `--override v2-rows=<reason>` lets rows go that the import did not bring. */
const override = "v2-rows";

type Rows = Readonly<Record<string, number>>;

const rowsBefore = (context: StepContext): Rows =>
  (context.recall(remembered.targetBefore) as Rows | undefined) ?? {};

/** A table of the import: rows that it did not bring, and rows that were changed since. */
async function findForeignRows(
  context: StepContext,
  database: D1Database,
  { shape, table, orderBy }: ImportTable,
): Promise<Problem[]> {
  const scratch = openScratch(context);
  try {
    const found = await compareTable({
      database,
      scratch,
      shape,
      expected: table,
      orderBy,
      signal: context.signal,
    });
    if (found.extra === 0 && found.changed === 0) return [];
    const counts = [
      ...(found.extra === 0
        ? []
        : [`${countOf(found.extra, "row")} that the import did not bring`]),
      ...(found.changed === 0 ? [] : [`${countOf(found.changed, "row")} changed since`]),
    ];
    return [
      {
        what: `${shape.name}: ${counts.join(", ")}`,
        where: `table ${shape.name} of v2`,
        rows: found.samples,
      },
    ];
  } finally {
    scratch.close();
  }
}

/** Tables that the import does not fill: what they hold beyond what they held before would be lost with a bookmark. */
const listOthers = (
  context: StepContext,
  contents: Contents,
  tables: readonly ImportTable[],
): Problem[] =>
  [...contents.rows].flatMap(([table, rows]) => {
    const isFilled = tables.some(({ shape }) => shape.name === table);
    if (isFilled || rows <= (rowsBefore(context)[table] ?? 0)) return [];
    return [
      { what: `${table}: ${countOf(rows, "row")} that came since`, where: `table ${table} of v2` },
    ];
  });

/** @throws Failure (exit 3) when v2 holds something that would be lost, unless that is overridden with a reason */
async function verifyOnlyOurs(
  context: StepContext,
  database: D1Database,
  contents: Contents,
  tables: readonly ImportTable[],
): Promise<void> {
  const problems = listOthers(context, contents, tables);
  for (const table of tables.filter(({ shape }) => (contents.rows.get(shape.name) ?? 0) > 0)) {
    context.screen.progress(
      `looking whether v2 holds only what the import brought: ${table.shape.name}`,
    );
    problems.push(...(await findForeignRows(context, database, table)));
  }
  context.screen.settle();
  if (problems.length === 0) return;
  const reason = context.options.overrides[override];
  if (reason === undefined)
    throw refused(
      "v2 was written to since the import; taking it back would lose that",
      problems.map((problem) => ({
        ...problem,
        todo: `Save those rows yourself. Or let them go knowingly: --override ${override}="<reason>".`,
      })),
    );
  for (const { what } of problems) context.screen.warning(`${what} (overridden: ${reason})`);
  context.remember("v2-rows-given-up", { reason, problems: problems.map(({ what }) => what) });
}

/** Back to the bookmark. @returns false when there is none, or Cloudflare does not take it */
async function restoreBookmark(context: StepContext, database: D1Database): Promise<boolean> {
  const bookmark = context.recall(remembered.importBookmark);
  if (database.place === "local" || typeof bookmark !== "string") return false;
  context.screen.progress("restoring v2 to the bookmark before the import");
  try {
    // to the same bookmark twice is once
    await askPatiently(context, database.place, () => database.restore(bookmark));
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    context.screen.settle();
    context.screen.warning(`${error.message}: what was imported is deleted instead`);
    return false;
  }
  return true;
}

/** Children first; the ledger goes last, so that an undo that was cut off can be called again. */
async function deleteRows(
  context: StepContext,
  database: D1Database,
  tables: readonly ImportTable[],
): Promise<void> {
  const calls = buildDeletes(tables);
  for (const [index, statements] of calls.entries()) {
    context.screen.progress(`emptying v2: ${index + 1} of ${calls.length}`);
    const file = writeStatements(context, "undo.sql", statements);
    // a second DELETE of the same rows deletes nothing more
    await askPatiently(context, database.place, () =>
      database.executeFile(file, `Empty ${database.name} (${index + 1} of ${calls.length})`),
    );
  }
}

/** @throws Failure unless v2 is as it was before the import */
function verifyBefore(context: StepContext, { rows, objects }: Contents): void {
  const before = rowsBefore(context);
  const problems: Problem[] = [...rows]
    .filter(([table, count]) => count !== (before[table] ?? 0))
    .map(([table, count]) => ({
      what: `${table} holds ${countOf(count, "row")}, and held ${before[table] ?? 0} before the import`,
      where: `table ${table} of v2`,
    }));
  const ledger = objects.filter(({ type, name }) => type === "table" && isLedgerTable(name));
  if (ledger.length > 0)
    problems.push({
      what: `the ledger is still in v2: ${ledger.map(({ name }) => name).join(", ")}`,
    });
  if (problems.length > 0) throw failed("v2 is not as it was before the import", problems);
}

/** @throws Failure (exit 3) when what is in v2 is not of this run */
function verifyLedger(context: StepContext, ledger: LedgerState): void {
  if (ledger.kind === "none" || isOurs(context, ledger)) return;
  throw refused(`v2 belongs to the import of another run: ${describeLedger(ledger)}`, [
    {
      what: "a run takes back only what it brought",
      todo: `Take it back where it was begun: ${context.commandLine("undo")}`,
    },
  ]);
}

function readTables(context: StepContext): readonly ImportTable[] {
  if (!existsSync(runFile(context, scratchFile)))
    throw refused("what the import brought is not known any more", [
      {
        what: `${scratchFile} is not in the run's folder, and without it nobody knows which rows are the import's`,
        where: context.runFolder,
        todo: "Put the run's folder back; or empty v2 by hand.",
      },
    ]);
  const scratch = openScratch(context);
  try {
    return listImportTables(scratch);
  } finally {
    scratch.close();
  }
}

/**
 * Takes back what the import brought: remotely to the bookmark of Time Travel, else by deleting; and looks that v2 is as
 * it was before.
 * @throws Failure (exit 3) when users were sent to v2, when it holds rows that the import did not bring, or is another
 * run's
 */
export async function takeBackImport(context: StepContext): Promise<void> {
  verifyNobodyAtTarget(context);
  const database = withTarget(context);
  const look = (): Promise<Contents> =>
    askPatiently(context, database.place, () => readContents(database));
  const [ledger, contents] = await Promise.all([readLedger(database), look()]);
  verifyLedger(context, ledger);
  const isUntouched = context.recall(remembered.targetBefore) === undefined;
  if (ledger.kind === "none" && isUntouched) {
    context.screen.line("  This run has brought nothing into v2.");
    return;
  }
  const tables = readTables(context);
  await verifyOnlyOurs(context, database, contents, tables);
  const isRestored = await restoreBookmark(context, database);
  if (!isRestored) await deleteRows(context, database, tables);
  context.screen.progress("looking whether v2 is as it was");
  verifyBefore(context, await look());
  context.screen.settle();
  context.screen.good(
    isRestored
      ? "v2 was restored to the bookmark before the import, and is as it was"
      : `v2 is as it was: ${countOf(tables.length, "table")} emptied, the ledger removed`,
  );
}
