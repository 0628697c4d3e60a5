import { failed } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { nameKey, quoteName, type QualifiedName } from "../../postgres/identifier.ts";
import {
  listMaterializedViews,
  refreshMaterializedViews,
  type MaterializedView,
} from "../../postgres/materialized-views.ts";
import { remembered } from "./remembered.ts";

type KeptView = Pick<MaterializedView, "schema" | "name" | "populated">;

const recallViews = (context: StepContext): readonly KeptView[] =>
  (context.recall(remembered.viewsBefore) ?? []) as readonly KeptView[];
const recallRefreshed = (context: StepContext): readonly QualifiedName[] =>
  (context.recall(remembered.viewsRefreshed) ?? []) as readonly QualifiedName[];

const named = ({ schema, name }: QualifiedName): QualifiedName => ({ schema, name });

/** Keeps whether the views hold data; the first state that a run saw is the one to go back to. */
export async function keepViews(context: StepContext, target: Database): Promise<void> {
  const kept = new Map(recallViews(context).map((view) => [nameKey(view), view]));
  for (const view of await listMaterializedViews(target)) {
    if (!kept.has(nameKey(view)))
      kept.set(nameKey(view), { ...named(view), populated: view.populated });
  }
  context.remember(remembered.viewsBefore, [...kept.values()]);
}

/** Keeps which views are refreshed: only those can have changed. */
export function noteRefreshed(context: StepContext, views: readonly MaterializedView[]): void {
  const all = [...recallRefreshed(context), ...views.map(named)];
  const unique = new Map(all.map((view) => [nameKey(view), view]));
  context.remember(remembered.viewsRefreshed, [...unique.values()]);
}

/** Makes the views that were refreshed follow the tables again: refreshed, or without data as they were. */
export async function putViewsBack(context: StepContext, target: Database): Promise<void> {
  const kept = new Map(recallViews(context).map((view) => [nameKey(view), view.populated]));
  const refreshed = new Set(recallRefreshed(context).map(nameKey));
  const views = (await listMaterializedViews(target)).filter(
    (view) => kept.has(nameKey(view)) && refreshed.has(nameKey(view)),
  );
  for (const view of views.filter((each) => kept.get(nameKey(each)) === false)) {
    if (view.populated)
      await target.query(`refresh materialized view ${quoteName(view)} with no data`);
  }
  const populated = views.filter((view) => kept.get(nameKey(view)) === true);
  const problems = await refreshMaterializedViews(target, populated);
  if (problems.length > 0) throw failed("materialized views do not follow the tables", problems);
}
