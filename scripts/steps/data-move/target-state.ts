import type { StepContext, TargetState } from "../../engine/step.ts";
import { displayName } from "../../postgres/identifier.ts";
import { readLedger, type Ledger, type LedgerKey } from "../../postgres/ledger.ts";
import { withTarget } from "./databases.ts";
import { countOf } from "../../engine/wording.ts";

const shown = 5;

/** `Animal_tenantId_fkey on Animal`, the first few. */
export function nameKeys(keys: readonly Pick<LedgerKey, "schema" | "table" | "name">[]): string {
  const names = keys
    .slice(0, shown)
    .map((key) => `${key.name} on ${displayName({ schema: key.schema, name: key.table })}`);
  return keys.length > shown
    ? `${names.join(", ")} and ${keys.length - shown} more`
    : names.join(", ");
}

function describe(context: StepContext, ledger: Ledger): TargetState {
  if (ledger.unrestored.length > 0) {
    const count = countOf(ledger.unrestored.length, "foreign key");
    return {
      sentence: `v2 is without ${count} as it was, until they are restored: ${nameKeys(ledger.unrestored)}`,
      unsafe: true,
      next: context.commandLine("step", "restore-foreign-keys"),
    };
  }
  const imported = ledger.imports.find(({ run }) => run === context.runId);
  if (imported !== undefined) {
    return {
      sentence: `v2 holds the rows of this run (committed ${imported.importedAt}); its foreign keys and triggers are back`,
      unsafe: false,
    };
  }
  if (context.isDone("import")) return { sentence: "v2 holds the rows of this run", unsafe: false };
  return { sentence: "nothing in v2: no change of this run is in it", unsafe: false };
}

/** What the target itself says: its ledger is written in the same transactions as the changes. */
export const lookAtTarget = (context: StepContext): Promise<TargetState> =>
  withTarget(context, async (target) => describe(context, await readLedger(target)));
