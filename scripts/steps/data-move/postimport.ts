import { failed, refused, type Problem } from "../../engine/failure.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { analyzeTable } from "../../postgres/analyze.ts";
import type { Database } from "../../postgres/database.ts";
import { dropLedger, dropSettledLedger } from "../../postgres/drop-ledger.ts";
import { dropTables } from "../../postgres/drop-tables.ts";
import { displayName, type QualifiedName } from "../../postgres/identifier.ts";
import { readLedger } from "../../postgres/ledger.ts";
import {
  listMaterializedViews,
  planRefresh,
  refreshMaterializedViews,
  type RefreshPlan,
} from "../../postgres/materialized-views.ts";
import type { HistoryDecision } from "../../postgres/migration-history.ts";
import { describeServerError } from "../../postgres/server-message.ts";
import type { SequencePlan } from "../../postgres/sequence-plan.ts";
import { applySequences } from "../../postgres/sequences.ts";
import { verifyMayGoBack } from "./back-to-before.ts";
import { withBoth, withSource, withTarget } from "./databases.ts";
import { remembered } from "./remembered.ts";
import { reopenLedger, verifyImported, verifyRowsAreIn } from "./postimport-readiness.ts";
import { enterPhase } from "./run-entry.ts";
import { readScope, type Scope } from "./scope.ts";
import { keepSequences, noteSet, putSequencesBack, readSequencePlan } from "./sequence-states.ts";
import { keepViews, noteRefreshed } from "./view-states.ts";
import { countOf } from "../../engine/wording.ts";

async function check(context: StepContext): Promise<void> {
  await withBoth(context, async (source, target) => {
    await verifyImported(context, target);
    const scope = await readScope(context, source, target);
    context.screen.progress("comparing sequences with the data");
    const { problems } = await readSequencePlan(source, target, scope);
    context.screen.settle();
    if (problems.length > 0)
      throw refused("v2's sequences cannot be set as the data needs", problems);
  });
}

async function setSequences(
  context: StepContext,
  target: Database,
  plan: SequencePlan,
): Promise<void> {
  await applySequences(target, plan.settings);
  for (const note of plan.notes) context.screen.quiet(`  · ${note}`);
  context.screen.good(
    `Sequences: ${plan.settings.length} set, ${plan.right.length} were right already`,
  );
}

async function refresh(context: StepContext, plan: RefreshPlan, target: Database): Promise<void> {
  const { screen } = context;
  for (const { name, reason } of plan.left)
    screen.quiet(`  · materialized view ${displayName(name)} stays as it is: it ${reason}`);
  const problems = await refreshMaterializedViews(target, plan.refreshed, (view, index) =>
    screen.progress(`refreshing ${displayName(view)} (${index + 1} of ${plan.refreshed.length})`),
  );
  screen.settle();
  if (problems.length > 0)
    throw failed(
      `${countOf(problems.length, "materialized view")} could not be refreshed`,
      problems,
    );
  screen.good(
    `Materialized views: ${plan.refreshed.length} refreshed, ${plan.left.length} left as they are`,
  );
}

async function analyze(
  context: StepContext,
  target: Database,
  tables: readonly QualifiedName[],
): Promise<void> {
  for (const [index, table] of tables.entries()) {
    context.screen.progress(`analyzing ${displayName(table)} (${index + 1} of ${tables.length})`);
    await analyzeTable(target, table);
  }
  context.screen.settle();
  context.screen.good(`Statistics: ${countOf(tables.length, "table")} analyzed`);
}

const readRefreshPlan = async (source: Database, target: Database): Promise<RefreshPlan> =>
  planRefresh(await listMaterializedViews(source), await listMaterializedViews(target));

