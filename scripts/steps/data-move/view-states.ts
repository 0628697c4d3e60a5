import { failed } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { nameKey, quoteName } from "../../postgres/identifier.ts";
import {
  listMaterializedViews,
  refreshMaterializedViews,
  type MaterializedView,
} from "../../postgres/materialized-views.ts";
import { remembered } from "./remembered.ts";

type KeptView = Pick<MaterializedView, "schema" | "name" | "populated">;

const recallViews = (context: StepContext): readonly KeptView[] =>
  (context.recall(remembered.viewsBefore) ?? []) as readonly KeptView[];

/** Keeps whether the views held data; the first state that a run saw is the one to go back to. */
export function rememberViews(context: StepContext, views: readonly MaterializedView[]): void {
  const kept = new Map(recallViews(context).map((view) => [nameKey(view), view]));
  for (const { schema, name, populated } of views) {
    if (!kept.has(nameKey({ schema, name })))
      kept.set(nameKey({ schema, name }), { schema, name, populated });
  }
  context.remember(remembered.viewsBefore, [...kept.values()]);
}

/** Makes the remembered views follow the emptied tables: refreshed, or without data as they were. */
export async function putViewsBack(context: StepContext, target: Database): Promise<void> {
  const kept = new Map(recallViews(context).map((view) => [nameKey(view), view.populated]));
  const views = (await listMaterializedViews(target)).filter((view) => kept.has(nameKey(view)));
  for (const view of views.filter((each) => kept.get(nameKey(each)) === false)) {
    await target.query(`refresh materialized view ${quoteName(view)} with no data`);
  }
  const populated = views.filter((view) => kept.get(nameKey(view)) === true);
  const problems = await refreshMaterializedViews(target, populated);
  if (problems.length > 0)
    throw failed("materialized views do not follow the emptied tables", problems);
}
