import { misused } from "./failure.ts";
import { findNearestName } from "./nearest-name.ts";
import type { Runbook, Step } from "./step.ts";

/** Which steps a call runs. */
export interface Selection {
  readonly from?: string;
  readonly until?: string;
  readonly only?: string;
}

function indexOfStep(runbook: Runbook, name: string): number {
  const index = runbook.steps.findIndex((step) => step.name === name);
  if (index >= 0) return index;
  const names = runbook.steps.map((step) => step.name);
  const near = findNearestName(name, names);
  throw misused(
    `${runbook.name} has no step ${name}${near === undefined ? "" : `; did you mean ${near}?`}`,
    [{ what: `its steps are ${names.join(", ")}` }],
  );
}

/**
 * The steps of a whole run (those by hand only when they are named), cut by the selection.
 * @throws Failure (exit 2) when a name is none of the runbook's, or `from` comes after `until`
 */
export function chooseSteps(runbook: Runbook, selection: Selection): readonly Step[] {
  if (selection.only !== undefined && (selection.from ?? selection.until) !== undefined)
    throw misused("--only goes alone, without --from and --until");
  if (selection.only !== undefined)
    return runbook.steps.slice(indexOfStep(runbook, selection.only)).slice(0, 1);
  const from = selection.from === undefined ? 0 : indexOfStep(runbook, selection.from);
  const until =
    selection.until === undefined
      ? runbook.steps.length - 1
      : indexOfStep(runbook, selection.until);
  if (from > until)
    throw misused(`--from ${selection.from} comes after --until ${selection.until}`);
  const named = (step: Step): boolean =>
    step.name === selection.from || step.name === selection.until;
  return runbook.steps.slice(from, until + 1).filter((step) => step.byHand !== true || named(step));
}
