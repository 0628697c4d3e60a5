import { failed } from "../../engine/failure.ts";
import type { Step } from "../../engine/step.ts";
import { dropSettledLedger } from "../../postgres/drop-ledger.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { withTarget } from "./databases.ts";
import { restoreLedgerKeys } from "./ledger-keys.ts";
import { listLostKeys } from "./lost-ledger.ts";
import { countOf } from "../../engine/wording.ts";

/** Reads the ledger, never the live catalogue; a key is settled when the catalogue shows it as it was. */
export const restoreForeignKeys: Step = {
  name: "restore-foreign-keys",
  does: "Puts back the foreign keys that drop-foreign-keys wrote into the ledger, and compares them one by one.",
  changes: "target",
  interrupted: "run-again",
  makesSafe: true,
  run: async (context) => {
    await restoreLedgerKeys(context);
    // before the import nothing else is left in v2; when it is being taken back, the undo drops the ledger
    await withTarget(
      context,
      async (target) => {
        const { runs } = await readLedger(target);
        if (runs.every(({ phase }) => phase === "keys-dropped")) await dropSettledLedger(target);
      },
      { readOnly: false },
    );
  },
  verify: (context) =>
    withTarget(context, async (target) => {
      const ledger = await readLedger(target);
      const lost = await listLostKeys(context, target, ledger);
      const count = ledger.unrestored.length + lost.length;
      if (count > 0) throw failed(`${countOf(count, "foreign key")} not restored`);
    }),
};
