import { failed } from "../../engine/failure.ts";
import {
  layOut,
  printResult,
  tallyFindings,
  verifyTally,
  type FindingSection,
} from "../../engine/findings.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { remembered } from "./remembered.ts";
import { withSides, type Sides } from "./sides.ts";
import { findContents } from "./validate-contents.ts";
import { findCopies } from "./validate-copies.ts";
import { findRows } from "./validate-rows.ts";
import { findLedger, findRules } from "./validate-rules.ts";
import { findSource } from "./validate-source.ts";
import { findWorkspaces } from "./validate-workspaces.ts";

type Question = (sides: Sides) => Promise<readonly FindingSection[]>;

/** The report, in its order. */
const questions: readonly Question[] = [
  findRows,
  findWorkspaces,
  findCopies,
  findContents,
  findRules,
  findLedger,
  findSource,
];

async function askAll(sides: Sides): Promise<FindingSection[]> {
  const { screen, signal } = sides.context;
  const sections: FindingSection[] = [];
  for (const ask of questions) {
    signal.throwIfAborted();
    const answers = await ask(sides);
    screen.settle();
    for (const section of answers) screen.section(layOut(section));
    sections.push(...answers);
  }
  return sections;
}

async function run(context: StepContext): Promise<void> {
  const { screen, options } = context;
  screen.heading("v1 → v2 Post-Import Validation");
  screen.line();
  if (options.quick)
    screen.warning("--quick: rows are counted and fingerprints compared; contents are not read");
  const tally = tallyFindings(await withSides(context, askAll));
  printResult(screen, tally);
  verifyTally(tally);
  context.remember(remembered.validated, {
    validated: true,
    quick: options.quick,
    checks: tally.checks,
  });
}

/** Compares v2 with what was transformed, and v1 with what was exported, in one report. */
export const validate: Step = {
  name: "validate",
  does: "Reads v1 and v2 back and compares every row byte for byte, counts per user and workspace, looks for orphans and sessions, and says how many checks ran.",
  changes: "nothing",
  interrupted: "run-again",
  run,
  verify: async (context) => {
    const fact = context.recall(remembered.validated) as { validated?: boolean } | undefined;
    if (fact?.validated !== true) throw failed("this run has not been validated");
  },
};
