import { buildCommandLine, type CallFacts } from "./context.ts";
import { refused } from "./failure.ts";
import type { Journal } from "./journal.ts";

/** Values of settings that are no secrets and may not change within a run, for the journal's first line. */
export function listPlainParams(facts: CallFacts): Record<string, unknown> {
  const plain = [...facts.settings.readings.values()].filter(
    ({ param, value }) => !param.secret && param.pinned !== false && value !== undefined,
  );
  return Object.fromEntries(plain.map(({ param, value }) => [param.name, value]));
}

const asText = (value: unknown): string => JSON.stringify(value) ?? "nothing";

type Values = Readonly<Record<string, unknown>>;

function compareValues(label: string, was: Values, is: Values): string[] {
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return keys
    .filter((key) => asText(was[key]) !== asText(is[key]))
    .map((key) => `${label} ${key}: was ${asText(was[key])}, is ${asText(is[key])}`);
}

/** What differs between source and target of the run and of the present settings, a line each. */
export const listIdentityDifferences = ({ header }: Journal, facts: CallFacts): string[] =>
  compareValues("identity of", header.identity, facts.runbook.identity(facts.settings));

/** What differs between the run's first line and the present, a line each. */
export function listPinDifferences(journal: Journal, facts: CallFacts): string[] {
  const { steps, params } = journal.header;
  const names = facts.runbook.steps.map((step) => step.name);
  return [
    ...(asText(steps) === asText(names)
      ? []
      : [`steps: were ${steps.join(", ")}; are ${names.join(", ")}`]),
    ...compareValues("setting", params, listPlainParams(facts)),
    ...listIdentityDifferences(journal, facts),
  ];
}

/** @throws Failure (exit 3) when settings, steps, source or target are not those that the run began with */
export function verifyPins(journal: Journal, facts: CallFacts): void {
  const differences = listPinDifferences(journal, facts);
  if (differences.length === 0) return;
  throw refused(
    `run ${journal.header.run} began with other settings; a run is finished with those it began with`,
    differences.map((what) => ({
      what,
      todo: `Put it back, or begin anew: ${buildCommandLine(facts, "run")}`,
    })),
  );
}
