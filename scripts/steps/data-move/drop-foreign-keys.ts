import type { Command } from "../../engine/command.ts";
import { failed } from "../../engine/failure.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import type { ForeignKey } from "../../postgres/catalogue.ts";
import { listForeignKeys } from "../../postgres/foreign-keys.ts";
import { nameKey } from "../../postgres/identifier.ts";
import { buildDrop } from "../../postgres/key-changes.ts";
import { buildLedger, buildLedgerEntry, readLedger } from "../../postgres/ledger.ts";
import { buildBegin, lockWait, PartMaker } from "../../postgres/load-parts.ts";
import { buildPsqlCommand } from "../../postgres/psql.ts";
import { keepBeforeState } from "./before-state.ts";
import { applicationName, withBoth, withTarget } from "./databases.ts";
import { dropSettledLedger } from "../../postgres/drop-ledger.ts";
import { restoreLedgerKeys } from "./ledger-keys.ts";
import { explainImportFailure } from "./import-failure.ts";
import { listMovedTargets, listMovingKeys } from "./moving-keys.ts";
import { targetUrl } from "./params.ts";
import { programsOf } from "./chosen-programs.ts";
import { readScope } from "./scope.ts";
import { countOf } from "../../engine/wording.ts";

const keyName = (key: Pick<ForeignKey, "schema" | "table" | "name">): string =>
  `${nameKey({ schema: key.schema, name: key.table })} ${key.name}`;

/** Keys to drop now; what the ledger already holds stays in it untouched. */
const listKeys = (context: StepContext): Promise<ForeignKey[]> =>
  withBoth(context, async (source, target) => {
    const { plan, targetCatalogue } = await readScope(context, source, target);
    return listMovingKeys(await listForeignKeys(target), listMovedTargets(plan, targetCatalogue));
  });

async function plan(context: StepContext): Promise<readonly Command[]> {
  const keys = await listKeys(context);
  const inLedger = new Set((await withTarget(context, readLedger)).unrestored.map(keyName));
  const { psql: program } = await programsOf(context);
  const maker = new PartMaker();
  const entries = keys.filter((key) => !inLedger.has(keyName(key)));
  const parts = [
    maker.make([...buildBegin(), `set local lock_timeout = ${lockWait};`, buildLedger()]),
    // a key that is in the ledger and in the catalogue was added by hand or is not validated: its entry is kept
    maker.make([
      ...entries.map((key) => buildLedgerEntry(context.runId, key)),
      ...keys.map(buildDrop),
    ]),
    maker.make(["commit;"]),
  ];
  const options = {
    program,
    title: "drop foreign keys",
    applicationName: applicationName(context),
    readOnly: false,
  };
  return [buildPsqlCommand(context.setting(targetUrl), options, parts)];
}

async function run(context: StepContext, [command]: readonly Command[]): Promise<void> {
  if (command === undefined) throw new Error("the drop has no command");
  await keepBeforeState(context);
  const before = (await withTarget(context, readLedger)).unrestored.length;
  if (before > 0)
    context.screen.line(
      `  The ledger holds ${countOf(before, "key")} of an earlier drop; they are kept.`,
    );
  try {
    await context.execute(command);
  } catch (error) {
    throw await explainImportFailure(context, error);
  }
  const { unrestored } = await withTarget(context, readLedger);
  context.screen.good(
    `Drop FK constraints completed: ${countOf(unrestored.length, "key")} in the ledger (movebook.foreign_keys)`,
  );
  if (unrestored.length === 0) return;
  context.screen.warning(
    `v2 is without them until: ${context.commandLine("step", "restore-foreign-keys")}`,
  );
}

/** The keys and their ledger entries go in one transaction: a key is never gone without being written down. */
export const dropForeignKeys: Step = {
  name: "drop-foreign-keys",
  does: "Drops the foreign keys of the moved tables and writes them into a ledger in v2, for a load step by step.",
  changes: "target",
  byHand: true,
  interrupted: "run-again",
  plan,
  run,
  verify: async (context) => {
    const left = await listKeys(context);
    if (left.length > 0)
      throw failed(`${countOf(left.length, "foreign key")} of moved tables are still there`);
  },
  undo: async (context) => {
    await restoreLedgerKeys(context);
    await withTarget(context, dropSettledLedger, { readOnly: false });
  },
};
