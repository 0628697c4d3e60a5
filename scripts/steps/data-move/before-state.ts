import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StepContext } from "../../engine/step.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { readStructure, type Structure } from "../../postgres/structure.ts";
import { withBoth } from "./databases.ts";
import { rememberHistory } from "./history-findings.ts";
import { remembered } from "./remembered.ts";
import { readScope } from "./scope.ts";

/** Keeps v2's constraints, triggers and indexes in the run folder; validate compares with them. */
export function keepStructure(context: StepContext, before: Structure): void {
  const file = join(context.runFolder, "structure-before.json");
  writeFileSync(file, JSON.stringify(before), { mode: 0o600 });
  context.remember(remembered.structureBefore, file);
}

/**
 * Keeps v2 as it is before this run's first change: its structure and the fingerprint of its migration history. Keys
 * that are dropped already are no state to go back to: then what was kept before stays.
 */
export const keepBeforeState = (context: StepContext): Promise<void> =>
  withBoth(context, async (source, target) => {
    await rememberHistory(context, target, await readScope(context, source, target));
    if ((await readLedger(target)).unrestored.length > 0) return;
    keepStructure(context, await readStructure(target));
  });
