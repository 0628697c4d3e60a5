import { failed } from "../../engine/failure.ts";
import {
  layOut,
  printResult,
  tallyFindings,
  verifyTally,
  type FindingSection,
} from "../../engine/findings.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { fingerprintSchema } from "../../postgres/schema-fingerprint.ts";
import { findHistory } from "./history-findings.ts";
import { withLanes, type Lanes } from "./lanes.ts";
import { remembered } from "./remembered.ts";
import { findCheckViolations, findOrphans } from "./rule-findings.ts";
import { findSequences, findStructure } from "./schema-findings.ts";
import { readScope, type Scope } from "./scope.ts";
import { findTables } from "./table-findings.ts";

/** Sessions on each side: the servers have other work too. */
const laneCount = 3;

type Question = (
  context: StepContext,
  lanes: Lanes,
  scope: Scope,
) => Promise<readonly FindingSection[]>;

/** The report, in its order. */
const questions: readonly Question[] = [
  findTables,
  findOrphans,
  async (context, lanes) => [await findCheckViolations(context, lanes)],
  async (_, [lane], scope) => [await findSequences(lane, scope)],
  async (context, [lane]) => [await findStructure(context, lane)],
  async (context, [lane], scope) => [await findHistory(context, lane, scope)],
];

async function askAll(context: StepContext, lanes: Lanes): Promise<FindingSection[]> {
  const [lane] = lanes;
  const scope = await readScope(context, lane.source, lane.target);
  const sections: FindingSection[] = [];
  for (const ask of questions) {
    const answers = await ask(context, lanes, scope);
    context.screen.settle();
    for (const section of answers) context.screen.section(layOut(section));
    sections.push(...answers);
  }
  return sections;
}

async function run(context: StepContext): Promise<void> {
  context.screen.heading("v1 → v2 Post-Import Validation");
  context.screen.line();
  const { tally, schema } = await withLanes(context, laneCount, async (lanes) => ({
    tally: tallyFindings(await askAll(context, lanes)),
    schema: await fingerprintSchema(lanes[0].target),
  }));
  printResult(context.screen, tally);
  verifyTally(tally);
  context.remember(remembered.validated, {
    validated: true,
    schema,
    quick: context.options.quick,
    checks: tally.checks,
  });
}

/** Compares v2 with v1 and with itself before the move, in one report. */
export const validate: Step = {
  name: "validate",
  does: "Compares rows, contents, orphans, check files, sequences, structure and history, and says how many checks ran.",
  changes: "nothing",
  interrupted: "run-again",
  run,
  verify: async (context) => {
    const fact = context.recall(remembered.validated) as { validated?: boolean } | undefined;
    if (fact?.validated !== true) throw failed("this run has not been validated");
  },
};
