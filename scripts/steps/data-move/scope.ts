import type { StepContext } from "../../engine/step.ts";
import { readCatalogue, type Catalogue } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import { nameKey } from "../../postgres/identifier.ts";
import {
  decideHistories,
  findHistories,
  type HistoryDecision,
} from "../../postgres/migration-history.ts";
import type { TablePlan } from "../../postgres/table-plan.ts";
import { leaveOut, migrationTool } from "./params.ts";
import { planTables } from "./tables.ts";

/** What the move is about: which tables go, whose migration history stays. */
export interface Scope {
  readonly plan: TablePlan;
  readonly sourceCatalogue: Catalogue;
  readonly targetCatalogue: Catalogue;
  readonly history: HistoryDecision;
}

/** Reads both databases and decides; every step that needs the scope reads it anew from the servers. */
export async function readScope(
  context: StepContext,
  source: Database,
  target: Database,
): Promise<Scope> {
  // the two servers answer side by side; each session takes its questions one after the other
  const [sourceCatalogue, targetCatalogue] = await Promise.all([
    readCatalogue(source),
    readCatalogue(target),
  ]);
  const [inSource, inTarget] = await Promise.all([findHistories(source), findHistories(target)]);
  const plan = planTables({
    source: sourceCatalogue,
    target: targetCatalogue,
    history: new Set([...inSource, ...inTarget].flatMap(({ tables }) => tables.map(nameKey))),
    leaveOut: context.optionalSetting(leaveOut) ?? [],
  });
  const named = context.optionalSetting(migrationTool);
  return {
    plan,
    sourceCatalogue,
    targetCatalogue,
    history: decideHistories({ namedTool: named, inTarget }),
  };
}
