import {
  noted,
  passed,
  problem,
  warned,
  type CheckResult,
  type CheckSection,
} from "../../engine/check.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import {
  ledgerLayout,
  readLedger,
  type Ledger,
  type LedgerRun,
  type RunPhase,
} from "../../postgres/ledger.ts";
import { decideHistories, findHistories } from "../../postgres/migration-history.ts";
import { withTarget } from "./databases.ts";
import { nameKeys } from "./key-names.ts";
import { describeLostKeys, listLostKeys } from "./lost-ledger.ts";
import { migrationTool } from "./params.ts";
import { buildMigrationSection } from "./preflight/migrations.ts";
import { describeRows } from "./rows-in-target.ts";
import { nextFrom } from "./target-state.ts";
import { countOf } from "../../engine/wording.ts";

const phaseText: Readonly<Record<RunPhase, string>> = {
  "keys-dropped": "it has dropped foreign keys, and nothing is loaded yet",
  loaded: "its rows are in; sequences and materialized views are not set yet",
  finishing: "its rows are in; postimport has begun and is not finished",
  undoing: "it is being taken back, and that is not finished",
};

/** Whose run it is, how far, and that any machine can go on with it. */
function describeRun(context: StepContext, run: LedgerRun): CheckResult {
  const { environment, operator, phase } = run;
  const where = `run ${run.run} (${environment}), by ${operator}, since ${run.beganAt}, last change ${run.changedAt}`;
  return warned(`${where}: ${phaseText[phase]}`, {
    todo:
      environment === context.environment
        ? `It can be gone on with from here: ${nextFrom(context, phase)}`
        : `It is a run of ${environment}; go on with it there.`,
  });
}

const describeImports = ({ imports }: Ledger): CheckResult[] =>
  imports.map((one) =>
    noted(
      `import of run ${one.run} (${one.environment}): ${countOf(BigInt(one.rowCount), "row")}, committed ${one.importedAt}`,
    ),
  );

function describeKeys(context: StepContext, { unrestored }: Ledger): CheckResult[] {
  if (unrestored.length === 0) return [];
  return [
    problem(
      `${countOf(unrestored.length, "foreign key")} dropped and not restored: ${nameKeys(unrestored)}`,
      { todo: context.commandLine("step", "restore-foreign-keys") },
    ),
  ];
}

/** What is seen where no ledger is: that no move has left anything says only a run that was finished from here. */
async function describeNone(context: StepContext, target: Database): Promise<CheckResult> {
  const rows = await describeRows(context, target);
  if (context.isDone("postimport"))
    return passed(`no ledger in v2: no move has left anything to restore; ${rows}`);
  return noted(`no ledger in v2; ${rows}`);
}

async function describeLedger(context: StepContext, target: Database): Promise<CheckResult[]> {
  const ledger = await readLedger(target);
  const lost = await listLostKeys(context, target, ledger);
  const old =
    ledger.layout === undefined || ledger.layout === ledgerLayout
      ? []
      : [
          warned(
            "the ledger was made by an earlier movebook, which finishes its run; its foreign keys can be restored with this one",
          ),
        ];
  return [
    ...(ledger.exists ? [] : [await describeNone(context, target)]),
    ...ledger.runs.map((run) => describeRun(context, run)),
    ...old,
    ...describeImports(ledger),
    ...describeKeys(context, ledger),
    ...(lost.length === 0
      ? []
      : [
          problem(describeLostKeys(lost), {
            todo: context.commandLine("step", "restore-foreign-keys"),
          }),
        ]),
  ];
}

/** v2's migrations and the ledger, asked from v2 itself; v1 is not needed. */
export const listStatus = (context: StepContext): Promise<readonly CheckSection[]> =>
  withTarget(context, async (target) => {
    const inTarget = await findHistories(target);
    const decision = decideHistories({
      namedTool: context.optionalSetting(migrationTool),
      inTarget,
    });
    return [
      await buildMigrationSection(context, decision),
      { heading: "Ledger in v2:", results: await describeLedger(context, target) },
    ];
  });
