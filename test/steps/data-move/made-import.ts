import type { ImportFacts } from "../../../scripts/steps/data-move/import-plan.ts";
import { inPublic, makeKey, makeMoved } from "../../postgres/made-catalogue.ts";

/** An import of two tables with one key and one trigger, whose v2 keeps its history; `more` wins. */
export const makeFacts = (more: Partial<ImportFacts> = {}): ImportFacts => ({
  run: "r1",
  environment: "dev",
  file: "/tmp/v1_data.sql",
  manifest: {
    sha256: "ab",
    rows: 2_005,
    sections: [
      { table: inPublic("Animal"), columns: ["id"], start: 100, end: 600, rows: 2_000, line: 7 },
      { table: inPublic("Owner"), columns: ["id"], start: 700, end: 1_200, rows: 5, line: 2_020 },
    ],
  },
  plan: {
    moved: [makeMoved("Animal"), makeMoved("Owner")],
    leftOut: [],
    homeless: [],
    targetOnly: [],
    problems: [],
  },
  history: { own: undefined, artefacts: [], why: "v2 holds no migration history" },
  keys: [makeKey("Animal", "Owner")],
  droppedBefore: 0,
  triggers: [{ schema: "public", table: "Animal", name: "touch", mode: "A" }],
  ...more,
});

/** Those of the texts that stand in what is sent, each behind the one before it. */
export function findInOrder(text: string, wanted: readonly string[]): string[] {
  let from = 0;
  return wanted.filter((one) => {
    const at = text.indexOf(one, from);
    if (at !== -1) from = at + one.length;
    return at !== -1;
  });
}
