import type { Problem } from "../engine/failure.ts";
import type { Database } from "./database.ts";
import { readDriverError } from "./errors.ts";
import { describeServerError } from "./server-message.ts";
import { inOwnSearchPath } from "./own-search-path.ts";
import { displayName, nameKey, quoteName, type QualifiedName } from "./identifier.ts";

/** A materialized view. */
export interface MaterializedView extends QualifiedName {
  /** False: WITH NO DATA, reading it is an error. */
  readonly populated: boolean;
  /** The session's role owns it or is a member of its owner. */
  readonly owned: boolean;
  readonly extension: string | null;
  /** Materialized views that it reads, directly or through views and functions with an SQL-standard body. */
  readonly readsFrom: readonly QualifiedName[];
}

/** All materialized views, each one after those that it reads from. */
export async function listMaterializedViews(db: Database): Promise<MaterializedView[]> {
  return orderByDependency(await db.ask<MaterializedView>("postgres/list-materialized-views"));
}

/** Each view after those that it reads from; otherwise the order of the list is kept. */
export function orderByDependency(views: readonly MaterializedView[]): MaterializedView[] {
  const ordered: MaterializedView[] = [];
  const seen = new Set<string>();
  const byName = new Map(views.map((view) => [nameKey(view), view]));
  const place = (view: MaterializedView): void => {
    if (seen.has(nameKey(view))) return;
    seen.add(nameKey(view));
    for (const read of view.readsFrom) {
      const other = byName.get(nameKey(read));
      if (other !== undefined) place(other);
    }
    ordered.push(view);
  };
  for (const view of views) place(view);
  return ordered;
}

/** Which of v2's materialized views are refreshed, in order, and which stay as they are, with the reason. */
export interface RefreshPlan {
  readonly refreshed: readonly MaterializedView[];
  readonly left: readonly { readonly name: QualifiedName; readonly reason: string }[];
}

/** Refreshed are those that hold data in v1 (same name) or in v2. */
export function planRefresh(
  source: readonly MaterializedView[],
  target: readonly MaterializedView[],
): RefreshPlan {
  const inSource = new Map(source.map((view) => [nameKey(view), view.populated]));
  const refreshed: MaterializedView[] = [];
  const left: { name: QualifiedName; reason: string }[] = [];
  for (const view of target) {
    const reason = reasonToLeave(view, inSource.get(nameKey(view)) === true);
    if (reason === undefined) refreshed.push(view);
    else left.push({ name: { schema: view.schema, name: view.name }, reason });
  }
  return { refreshed, left };
}

function reasonToLeave(view: MaterializedView, populatedInSource: boolean): string | undefined {
  if (view.extension !== null) return `belongs to the extension ${view.extension}`;
  if (!populatedInSource && !view.populated) return "holds no data in v1 nor in v2";
  return view.owned ? undefined : "belongs to another role";
}

/**
 * Refreshes the views in the order given, under v2's own search_path: functions that they call may use unqualified
 * names. One that fails does not stop those that do not read from it.
 * @param onView called before each
 * @returns a problem for each view that could not be refreshed; the server's message in `rows`
 */
export async function refreshMaterializedViews(
  db: Database,
  views: readonly MaterializedView[],
  onView: (view: MaterializedView, index: number) => void = () => undefined,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const broken = new Set<string>();
  for (const [index, view] of views.entries()) {
    onView(view, index);
    const problem = await refreshOne(db, view, broken);
    if (problem === undefined) continue;
    broken.add(nameKey(view));
    problems.push(problem);
  }
  return problems;
}

async function refreshOne(
  db: Database,
  view: MaterializedView,
  broken: ReadonlySet<string>,
): Promise<Problem | undefined> {
  const name = `materialized view ${displayName(view)}`;
  const cause = view.readsFrom.find((read) => broken.has(nameKey(read)));
  if (cause !== undefined)
    return { what: `${name} was not refreshed: it reads from ${displayName(cause)}`, where: name };
  try {
    await inOwnSearchPath(db, () => db.query(`refresh materialized view ${quoteName(view)}`));
    return undefined;
  } catch (error) {
    // no matter of this view: the session is lost, or somebody holds a table
    if (readDriverError(error) === undefined) throw error;
    return {
      where: name,
      todo: "mend its definition or the data, then run this step again",
      ...describeServerError(`${name} cannot be refreshed`, error),
    };
  }
}
