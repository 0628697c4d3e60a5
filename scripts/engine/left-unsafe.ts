import type { Journal } from "./journal.ts";
import type { Runbook, Step, TargetState } from "./step.ts";

/** The step that, by the journal, has left the target unsafe. */
export interface LeftUnsafe {
  readonly step: string;
  /** ISO 8601. */
  readonly at: string;
  /** False: it was begun, and nobody knows whether it was done. */
  readonly done: boolean;
}

const isOf = (steps: readonly Step[], member: "leavesUnsafe" | "makesSafe", name: string) =>
  steps.some((step) => step.name === name && step[member] === true);

/** What the journal says last: a step that leaves the target unsafe, and nothing since that has made it safe. */
export function findLeftUnsafe({ steps }: Runbook, journal: Journal): LeftUnsafe | undefined {
  let left: LeftUnsafe | undefined;
  for (const entry of journal.records) {
    if (entry.type === "step-started" || entry.type === "step-done") {
      const { step, at } = entry;
      const done = entry.type === "step-done";
      if (isOf(steps, "leavesUnsafe", step)) left = { step, at, done: done || left?.done === true };
      else if (done && isOf(steps, "makesSafe", step)) left = undefined;
    } else if (entry.type === "step-undone" && left?.step === entry.step) left = undefined;
  }
  return left;
}

/** What is known of a target that cannot be asked. */
export function describeUnasked(runbook: Runbook, journal: Journal | undefined): TargetState {
  const left = journal === undefined ? undefined : findLeftUnsafe(runbook, journal);
  if (left === undefined)
    return {
      sentence: "unknown: the target could not be asked; nothing is assumed",
      unsafe: false,
    };
  const { step, at, done } = left;
  return {
    sentence: `the target could not be asked; by the journal ${step} was ${done ? "done" : "begun"} at ${at}, and nothing has put back since what it takes away`,
    unsafe: true,
  };
}
