import type { StepContext } from "../../engine/step.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { withBoth } from "./databases.ts";
import { rememberHistory } from "./history-findings.ts";
import { listLostKeys } from "./lost-ledger.ts";
import { keepSchema } from "./schema-changes.ts";
import { readScope } from "./scope.ts";
import { keepSequences } from "./sequence-states.ts";
import { keepViews } from "./view-states.ts";

/**
 * Keeps v2 as it is before this run's first change: its sequences, its materialized views, the fingerprint of its
 * migration history, and its schema. Keys that are dropped already are no state to go back to: then the schema that was
 * kept before stays.
 */
export const keepBeforeState = (context: StepContext): Promise<void> =>
  withBoth(context, async (source, target) => {
    await keepSequences(context, target);
    await keepViews(context, target);
    await rememberHistory(context, target, await readScope(context, source, target));
    const ledger = await readLedger(target);
    const lost = await listLostKeys(context, target, ledger);
    if (ledger.unrestored.length + lost.length > 0) return;
    await keepSchema(context, target);
  });
