import type { StepContext } from "../../engine/step.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { withBoth } from "./databases.ts";
import { rememberHistory } from "./history-findings.ts";
import { keepSchema } from "./schema-changes.ts";
import { readScope } from "./scope.ts";

/**
 * Keeps v2 as it is before this run's first change: its schema and the fingerprint of its migration history. Keys
 * that are dropped already are no state to go back to: then what was kept before stays.
 */
export const keepBeforeState = (context: StepContext): Promise<void> =>
  withBoth(context, async (source, target) => {
    await rememberHistory(context, target, await readScope(context, source, target));
    if ((await readLedger(target)).unrestored.length > 0) return;
    await keepSchema(context, target);
  });
