import type { Command } from "../../engine/command.ts";
import { failed } from "../../engine/failure.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import type { ForeignKey } from "../../postgres/catalogue.ts";
import { listForeignKeys } from "../../postgres/foreign-keys.ts";
import { buildDrop } from "../../postgres/key-changes.ts";
import { buildLedger, buildLedgerEntry, readLedger, type RunPhase } from "../../postgres/ledger.ts";
import { buildRunCheck } from "../../postgres/ledger-run.ts";
import { buildBegin, lockWait, PartMaker } from "../../postgres/load-parts.ts";
import { buildPsqlCommand } from "../../postgres/psql.ts";
import { keepBeforeState } from "./before-state.ts";
import { applicationName, withBoth, withTarget } from "./databases.ts";
import { dropSettledLedger } from "../../postgres/drop-ledger.ts";
import { restoreLedgerKeys } from "./ledger-keys.ts";
import { explainImportFailure } from "./import-failure.ts";
import { listMovedTargets, listMovingKeys } from "./moving-keys.ts";
import { verifyTarget } from "./import-readiness.ts";
import { targetUrl } from "./params.ts";
import { hasKeptSchema, listSchemaChanges } from "./schema-changes.ts";
import { programsOf } from "./chosen-programs.ts";
import {
  keyOf,
  listLostKeys,
  recallDroppedKeys,
  rememberDroppedKeys,
  verifyNoKeysLost,
} from "./lost-ledger.ts";
import { remembered } from "./remembered.ts";
import {
  enterPhase,
  fillRunEntry,
  readOwnLedger,
  readRunEntry,
  runEntryPlace,
} from "./run-entry.ts";
import { readScope } from "./scope.ts";
import { countOf } from "../../engine/wording.ts";

/** Keys to drop now; what the ledger already holds stays in it untouched. */
const listKeys = (context: StepContext): Promise<ForeignKey[]> =>
  withBoth(context, async (source, target) => {
    const { plan, targetCatalogue } = await readScope(context, source, target);
    return listMovingKeys(await listForeignKeys(target), listMovedTargets(plan, targetCatalogue));
  });

/** An import that is in v2 stays the further one; keys that are dropped after it make it unsafe all the same. */
const findPhase = async (context: StepContext): Promise<RunPhase> => {
  const { runs } = await withTarget(context, (target) => readOwnLedger(context, target));
  const own = runs.find(({ run: name }) => name === context.runId);
  return own?.phase === "loaded" ? "loaded" : "keys-dropped";
};

async function plan(context: StepContext): Promise<readonly Command[]> {
  const keys = await listKeys(context);
  const inLedger = new Set((await withTarget(context, readLedger)).unrestored.map(keyOf));
  const { psql: program } = await programsOf(context);
  const maker = new PartMaker();
  const entries = keys.filter((key) => !inLedger.has(keyOf(key)));
  const parts = [
    maker.make([...buildBegin(), `set local lock_timeout = ${lockWait};`, buildLedger()]),
    maker.make([
      runEntryPlace,
      buildRunCheck({ run: context.runId, phase: await findPhase(context) }),
    ]),
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

/** Keeps what is there now, and the keys with all that brings them back: the journal can mend a ledger that is lost. */
async function prepare(context: StepContext, command: Command): Promise<Command> {
  await keepBeforeState(context);
  const { unrestored } = await withTarget(context, readLedger);
  rememberDroppedKeys(context, unrestored, await listKeys(context));
  if (unrestored.length > 0)
    context.screen.line(
      `  The ledger holds ${countOf(unrestored.length, "key")} of an earlier drop; they are kept.`,
    );
  return fillRunEntry(command, readRunEntry(context, await findPhase(context)));
}

async function run(context: StepContext, [command]: readonly Command[]): Promise<void> {
  if (command === undefined) throw new Error("the drop has no command");
  const filled = await prepare(context, command);
  try {
    await context.execute(filled);
  } catch (error) {
    throw await explainImportFailure(context, error, "the drop of the foreign keys");
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

/** Keys that this run has dropped and that are not back, by the ledger or by the journal; v1 is not needed. */
const countDropped = (context: StepContext): Promise<number> =>
  withTarget(context, async (target) => {
    const ledger = await readLedger(target);
    return ledger.unrestored.length + (await listLostKeys(context, target, ledger)).length;
  });

/** @throws Failure (exit 1) unless every key that the journal has is in the ledger, or gone with it */
async function verify(context: StepContext): Promise<void> {
  const [wanted, dropped] = [recallDroppedKeys(context).length, await countDropped(context)];
  if (context.recall(remembered.droppedKeys) === undefined || dropped < wanted)
    throw failed(`${countOf(wanted - dropped, "foreign key")} of moved tables still there`);
}

async function undo(context: StepContext): Promise<void> {
  if ((await countDropped(context)) > 0)
    await withTarget(context, (target) => enterPhase(context, target, "undoing"), {
      readOnly: false,
    });
  await restoreLedgerKeys(context);
  await withTarget(
    context,
    async (target) => {
      if (!hasKeptSchema(context))
        context.screen.quiet("  · v2's whole schema from before is not known: key by key compared");
      const changes = hasKeptSchema(context) ? await listSchemaChanges(context, target) : [];
      if (changes.length > 0)
        throw failed(
          "v2's schema is not as it was before the run",
          changes.map((what) => ({ what })),
        );
      await dropSettledLedger(target);
    },
    { readOnly: false },
  );
}

/** The keys and their ledger entries go in one transaction: a key is never gone without being written down. */
export const dropForeignKeys: Step = {
  name: "drop-foreign-keys",
  does: "Drops the foreign keys of the moved tables and writes them into a ledger in v2, for a load step by step.",
  changes: "target",
  byHand: true,
  interrupted: "run-again",
  leavesUnsafe: true,
  check: (context) =>
    withBoth(context, async (source, target) => {
      await verifyNoKeysLost(context, target);
      // what the import will refuse is refused before the keys of a filled v2 are gone
      await verifyTarget(context, source, target);
    }),
  plan,
  run,
  verify,
  mayHaveEffect: async (context) => (await countDropped(context)) > 0,
  undo,
};
