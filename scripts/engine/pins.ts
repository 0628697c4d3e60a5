import { buildCommandLine, type CallFacts } from "./context.ts";
import { refused, type Problem } from "./failure.ts";
import type { Journal } from "./journal.ts";
import { movebookVersion } from "./version.ts";

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

/** A run that another version of movebook began is finished with that one, when its steps or settings are others. */
function describeOtherVersion({ header }: Journal, facts: CallFacts): Problem[] {
  const { movebook, run } = header;
  if (movebook === movebookVersion) return [];
  const call = (verb: string): string =>
    buildCommandLine({ ...facts, caller: `npx movebook@${movebook}` }, verb);
  return [
    {
      what: `run ${run} was begun with movebook ${movebook}, and this is movebook ${movebookVersion}`,
      todo: `If nobody has changed the settings, finish the run with the version that began it: ${call("resume")}; or take it back with that: ${call("undo")}`,
    },
  ];
}

/** @throws Failure (exit 3) when settings, steps, source or target are not those that the run began with */
export function verifyPins(journal: Journal, facts: CallFacts): void {
  const differences = listPinDifferences(journal, facts);
  if (differences.length === 0) return;
  const others = describeOtherVersion(journal, facts);
  const todo = `Put it back, or begin anew: ${buildCommandLine(facts, "run")}`;
  const ofVersion = (what: string): boolean => others.length > 0 && what.startsWith("steps: ");
  throw refused(
    `run ${journal.header.run} began with other settings; a run is finished with those it began with`,
    [...differences.map((what) => (ofVersion(what) ? { what } : { what, todo })), ...others],
  );
}

/** A run that another version began goes on when steps and settings are the same; never in silence. */
export function tellOtherVersion({ screen }: CallFacts, { header }: Journal): void {
  if (header.movebook === movebookVersion) return;
  screen.line(
    `Run ${header.run} was begun with movebook ${header.movebook}, and this is movebook ${movebookVersion}: its steps and settings are the same.`,
  );
}
