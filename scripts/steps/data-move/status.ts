import {
  noted,
  passed,
  problem,
  warned,
  type CheckResult,
  type CheckSection,
} from "../../engine/check.ts";
import type { StepContext } from "../../engine/step.ts";
import { readLedger, type Ledger } from "../../postgres/ledger.ts";
import { decideHistories, findHistories } from "../../postgres/migration-history.ts";
import { withTarget } from "./databases.ts";
import { migrationTool } from "./params.ts";
import { buildMigrationSection } from "./preflight/migrations.ts";
import { nameKeys } from "./target-state.ts";
import { countOf } from "../../engine/wording.ts";

function describeLedger(context: StepContext, ledger: Ledger): CheckResult[] {
  if (!ledger.exists) return [passed("no ledger in v2: no move has left anything to restore")];
  const imports = ledger.imports.map((one) =>
    noted(
      `import of run ${one.run} (${one.environment}): ${countOf(BigInt(one.rowCount), "row")}, committed ${one.importedAt}`,
    ),
  );
  if (ledger.unrestored.length === 0) {
    return [
      ...imports,
      warned("the ledger (schema movebook) is still in v2; postimport removes it"),
    ];
  }
  return [
    ...imports,
    problem(
      `${countOf(ledger.unrestored.length, "foreign key")} dropped and not restored: ${nameKeys(ledger.unrestored)}`,
      {
        todo: context.commandLine("step", "restore-foreign-keys"),
      },
    ),
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
      { heading: "Ledger in v2:", results: describeLedger(context, await readLedger(target)) },
    ];
  });
