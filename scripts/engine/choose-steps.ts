import { misused } from "./failure.ts";
import { findNearestName } from "./nearest-name.ts";
import type { Runbook, Step } from "./step.ts";

/** Which steps a call runs. */
export interface Selection {
  readonly from?: string;
  readonly until?: string;
  readonly only?: string;
}

const isIn = (step: Step, environment: string): boolean =>
  step.environments?.includes(environment) ?? true;

/**
 * The runbook as it is in one environment: steps that exist in others only are not there. All calls work on this one,
 * so that no part of the engine has to ask.
 */
export const narrowRunbook = (runbook: Runbook, environment: string): Runbook => ({
  ...runbook,
  steps: runbook.steps.filter((step) => isIn(step, environment)),
});

/**
 * @param runbook the whole one, with the steps of all environments
 * @throws Failure (exit 2) when a step is named that exists in other environments only
 */
export function verifyNamedSteps(
  runbook: Runbook,
  environment: string,
  selection: Selection,
): void {
  const { from, until, only } = selection;
  const elsewhere = runbook.steps.find(
    (step) => [from, until, only].includes(step.name) && !isIn(step, environment),
  );
  if (elsewhere === undefined) return;
  const environments = elsewhere.environments?.join(" and ") ?? "";
  throw misused(
    `step ${elsewhere.name} of ${runbook.name} exists with --env ${environments} only, not with --env ${environment}`,
    [{ what: `it ${elsewhere.does.charAt(0).toLowerCase()}${elsewhere.does.slice(1)}` }],
  );
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
