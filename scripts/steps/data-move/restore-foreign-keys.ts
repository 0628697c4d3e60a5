import { failed } from "../../engine/failure.ts";
import type { Step } from "../../engine/step.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { withTarget } from "./databases.ts";
import { restoreLedgerKeys } from "./ledger-keys.ts";
import { countOf } from "../../engine/wording.ts";

/** Reads the ledger, never the live catalogue; a key is settled when the catalogue shows it as it was. */
export const restoreForeignKeys: Step = {
  name: "restore-foreign-keys",
  does: "Puts back the foreign keys that drop-foreign-keys wrote into the ledger, and compares them one by one.",
  changes: "target",
  interrupted: "run-again",
  run: restoreLedgerKeys,
  verify: async (context) => {
    const { unrestored } = await withTarget(context, readLedger);
    if (unrestored.length > 0)
      throw failed(`${countOf(unrestored.length, "foreign key")} are not restored`);
  },
};
