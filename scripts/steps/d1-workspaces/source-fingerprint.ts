import { noted, passed, warned, type CheckResult } from "../../engine/check.ts";
import type { Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import {
  compareFingerprints,
  fingerprintFormat,
  readFingerprint,
  type Fingerprint,
} from "../../cloudflare/fingerprint.ts";
import { withSource } from "./databases.ts";
import { remembered } from "./remembered.ts";
import { isOwnTable, isSessionTable } from "./transform-workbench.ts";

/** Without the tables that no move takes along: people may log in to v1 at any time. */
export const withoutSessions = (fingerprint: Fingerprint): Fingerprint => ({
  ...fingerprint,
  tables: Object.fromEntries(
    Object.entries(fingerprint.tables).filter(
      ([table]) => !isSessionTable(table) && !isOwnTable(table),
    ),
  ),
});

/** What somebody has changed in v1 between two moments; sessions do not count. */
export const listChanges = (before: Fingerprint, after: Fingerprint): Problem[] =>
  compareFingerprints(withoutSessions(before), withoutSessions(after));

/** What has changed in v1 since its export, or why nobody knows. */
export type SourceChanges =
  | { readonly kind: "compared"; readonly changes: readonly Problem[] }
  /** This run has no fingerprint of v1. */
  | { readonly kind: "none" }
  /** Another version of movebook has taken it. */
  | { readonly kind: "other-version" };

/** What has changed in v1 since its export. Asks v1. */
export async function findChangesSinceExport(context: StepContext): Promise<SourceChanges> {
  const before = context.recall(remembered.sourceFingerprint) as Fingerprint | undefined;
  if (before === undefined) return { kind: "none" };
  if (before.format !== fingerprintFormat) return { kind: "other-version" };
  const after = await readFingerprint(withSource(context));
  return { kind: "compared", changes: listChanges(before, after) };
}

/** A sentence for the fingerprint of another version. */
export const cannotCompare =
  "v1's fingerprint was taken by another version of movebook and cannot be compared";

/** Whether v1 has changed since the export, as checks: what v1 got since is not in v2. Asks v1. */
export async function checkSourceChanges(context: StepContext): Promise<readonly CheckResult[]> {
  const found = await findChangesSinceExport(context);
  if (found.kind === "none")
    return [noted("v1 has no fingerprint in this run: whether it has changed is not known")];
  if (found.kind === "other-version")
    return [
      warned(`${cannotCompare}: whether v1 has changed since the export is not known`, {
        todo: `Compare every row: ${context.commandLine("step", "validate")}`,
      }),
    ];
  const { changes } = found;
  if (changes.length === 0) return [passed("v1 is as it was exported (fingerprint)")];
  return changes.map(({ what, where }) =>
    warned(`v1 was written to since the export: ${what}`, {
      ...(where === undefined ? {} : { where }),
      todo: "v2 lacks that: move again from the export, or carry it over by hand.",
    }),
  );
}
