import { failed } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { listTables } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import { displayName, nameKey, type QualifiedName } from "../../postgres/identifier.ts";
import {
  isBehindData,
  isSameState,
  planSequences,
  type SequencePlan,
} from "../../postgres/sequence-plan.ts";
import {
  applySequences,
  listSequences,
  readDataExtremes,
  type Sequence,
  type SequenceSetting,
  type SequenceState,
} from "../../postgres/sequences.ts";
import { recallImport } from "./import-evidence.ts";
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

const recallSet = (context: StepContext): readonly QualifiedName[] =>
  (context.recall(remembered.sequencesSet) ?? []) as readonly QualifiedName[];

/** Before the first setval: which sequences this run sets; those of an earlier attempt stay on the list. */
export function noteSet(context: StepContext, settings: readonly SequenceSetting[]): void {
  const names = new Map(
    [...recallSet(context), ...settings].map(({ schema, name }) => [
      nameKey({ schema, name }),
      { schema, name },
    ]),
  );
  context.remember(remembered.sequencesSet, [...names.values()]);
}

/** nameKeys of the tables that this run's import goes into, partitions too. */
async function listImported(context: StepContext, target: Database): Promise<ReadonlySet<string>> {
  const roots = new Set((recallImport(context)?.tables ?? []).map(nameKey));
  const tables = await listTables(target);
  return new Set(tables.filter((table) => roots.has(nameKey(table.root ?? table))).map(nameKey));
}

/**
 * Sequences that this run can have moved: those that the tables of its import draw from, and those that it has set.
 * All others belong to somebody who may be drawing from them right now; put back, they would give numbers twice.
 */
async function listTouchable(
  context: StepContext,
  target: Database,
  sequences: readonly Sequence[],
): Promise<Sequence[]> {
  const imported = await listImported(context, target);
  const known = new Set(recallSet(context).map(nameKey));
  return sequences.filter(
    ({ owner, draws, ...name }) =>
      known.has(nameKey(name)) ||
      [...draws, ...(owner === null ? [] : [owner])].some(({ schema, table }) =>
        imported.has(nameKey({ schema, name: table })),
      ),
  );
}

/** A sequence that is not as it was, and the state to go back to. */
interface Differing {
  readonly sequence: Sequence;
  readonly state: SequenceState;
}

const toSetting = ({ sequence: { schema, name }, state }: Differing): SequenceSetting => ({
  schema,
  name,
  state,
});

/** How v2's sequences stand to what was kept of them. */
interface Comparison {
  readonly differing: readonly Differing[];
  /** Kept, and no longer in v2. */
  readonly gone: readonly QualifiedName[];
  /** In v2, and not kept. */
  readonly created: readonly QualifiedName[];
}

async function compareStates(context: StepContext, target: Database): Promise<Comparison> {
  const kept = recallStates(context);
  const all = await listSequences(target);
  const names = new Set(all.map(nameKey));
  const touchable = kept.size === 0 ? [] : await listTouchable(context, target, all);
  const differing = touchable.flatMap((sequence): Differing[] => {
    const before = kept.get(nameKey(sequence));
    if (before === undefined || sequence.state === null || !sequence.maySet) return [];
    const state = { last: BigInt(before.last), called: before.called };
    return isSameState(sequence.state, state) ? [] : [{ sequence, state }];
  });
  return {
    differing,
    gone: [...kept.values()].filter((state) => !names.has(nameKey(state))),
    created: kept.size === 0 ? [] : all.filter((sequence) => !kept.has(nameKey(sequence))),
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
async function restoreSequences(context: StepContext, target: Database): Promise<number> {
  const { differing, gone, created } = await compareStates(context, target);
  for (const name of gone)
    context.screen.quiet(`  · sequence ${displayName(name)} is no longer in v2`);
  for (const name of created)
    context.screen.quiet(`  · sequence ${displayName(name)} is new in v2 and stays as it is`);
  await applySequences(target, differing.map(toSetting));
  const wrong = (await compareStates(context, target)).differing;
  if (wrong.length > 0)
    throw failed(
      "sequences are not as they were",
      wrong.map(({ sequence }) => ({ what: `sequence ${displayName(sequence)}` })),
    );
  return differing.length;
}

/**
 * Puts back what a load that was rolled back drew: no rollback does. A sequence whose rows have come meanwhile, from
 * somebody else, is left where it is, or its next number would be theirs.
 */
export async function restoreDrawn(context: StepContext, target: Database): Promise<void> {
  const { differing } = await compareStates(context, target);
  const extremes = await readDataExtremes(
    target,
    differing.map(({ sequence }) => sequence),
  );
  const free = differing.filter(({ sequence, state }) => !isBehindData(sequence, state, extremes));
  await applySequences(target, free.map(toSetting));
}

/** As `restoreSequences`, when the run is taken back: what comes after it begins anew. */
export async function putSequencesBack(context: StepContext, target: Database): Promise<void> {
  const count = await restoreSequences(context, target);
  context.remember(key, []);
  context.screen.good(`Sequences: ${count} put back, the others are as they were`);
}
