import type { StepContext, TargetState } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import { readLedger, type LedgerState } from "../../cloudflare/import-ledger.ts";
import { withTarget } from "./databases.ts";
import { describeLedger, isOurs } from "./ledger-state.ts";

/** What the ledger says, in one sentence. Pure. */
export function describeTarget(
  context: Pick<StepContext, "runId" | "commandLine">,
  ledger: LedgerState,
): TargetState {
  if (ledger.kind === "none")
    return { sentence: "nothing in v2: no import is in it", unsafe: false };
  if (!isOurs(context, ledger))
    return {
      sentence: `v2 belongs to another import: ${describeLedger(ledger)}`,
      unsafe: ledger.parts.length < ledger.expectedParts,
    };
  const [parts, all] = [ledger.parts.length, countOf(ledger.expectedParts, "part")];
  if (parts === ledger.expectedParts)
    return { sentence: `v2 holds all ${all} of this import`, unsafe: false };
  const resume = context.commandLine("resume");
  return {
    sentence: `v2 holds ${parts} of ${all} of this import: ${resume}`,
    unsafe: true,
  };
}

/** What v2 itself says: each part that went in has left its marker there. */
export const lookAtTarget = async (context: StepContext): Promise<TargetState> =>
  describeTarget(context, await readLedger(withTarget(context)));
