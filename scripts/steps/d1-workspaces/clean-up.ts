import { buildLedgerDrop } from "../../cloudflare/import-ledger.ts";
import { defineGate, realWorld, type GateWorld } from "../../engine/gate.ts";
import { quoteWord } from "../../engine/shell-word.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { probePublicTarget, probeSource } from "./cutover-probes.ts";
import { targetName } from "./params.ts";

const buildDropLine = (context: StepContext): string => {
  const sql = buildLedgerDrop().join("; ");
  return `npx wrangler d1 execute ${context.setting(targetName)} --remote --command ${quoteWord(sql)}`;
};

const listDeeds = (context: StepContext): readonly string[] => [
  "Keep v1's last export where backups are kept: v1_dump.sql in this run's folder holds personal data.",
  "Archive v1's code: git push origin <v1's commit>:refs/heads/archive/v1",
  "Promote v2/ to the root of the repository: git mv.",
  "Take the path filters v2/** out of the CI workflows.",
  "Remove v1's worker (wrangler delete), its routes and DNS records, and then v1's D1 database.",
  `Remove movebook's own tables from v2: ${buildDropLine(context)}`,
];

/** @param world the clock and the network; tests give their own */
export const makeCleanUp = (world: GateWorld = realWorld): Step =>
  defineGate(
    {
      name: "clean-up",
      does: "Lets a person remove v1 and promote v2: code, CI, worker, and movebook's own tables.",
      environments: ["remote"],
      needs: ["switch-dns", "keep-v1"],
      checklist: listDeeds,
      question: "Is v1 removed and v2 promoted?",
      probes: probePublicTarget,
      goBack: {
        checklist: () => [
          "Deploy v1's worker again from the branch archive/v1.",
          "When its D1 database is gone: create one and fill it from the last export.",
        ],
        question: "Does v1 run again?",
        probes: probeSource,
      },
    },
    world,
  );

export const cleanUp = makeCleanUp();
