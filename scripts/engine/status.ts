import { buildReadingContext, withPassingFolder } from "./call.ts";
import { buildCommandLine, type CallFacts } from "./context.ts";
import { noted, passed, warned, type CheckResult, type CheckSection } from "./check.ts";
import { Failure, exitCodes } from "./failure.ts";
import { listRuns, type Journal, type StepState } from "./journal.ts";
import type { TargetState } from "./step.ts";

const stateText: Readonly<Record<StepState, string>> = {
  "not-started": "not started",
  started: "started and not finished: interrupted, or running now",
  done: "done",
  failed: "failed",
  undoing: "being taken back, and not finished: interrupted, or running now",
  undone: "undone",
};

function describeStep(journal: Journal, step: string): CheckResult {
  const state = journal.stateOf(step);
  const last = journal.records.findLast((entry) => "step" in entry && entry.step === step);
  const isWaiting = last?.type === "step-failed" && last.exitCode === exitCodes.waiting;
  const told = isWaiting ? "waiting for a person or a day" : stateText[state];
  const text = `${step}: ${told}${last === undefined ? "" : ` (${last.at})`}`;
  if (state === "done") return passed(text);
  if (isWaiting) return noted(text);
  return ["failed", "started", "undoing"].includes(state) ? warned(text) : noted(text);
}

function describeRun(facts: CallFacts, journal: Journal | undefined): CheckSection {
  if (journal === undefined) {
    return {
      heading: "Run:",
      results: [noted(`none yet; begin with ${buildCommandLine(facts, "run")}`)],
    };
  }
  const { run, at, operator } = journal.header;
  const steps = facts.runbook.steps.filter(
    (step) => step.byHand !== true || journal.stateOf(step.name) !== "not-started",
  );
  return {
    heading: `Run ${run} (${journal.outcome}, begun ${at} by ${operator}):`,
    results: steps.map((step) => describeStep(journal, step.name)),
  };
}

/** Prints the newest run, the target's own state, and the runbook's sections. @throws Failure (exit 6) when unsafe */
export async function printStatus(facts: CallFacts): Promise<void> {
  const journal = listRuns(facts.projectFolder, facts.runbook.name, facts.environment).at(-1);
  facts.screen.heading(`Status: ${facts.runbook.name} ${facts.environment}`);
  facts.screen.line();
  facts.screen.section(describeRun(facts, journal));
  const state = await withPassingFolder(async (folder): Promise<TargetState> => {
    const context = buildReadingContext(facts, journal, folder);
    for (const section of await facts.runbook.status(context)) facts.screen.section(section);
    return facts.runbook.lookAtTarget(context);
  });
  facts.screen.event("target", { ...state });
  if (!state.unsafe) {
    facts.screen.good(state.sentence);
    return;
  }
  throw new Failure({
    exitCode: exitCodes.unsafe,
    what: state.sentence,
    changed: state.sentence,
    ...(state.next === undefined ? {} : { next: state.next }),
  });
}
