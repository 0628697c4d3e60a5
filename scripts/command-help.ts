import type { Runbook } from "./engine/step.ts";

/** A call and what it is for. */
type Example = readonly [call: string, meaning: string];

const exampleOfFilter = ({ name, filter }: Runbook): Example[] =>
  filter === undefined
    ? []
    : [[`transform ${name} <file> > <file>`, "the transform alone, a plain filter"]];

/** Examples with the names of the first runbook. */
function listExamples(runbooks: readonly Runbook[]): Example[] {
  const [runbook] = runbooks;
  if (runbook === undefined) return [];
  const { name, environments, confirmed, steps } = runbook;
  const call = `${name} --env ${environments[0]}`;
  const confirms = confirmed.map((environment): Example => [
    `run ${name} --env ${environment} --confirm shop`,
    `${environment} asks for the target's name`,
  ]);
  return [
    [`run ${call}`, "everything, in order"],
    [`run ${call} --dry-run`, "what it would send, changing nothing"],
    [`step ${name} ${steps[0]?.name} --env ${environments[0]}`, "one step, for debugging"],
    ...confirms.slice(0, 1),
    [`status ${call}`, "where the run stands, what the target says"],
    [`resume ${call}`, "go on where it stopped"],
    [`undo ${call}`, "take it back"],
    ...runbooks.flatMap(exampleOfFilter),
  ];
}

/** What stands under the help: examples with the names of the first runbook, and the exit codes. */
export function buildExamples(runbooks: readonly Runbook[]): string {
  const examples = listExamples(runbooks);
  const width = Math.max(...examples.map(([call]) => call.length));
  const lines = examples.map(
    ([call, meaning]) => `  $ npx movebook ${call.padEnd(width)}   ${meaning}`,
  );
  return `
Examples:
${lines.join("\n")}

Exit codes:
  0 done   1 a step failed   2 usage or settings   3 refused, nothing changed
  4 waiting for a person or a day   5 validation found differences
  6 the target must not be used as it is: mend it first   130 cancelled

Settings are read from env files in the project folder or from the environment: see .env.example.`;
}
