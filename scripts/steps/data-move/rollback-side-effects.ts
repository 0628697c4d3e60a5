import { failed } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { displayName, nameKey, quoteName } from "../../postgres/identifier.ts";
import {
  listMaterializedViews,
  refreshMaterializedViews,
} from "../../postgres/materialized-views.ts";
import { applySequences, listSequences, type Sequence } from "../../postgres/sequences.ts";
import { listMembers } from "./rollback-scope.ts";
import type { Before } from "./rollback-state.ts";

const tablesOf = ({ owner, draws }: Sequence): string[] =>
  [...draws, ...(owner === null ? [] : [owner])].map(({ schema, table }) =>
    nameKey({ schema, name: table }),
  );

/**
 * Puts the sequences of the restored tables back to the state of the point. Those that other tables draw from stay: they
 * have gone on since.
 */
export async function putPointSequencesBack(
  context: StepContext,
  target: Database,
  { point, moved, catalogue }: Before,
): Promise<void> {
  if (point === undefined) return;
  const ours = listMembers(moved, catalogue);
  const kept = new Map(point.sequences.map((state) => [nameKey(state), state]));
  const settings = (await listSequences(target)).flatMap((sequence) => {
    const { schema, name, state, maySet } = sequence;
    const was = kept.get(nameKey({ schema, name }));
    const tables = tablesOf(sequence);
    if (was === undefined || state === null || !maySet || !tables.some((one) => ours.has(one)))
      return [];
    const wanted = { last: BigInt(was.last), called: was.called };
    if (wanted.last === state.last && wanted.called === state.called) return [];
    if (tables.every((one) => ours.has(one))) return [{ schema, name, state: wanted }];
    context.screen.warning(
      `sequence ${displayName(sequence)} stays as it is: tables draw from it that were not restored`,
    );
    return [];
  });
  await applySequences(target, settings);
  context.screen.good(`Sequences: ${settings.length} put back`);
}

/** Makes the materialized views follow the restored rows; those that held no data then hold none again. */
export async function putPointViewsBack(
  context: StepContext,
  target: Database,
  { point }: Before,
): Promise<void> {
  const kept = new Map((point?.views ?? []).map((view) => [nameKey(view), view.populated]));
  const views = (await listMaterializedViews(target)).filter(
    (view) => view.owned && view.extension === null && kept.has(nameKey(view)),
  );
  for (const view of views.filter((each) => kept.get(nameKey(each)) === false && each.populated))
    await target.query(`refresh materialized view ${quoteName(view)} with no data`);
  const populated = views.filter((view) => kept.get(nameKey(view)) === true);
  const problems = await refreshMaterializedViews(target, populated, (view) =>
    context.screen.progress(`refreshing ${displayName(view)}`),
  );
  context.screen.settle();
  if (problems.length > 0) throw failed("materialized views do not follow the tables", problems);
}
