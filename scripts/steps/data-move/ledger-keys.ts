import { Failure, exitCodes, type Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { listForeignKeys } from "../../postgres/foreign-keys.ts";
import { displayName } from "../../postgres/identifier.ts";
import { restoreKey, type BrokenKey } from "../../postgres/key-restore.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { countOrphans, sampleOrphans } from "../../postgres/orphans.ts";
import { withTarget } from "./databases.ts";
import { mendLedger, toDefinition } from "./lost-ledger.ts";
import { remembered } from "./remembered.ts";
import { countOf } from "../../engine/wording.ts";

const sampleSize = 10;

async function describeBroken(target: Database, broken: BrokenKey): Promise<Problem> {
  const { key, added, words } = broken;
  const where = `table ${displayName({ schema: key.schema, name: key.table })}, constraint ${key.name}`;
  const todo = "Mend or delete these rows in v2, then restore again.";
  if (broken.sqlstate !== "23503")
    return {
      what: `the server refuses the foreign key ${key.name} (SQLSTATE ${broken.sqlstate})`,
      where,
      todo: "The report has the server's words; mend v2, then restore again.",
      rows: words,
    };
  if (!added)
    return {
      what: `rows break the foreign key ${key.name}; it is not back`,
      where,
      todo,
      rows: words,
    };
  const present = (await listForeignKeys(target)).find(
    (one) => one.schema === key.schema && one.table === key.table && one.name === key.name,
  );
  if (present === undefined)
    return { what: `rows break the foreign key ${key.name}`, where, todo, rows: words };
  const orphans = await countOrphans(target, present);
  return {
    what: `${countOf(orphans, "row")} break the foreign key ${key.name}; it is back, but not validated`,
    where: `${where}, column ${present.columns.join(", ")}`,
    todo,
    rows: [...words, ...(await sampleOrphans(target, present, sampleSize))],
  };
}

async function restoreAll(context: StepContext, target: Database): Promise<BrokenKey[]> {
  await mendLedger(context, target);
  const { unrestored } = await readLedger(target);
  if (unrestored.length === 0) {
    context.screen.line("  · nothing to restore: the ledger holds no dropped key");
    return [];
  }
  const broken: BrokenKey[] = [];
  for (const [index, key] of unrestored.entries()) {
    context.signal.throwIfAborted();
    context.screen.progress(
      `restoring foreign key ${index + 1} of ${unrestored.length}: ${key.name}`,
    );
    const failure = await restoreKey(target, key);
    if (failure !== undefined) broken.push(failure);
  }
  context.screen.settle();
  context.remember(
    remembered.droppedKeys,
    broken.map(({ key }) => toDefinition(key)),
  );
  context.screen.line(
    `  ${unrestored.length - broken.length} of ${countOf(unrestored.length, "foreign key")} restored and compared`,
  );
  return broken;
}

/**
 * Restores every key of the ledger that can be restored; used by the step and by the undo of the drop.
 * @throws Failure (exit 6) with all that cannot
 */
export async function restoreLedgerKeys(context: StepContext): Promise<void> {
  await withTarget(
    context,
    async (target) => {
      const broken = await restoreAll(context, target);
      if (broken.length === 0) return;
      const problems: Problem[] = [];
      for (const one of broken) problems.push(await describeBroken(target, one));
      throw new Failure({
        exitCode: exitCodes.unsafe,
        what: `${countOf(broken.length, "foreign key")} cannot be restored as they were`,
        problems,
        next: context.commandLine("step", "restore-foreign-keys"),
      });
    },
    { readOnly: false },
  );
}