/** v1's history tables in v2 go; v2's own stays. */
async function dropArtefacts(
  context: StepContext,
  target: Database,
  history: HistoryDecision,
): Promise<void> {
  const artefacts = history.artefacts.flatMap(({ tables }) => tables);
  const names = artefacts.map(displayName).join(", ");
  try {
    await dropTables(target, artefacts);
  } catch (error) {
    throw failed("v1's migration history cannot be dropped from v2", [
      { where: names, ...describeServerError(`${names} cannot be dropped`, error) },
    ]);
  }
  if (artefacts.length > 0) context.screen.good(`Migration history: dropped ${names}`);
  context.screen.quiet(`  · ${history.why}`);
}

/** Keeps what is about to change, and writes into v2 that this run is finishing: none of what follows is one transaction. */
async function begin(
  context: StepContext,
  target: Database,
  { views, sequences }: { readonly views: RefreshPlan; readonly sequences: SequencePlan },
  { history }: Scope,
): Promise<void> {
  await keepSequences(context, target);
  noteSet(context, sequences.settings);
  await keepViews(context, target);
  noteRefreshed(context, views.refreshed);
  const artefacts = history.artefacts.flatMap(({ tables }) => tables);
  if (artefacts.length > 0) context.remember(remembered.droppedArtefacts, artefacts);
  await enterPhase(context, target, "finishing");
}

async function fix(context: StepContext, source: Database, target: Database): Promise<void> {
  const scope = await readScope(context, source, target);
  const views = await readRefreshPlan(source, target);
  const sequences = await readSequencePlan(source, target, scope);
  await begin(context, target, { views, sequences }, scope);
  await setSequences(context, target, sequences);
  await refresh(context, views, target);
  const { plan, history } = scope;
  await analyze(context, target, [...plan.moved.map((table) => table.target), ...views.refreshed]);
  await dropArtefacts(context, target, history);
  // the last act: until here another machine can go on
  if (await dropLedger(target))
    context.screen.good("Ledger: nothing left to restore, schema movebook dropped");
}

async function run(context: StepContext): Promise<void> {
  await withSource(context, (source) =>
    withTarget(context, (target) => fix(context, source, target), { readOnly: false }),
  );
}

async function verify(context: StepContext): Promise<void> {
  await withBoth(context, async (source, target) => {
    await verifyRowsAreIn(context, target);
    const scope = await readScope(context, source, target);
    const sequences = await readSequencePlan(source, target, scope);
    const views = await readRefreshPlan(source, target);
    const empty = views.refreshed.filter((view) => !view.populated);
    const problems: Problem[] = [
      ...sequences.problems,
      ...sequences.settings.map((setting) => ({
        what: `sequence ${displayName(setting)} is behind v1 or the data`,
      })),
      ...empty.map((view) => ({ what: `materialized view ${displayName(view)} holds no data` })),
      ...scope.history.artefacts
        .flatMap(({ tables }) => tables)
        .map((table) => ({ what: `${displayName(table)} is still there` })),
      ...((await readLedger(target)).exists
        ? [{ what: "the ledger's schema movebook is still there" }]
        : []),
    ];
    if (problems.length > 0) throw failed("the fixes after the import are not all there", problems);
  });
}

/** The rows stay; v2 remembers the run as loaded, as it did before this step. */
async function undo(context: StepContext): Promise<void> {
  await withTarget(
    context,
    async (target) => {
      await verifyMayGoBack(context, target);
      const areRowsIn = await reopenLedger(context, target);
      await putSequencesBack(context, target);
      if (areRowsIn) await enterPhase(context, target, "loaded", ["undoing"]);
      else await dropSettledLedger(target);
    },
    { readOnly: false },
  );
  context.screen.quiet(
    "  · statistics stay as they are; materialized views and a dropped history come back with the rows",
  );
}

/** What an import leaves to do, and what the move put into v2 and takes away again. */
export const postimport: Step = {
  name: "postimport",
  does: "Sets sequences, refreshes materialized views, collects statistics, removes v1's migration history and the ledger.",
  changes: "target",
  interrupted: "run-again",
  check,
  run,
  verify,
  // killed in the middle, it has set some of the sequences
  mayHaveEffect: async () => true,
  undo,
};
