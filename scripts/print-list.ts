import type { Screen } from "./engine/screen.ts";
import type { Runbook } from "./engine/step.ts";

/** Prints the runbooks and their steps; with --json an object a runbook. */
export function printList(screen: Screen, runbooks: readonly Runbook[]): void {
  for (const runbook of runbooks) {
    screen.event("runbook", {
      name: runbook.name,
      goal: runbook.goal,
      environments: runbook.environments,
      steps: runbook.steps.map(({ name, does, changes, byHand, environments }) => ({
        name,
        does,
        changes,
        byHand: byHand === true,
        environments: environments ?? runbook.environments,
      })),
    });
    screen.line(`${runbook.name} (--env ${runbook.environments.join("|")})`);
    screen.line(`  ${runbook.goal}`);
    screen.line();
    for (const step of runbook.steps) {
      const only = step.environments === undefined ? [] : [`${step.environments.join(", ")} only`];
      const notes = [...(step.byHand === true ? ["by hand only"] : []), ...only];
      const note = notes.length === 0 ? "" : ` (${notes.join("; ")})`;
      screen.line(`  ${step.name.padEnd(22)} ${step.does}${note}`);
    }
    if (runbook.filter !== undefined)
      screen.line(`  movebook transform ${runbook.name}: ${runbook.filter.does}`);
    if (runbook !== runbooks.at(-1)) screen.line();
  }
}
