import { problem, type CheckResult } from "../../engine/check.ts";
import type { StepContext } from "../../engine/step.ts";
import { readLedger } from "../../cloudflare/import-ledger.ts";
import { isLedgerTable, type Contents } from "./contents.ts";
import { withTarget } from "./databases.ts";
import { describeLedger } from "./ledger-state.ts";

/** A move that has begun, by whomever: it is finished or taken back before another one begins. */
export async function checkLedger(
  context: StepContext,
  { objects }: Contents,
): Promise<CheckResult[]> {
  if (!objects.some(({ name }) => isLedgerTable(name))) return [];
  const ledger = await readLedger(withTarget(context));
  if (ledger.kind === "none") return [];
  return [
    problem(`v2 belongs to an import that has begun: ${describeLedger(ledger)}`, {
      todo: `Go on with that run where it was begun (${context.commandLine("resume")}), or take it back there (${context.commandLine("undo")}).`,
    }),
  ];
}
