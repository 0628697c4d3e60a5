import { failed } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { displayName, nameKey, type QualifiedName } from "../../postgres/identifier.ts";
import { findHistories } from "../../postgres/migration-history.ts";
import { planSequences, type SequencePlan } from "../../postgres/sequence-plan.ts";
import {
  applySequences,
  listSequences,
  readDataExtremes,
  type Sequence,
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

const recallStates = (context: StepContext): ReadonlyMap<string, KeptState> =>
  new Map(
    ((context.recall(key) ?? []) as readonly KeptState[]).map((state) => [nameKey(state), state]),
  );

/**
 * Keeps the states of all sequences, before the first change: a COPY without a serial column draws from them, and no
 * rollback takes that back. The first state that a run saw of a sequence is the one to go back to.
 */
export async function keepSequences(context: StepContext, target: Database): Promise<void> {
  const kept = new Map(recallStates(context));
  for (const { schema, name, state } of await listSequences(target)) {
    if (state === null || kept.has(nameKey({ schema, name }))) continue;
    const { last, called } = state;
    kept.set(nameKey({ schema, name }), { schema, name, last: last.toString(), called });
  }
  context.remember(key, [...kept.values()]);
}

/** Sequences that a migration tool counts with are no matter of the move, as their tables. */
async function listTouchable(target: Database): Promise<Sequence[]> {
  const histories = await findHistories(target);
  const tables = new Set(histories.flatMap((history) => history.tables.map(nameKey)));
  return (await listSequences(target)).filter(
    ({ owner, draws }) =>
      ![...draws, ...(owner === null ? [] : [owner])].some(({ schema, table }) =>
        tables.has(nameKey({ schema, name: table })),
      ),
  );
}

/** How v2's sequences stand to what was kept of them. */
interface Comparison {
  /** Those that are not as they were, with the state to go back to. */
  readonly differing: readonly SequenceSetting[];
  /** Kept, and no longer in v2. */
  readonly gone: readonly QualifiedName[];
  /** In v2, and not kept. */
  readonly created: readonly QualifiedName[];
}

async function compareStates(context: StepContext, target: Database): Promise<Comparison> {
  const kept = recallStates(context);
  const all = new Set((await listSequences(target)).map(nameKey));
  const present = kept.size === 0 ? [] : await listTouchable(target);
  const differing = present.flatMap(({ schema, name, state, maySet }): SequenceSetting[] => {
    const before = kept.get(nameKey({ schema, name }));
    if (before === undefined || state === null || !maySet) return [];
    const wanted = { last: BigInt(before.last), called: before.called };
    const same = state.last === wanted.last && state.called === wanted.called;
    return same ? [] : [{ schema, name, state: wanted }];
  });
  return {
    differing,
    gone: [...kept.values()].filter((state) => !all.has(nameKey(state))),
    created: present.filter((sequence) => !kept.has(nameKey(sequence))),
  };
}

/** True when sequences are not as they were before the run: something drew from them, or set them. */
export const haveSequencesMoved = async (
  context: StepContext,
  target: Database,
): Promise<boolean> => (await compareStates(context, target)).differing.length > 0;

/**
 * Puts those that differ back to their kept states, and looks that they are there.
 * @returns how many
 * @throws Failure (exit 1)
 */
export async function restoreSequences(context: StepContext, target: Database): Promise<number> {
  const { differing, gone, created } = await compareStates(context, target);
  for (const name of gone)
    context.screen.quiet(`  · sequence ${displayName(name)} is no longer in v2`);
  for (const name of created)
    context.screen.quiet(`  · sequence ${displayName(name)} is new in v2 and stays as it is`);
  await applySequences(target, differing);
  const wrong = (await compareStates(context, target)).differing;
  if (wrong.length > 0)
    throw failed(
      "sequences are not as they were",
      wrong.map((name) => ({ what: `sequence ${displayName(name)}` })),
    );
  return differing.length;
}

/** As `restoreSequences`, when the run is taken back: what comes after it begins anew. */
export async function putSequencesBack(context: StepContext, target: Database): Promise<void> {
  const count = await restoreSequences(context, target);
  context.remember(key, []);
  context.screen.good(`Sequences: ${count} put back, the others are as they were`);
}
