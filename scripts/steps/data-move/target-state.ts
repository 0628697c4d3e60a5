import type { StepContext, TargetState } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import type { Database } from "../../postgres/database.ts";
import { readLedger, type Ledger, type LedgerRun, type RunPhase } from "../../postgres/ledger.ts";
import { withTarget } from "./databases.ts";
import { countFilled, holdsImport, recallImport } from "./import-evidence.ts";
import { nameKeys } from "./key-names.ts";
import { describeLostKeys, listLostKeys } from "./lost-ledger.ts";
import { findNewest } from "./recalled-run.ts";
import { remembered } from "./remembered.ts";
import { describeRows } from "./rows-in-target.ts";

/** The run that v2's ledger speaks of: this one, or else the newest. */
export const findRun = (context: StepContext, { runs }: Ledger): LedgerRun | undefined =>
  runs.find(({ run }) => run === context.runId) ?? findNewest(context, runs) ?? runs.at(-1);

/** `this run`, or `run 2026… (dev, by ann@laptop, begun …)`. */
const nameRun = (
  context: StepContext,
  { run, environment, operator, beganAt }: LedgerRun,
): string =>
  run === context.runId
    ? "this run"
    : `run ${run} (${environment}, by ${operator}, since ${beganAt})`;

/** The command that brings a run on from a phase. */
export const nextFrom = (context: StepContext, phase: RunPhase): string =>
  context.commandLine(phase === "undoing" ? "undo" : "resume");

function describeMissingKeys(context: StepContext, ledger: Ledger): TargetState {
  const run = findRun(context, ledger);
  const isUndoing = run?.phase === "undoing";
  const why = isUndoing ? `; ${nameRun(context, run)} is being taken back` : "";
  return {
    sentence: `v2 is without ${countOf(ledger.unrestored.length, "foreign key")} as it was, until they are restored: ${nameKeys(ledger.unrestored)}${why}`,
    unsafe: true,
    next: isUndoing
      ? context.commandLine("undo")
      : context.commandLine("step", "restore-foreign-keys"),
  };
}

/** What a phase means for who looks at v2; every key is back. */
function describePhase(context: StepContext, run: LedgerRun, { imports }: Ledger): string {
  const name = nameRun(context, run);
  const imported = imports.find((one) => one.run === run.run);
  const rows = `v2 holds the rows of ${name}${imported === undefined ? "" : ` (committed ${imported.importedAt})`}; its foreign keys and triggers are back`;
  const texts: Readonly<Record<RunPhase, string>> = {
    "keys-dropped": `no rows of ${name} are in v2, and the foreign keys that it dropped are back`,
    loaded: `${rows}; sequences and materialized views are not set yet`,
    finishing: `${rows}; sequences and materialized views were begun to be set, and are not all set yet`,
    undoing: `${name} is being taken back, and that is not finished`,
  };
  return texts[run.phase];
}

/** No ledger: the journal of this run knows what it had sent, and v2 is looked at. */
async function describeAttempt(context: StepContext, target: Database): Promise<TargetState> {
  const tables = (recallImport(context)?.tables ?? []).filter(({ rows }) => rows > 0);
  const filled = await countFilled(target, tables);
  const isDone = context.isDone("import");
  if (isDone && filled < tables.length)
    return {
      sentence: `${tables.length - filled} of ${countOf(tables.length, "table")} that this run filled are empty now: it was taken back from elsewhere, or v2 was emptied`,
      unsafe: false,
    };
  if (isDone) return { sentence: "v2 holds the rows of this run", unsafe: false };
  if (filled === tables.length && (await holdsImport(context, target)))
    return {
      sentence: "v2 holds just the rows of this run; the ledger that says so is gone",
      unsafe: false,
      next: context.commandLine("resume"),
    };
  if (filled === 0)
    return { sentence: "nothing in v2: no change of this run is in it", unsafe: false };
  return {
    sentence: `the import of this run is not in v2; ${countOf(filled, "table")} ${filled === 1 ? "holds" : "hold"} rows of others`,
    unsafe: false,
  };
}

/** A call that has no run: nothing but v2 itself tells. */
const hasRun = ({ runId }: StepContext): boolean => runId !== "none";

async function describeWithout(context: StepContext, target: Database): Promise<TargetState> {
  if (recallImport(context) !== undefined || context.isDone("import"))
    return describeAttempt(context, target);
  // v2 has known the run by its keys: any machine may have gone on with it
  const mayBeElsewhere = context.recall(remembered.droppedKeys) !== undefined;
  if (hasRun(context) && !mayBeElsewhere)
    return { sentence: "nothing in v2: no change of this run is in it", unsafe: false };
  const rows = await describeRows(context, target);
  const what = hasRun(context)
    ? "the foreign keys that this run dropped are back; whether it went on elsewhere is not known here"
    : "no journal here knows of a move";
  return { sentence: `no ledger in v2; ${rows}, and ${what}`, unsafe: false };
}

/** What the target itself says: its ledger is written in the same transactions as the changes. Needs v2 only. */
export const lookAtTarget = (context: StepContext): Promise<TargetState> =>
  withTarget(context, async (target): Promise<TargetState> => {
    const ledger = await readLedger(target);
    if (ledger.unrestored.length > 0) return describeMissingKeys(context, ledger);
    const lost = await listLostKeys(context, target, ledger);
    if (lost.length > 0)
      return {
        sentence: describeLostKeys(lost),
        unsafe: true,
        next: context.commandLine("step", "restore-foreign-keys"),
      };
    const run = findRun(context, ledger);
    if (run === undefined) return describeWithout(context, target);
    return {
      sentence: describePhase(context, run, ledger),
      unsafe: false,
      next: nextFrom(context, run.phase),
    };
  });
