import { failed } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { displayName, nameKey, type QualifiedName } from "../../postgres/identifier.ts";
import { planSequences, type SequencePlan } from "../../postgres/sequence-plan.ts";
import {
  applySequences,
  listSequences,
  readDataExtremes,
  type SequenceSetting,
} from "../../postgres/sequences.ts";

import { remembered } from "./remembered.ts";
import type { Scope } from "./scope.ts";

const key = remembered.sequencesBefore;

/** A state as the journal keeps it: JSON has no bigint. */
interface KeptState extends QualifiedName {
  readonly last: string;
  readonly called: boolean;
}

/** What v2's sequences need; those of tables that are not moved (migration history, left out) stay as they are. */
export async function readSequencePlan(
  source: Database,
  target: Database,
  scope: Scope,
): Promise<SequencePlan> {
  const inSource = await listSequences(source);
  const inTarget = await listSequences(target);
  const extremes = await readDataExtremes(target, inTarget);
  const untouched = new Set(scope.plan.leftOut.map(({ name }) => nameKey(name)));
  return planSequences(inSource, inTarget, extremes, untouched);
}

const recallStates = (context: StepContext): readonly KeptState[] =>
  (context.recall(key) ?? []) as readonly KeptState[];

/** Keeps the present states of the sequences that will be set. The first state that a run saw is the one to go back to. */
export async function rememberSequences(
  context: StepContext,
  target: Database,
  settings: readonly SequenceSetting[],
): Promise<void> {
  const kept = new Map(recallStates(context).map((state) => [nameKey(state), state]));
  const changing = new Set(settings.map(nameKey));
  for (const { schema, name, state } of await listSequences(target)) {
    if (
      state === null ||
      !changing.has(nameKey({ schema, name })) ||
      kept.has(nameKey({ schema, name }))
    )
      continue;
    kept.set(nameKey({ schema, name }), {
      schema,
      name,
      last: state.last.toString(),
      called: state.called,
    });
  }
  context.remember(key, [...kept.values()]);
}

/** Puts the remembered states back and looks that they are there. @throws Failure (exit 1) */
export async function putSequencesBack(context: StepContext, target: Database): Promise<void> {
  const settings = recallStates(context).map(({ schema, name, last, called }) => ({
    schema,
    name,
    state: { last: BigInt(last), called },
  }));
  await applySequences(target, settings);
  const now = new Map(
    (await listSequences(target)).map((sequence) => [nameKey(sequence), sequence.state]),
  );
  const wrong = settings.filter(({ state, ...name }) => {
    const is = now.get(nameKey(name));
    return is?.last !== state.last || is.called !== state.called;
  });
  if (wrong.length > 0)
    throw failed(
      "sequences are not as they were",
      wrong.map((name) => ({ what: `sequence ${displayName(name)}` })),
    );
  context.remember(key, []);
  context.screen.good(`Sequences: ${settings.length} put back`);
}
