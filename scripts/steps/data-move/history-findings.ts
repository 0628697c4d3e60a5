import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { fingerprintHistory } from "../../postgres/history-fingerprint.ts";
import { displayName } from "../../postgres/identifier.ts";
import { differing, noting, passing, type FindingSection } from "../../engine/findings.ts";
import { findSection } from "./findings.ts";
import type { Lane } from "./lanes.ts";
import { remembered } from "./remembered.ts";
import { missBefore } from "./schema-findings.ts";
import type { Scope } from "./scope.ts";

/** Remembers the fingerprint of v2's own migration history, once a run, before the first change. */
export async function rememberHistory(
  context: StepContext,
  target: Database,
  { history }: Pick<Scope, "history">,
): Promise<void> {
  if (history.own?.readable !== true || context.recall(remembered.historyBefore) !== undefined)
    return;
  context.remember(remembered.historyBefore, await fingerprintHistory(target, history.own.tables));
}

/** v2's own migration history must be as it was before the import. */
export const findHistory = (
  context: StepContext,
  { target }: Lane,
  { history }: Pick<Scope, "history">,
): Promise<FindingSection> =>
  findSection("MIGRATION HISTORY:", async () => {
    const { own } = history;
    const before = context.recall(remembered.historyBefore);
    if (own === undefined && before === undefined) return [noting(`none to keep: ${history.why}`)];
    const tables = (own?.tables ?? []).map(displayName).join(", ");
    const label = own === undefined ? "v2's history" : `${own.tool}: ${tables} as before`;
    if (before === undefined) return [missBefore(context, label)];
    const after = await fingerprintHistory(target, own?.tables ?? []);
    if (after === before) return [passing(label, "equal")];
    return [
      differing(label, "changed", {
        what: "v2's own migration history is not as it was before the import",
        where: tables === "" ? "v2" : tables,
        todo: "restore it from a backup of v2; if a migration ran meanwhile, run the move again on the new schema",
      }),
    ];
  });
