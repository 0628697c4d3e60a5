import { failed } from "../../engine/failure.ts";
import type { Step } from "../../engine/step.ts";
import { readLedger } from "../../cloudflare/import-ledger.ts";
import { withTarget } from "./databases.ts";
import { takeBackImport } from "./import-undo.ts";

/** v2 as it was before the import, at any moment before the cutover. */
export const rollback: Step = {
  name: "rollback",
  does: "Takes the import back: remotely to the Time Travel bookmark, else by emptying what was imported; and looks that v2 is as it was.",
  changes: "target",
  byHand: true,
  ofFinishedRun: true,
  takesBack: "import",
  interrupted: "run-again",
  run: takeBackImport,
  verify: async (context) => {
    const ledger = await readLedger(withTarget(context));
    if (ledger.kind !== "none") throw failed("the ledger of an import is still in v2");
  },
};
