import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { executeCommand } from "../../scripts/engine/shell.ts";
import type { Step, StepContext } from "../../scripts/engine/step.ts";
import { recallRun } from "../../scripts/steps/data-move/recalled-run.ts";
import { makeStepContext, type TestContext } from "./step-context.ts";

/** A machine: the facts of a journal, and the files of its run folder, are all that it has of the run. */
export type Machine = TestContext & { readonly does: (step: Step) => Promise<void> };

/** Connection URLs of v1 and v2. */
interface Urls {
  readonly source: string;
  readonly target: string;
}

const journalOf = (facts: ReadonlyMap<string, unknown>): string =>
  [...facts].map((fact) => `${JSON.stringify(fact)}\n`).join("");

/** @param done steps that its journal says are done */
export function makeMachine(
  urls: Urls,
  done: readonly string[] = [],
  more: Partial<StepContext> = {},
): Machine {
  const made = makeStepContext({ ...urls }, {}, done);
  const context: StepContext = {
    ...made.context,
    journalText: () => journalOf(made.facts),
    execute: (command, redirects) =>
      executeCommand(command, made.context.runFolder, made.context.signal, redirects),
    ...more,
  };
  const does = async (step: Step): Promise<void> => {
    await step.check?.(context);
    await step.run(context, (await step.plan?.(context)) ?? []);
    await step.verify(context);
  };
  return { ...made, context, does };
}

/** Another machine takes the run over, with what v2 remembers of it. */
export async function takeOver(urls: Urls): Promise<Machine> {
  const machine = makeMachine(urls);
  const run = await recallRun(machine.context);
  if (run === undefined) throw new Error("v2 remembers no run");
  for (const line of run.journal.trimEnd().split("\n")) {
    const [key, value] = JSON.parse(line) as [string, unknown];
    machine.facts.set(key, value);
  }
  for (const [name, contents] of Object.entries(run.files))
    writeFileSync(join(machine.context.runFolder, name), contents);
  return machine;
}
