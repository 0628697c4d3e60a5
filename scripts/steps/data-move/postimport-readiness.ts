import { failed, refused, type Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import type { Database } from "../../postgres/database.ts";
import { displayName } from "../../postgres/identifier.ts";
import { buildImportEntry, type Ledger } from "../../postgres/ledger.ts";
import { writeRun } from "../../postgres/ledger-run.ts";
import { countFilled, holdsImport, recallImport } from "./import-evidence.ts";
import { verifyNoKeysLost } from "./lost-ledger.ts";
import { readOwnLedger, readRunEntry } from "./run-entry.ts";

function verifyKeysAreBack(context: StepContext, { unrestored }: Ledger): void {
  if (unrestored.length === 0) return;
  const problems: Problem[] = unrestored.map((key) => ({
    what: `foreign key ${key.name} on ${displayName({ schema: key.schema, name: key.table })} is dropped and not restored`,
  }));
  problems.push({
    what: "the fixes after the import run on a complete schema only",
    todo: `restore them first: ${context.commandLine("step", "restore-foreign-keys")}`,
  });
  throw refused(
    `${countOf(unrestored.length, "foreign key")} of v2 must be restored first`,
    problems,
  );
}

/** What v2 says instead of "the rows of this run are in": undefined when they are. */
async function findContradiction(
  context: StepContext,
  target: Database,
  { runs, imports }: Ledger,
): Promise<Problem | undefined> {
  const own = runs.find(({ run }) => run === context.runId);
  if (own?.phase === "undoing")
    return {
      what: `it is being taken back, by ${own.operator} since ${own.changedAt}`,
      todo: `Finish that: ${context.commandLine("undo")}`,
    };
  const isKnown = imports.some(({ run }) => run === context.runId);
  if (isKnown || own?.phase === "loaded" || own?.phase === "finishing") return undefined;
  const [other] = imports;
  if (other !== undefined)
    return {
      what: `v2 holds the rows of run ${other.run}, imported at ${other.importedAt}`,
      todo: `See which run is the right one: ${context.commandLine("status")}`,
    };
  if (await holdsImport(context, target)) return undefined;
  return {
    what: "v2's ledger does not know of an import of this run, and its tables do not hold just the rows of the dump: it was taken back from elsewhere, never imported, or written to since",
    todo: `See what v2 holds: ${context.commandLine("status")}; then begin anew: ${context.commandLine("run")}`,
  };
}

/**
 * v2 must hold the rows of this run, with every foreign key.
 * @throws Failure (exit 3)
 */
export async function verifyImported(context: StepContext, target: Database): Promise<void> {
  const ledger = await readOwnLedger(context, target);
  verifyKeysAreBack(context, ledger);
  await verifyNoKeysLost(context, target);
  const problem = await findContradiction(context, target, ledger);
  if (problem === undefined) return;
  throw refused("v2 does not hold the rows of this run", [problem]);
}

/**
 * Looks that the tables into which this run wrote hold rows; how many, validate says.
 * @throws Failure (exit 1) when some do not
 */
export async function verifyRowsAreIn(context: StepContext, target: Database): Promise<void> {
  const tables = (recallImport(context)?.tables ?? []).filter(({ rows }) => rows > 0);
  if (tables.length === 0) return;
  const filled = await countFilled(target, tables);
  if (filled === tables.length) return;
  throw failed("v2 does not hold the rows of this run", [
    { what: `${tables.length - filled} of ${countOf(tables.length, "table")} are empty` },
  ]);
}

/**
 * Writes into v2 that the run is being taken back, and, where postimport has dropped the ledger, what it imported: another
 * machine must be able to finish the undo.
 * @returns false when its rows are no longer in v2: then nothing is said of an import
 */
export async function reopenLedger(context: StepContext, target: Database): Promise<boolean> {
  const { imports } = await readOwnLedger(context, target);
  const entry = recallImport(context);
  const areRowsIn = entry === undefined || (await countFilled(target, entry.tables)) > 0;
  const isKnown = imports.some(({ run }) => run === context.runId);
  await target.query("begin");
  try {
    await writeRun(target, readRunEntry(context, "undoing"));
    if (entry !== undefined && areRowsIn && !isKnown) await target.query(buildImportEntry(entry));
    await target.query("commit");
  } catch (error) {
    await target.query("rollback").catch(() => undefined);
    throw error;
  }
  return areRowsIn;
}
