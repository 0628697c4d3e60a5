import type { StepContext } from "../../engine/step.ts";
import { dropSettledLedger } from "../../postgres/drop-ledger.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { putRowsBack, verifyAsBefore, wordingOfUndo } from "./back-to-before.ts";
import { withTarget } from "./databases.ts";
import { remembered } from "./remembered.ts";
import { readBefore } from "./rollback-state.ts";
import { listSchemaChanges } from "./schema-changes.ts";
import { putSequencesBack } from "./sequence-states.ts";
import { mendLedger } from "./lost-ledger.ts";
import { nameKeys } from "./key-names.ts";
import { putViewsBack } from "./view-states.ts";

/**
 * Takes the import back: the rows in one transaction, then sequences and views, and compares all with what was kept
 * before. When it was interrupted, it is called again and goes on.
 */
export async function undoImport(context: StepContext): Promise<void> {
  await withTarget(
    context,
    async (target) => {
      // keys that only the journal knows come back after the rows, from the ledger
      await mendLedger(context, target);
      const before = await readBefore(context, target);
      await putRowsBack(context, target, before, wordingOfUndo(context));
      context.remember(remembered.droppedArtefacts, []);
      await putSequencesBack(context, target);
      await putViewsBack(context, target);
      const { unrestored } = await readLedger(target);
      const isComplete = unrestored.length === 0;
      const changes = isComplete ? await listSchemaChanges(context, target) : [];
      await verifyAsBefore(context, target, before, changes);
      context.screen.good(
        isComplete
          ? "v2 is as it was: rows, sequences, views and schema compared"
          : `v2's rows, sequences and views are as they were; these keys come back next: ${nameKeys(unrestored)}`,
      );
      await dropSettledLedger(target);
    },
    { readOnly: false },
  );
}
