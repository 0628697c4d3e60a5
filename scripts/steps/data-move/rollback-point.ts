import { listProblems } from "../../engine/check.ts";
import type { Command } from "../../engine/command.ts";
import { failed, refused } from "../../engine/failure.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { countOf, sizeOf } from "../../engine/wording.ts";
import type { Database } from "../../postgres/database.ts";
import { describeEndpoint } from "../../postgres/endpoint.ts";
import { displayName } from "../../postgres/identifier.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { readRollbackManifest, type RollbackManifest } from "../../postgres/rollback-manifest.ts";
import { withBoth, withTarget } from "./databases.ts";
import { targetUrl } from "./params.ts";
import { judgeFilled } from "./preflight/target-contents.ts";
import { remembered } from "./remembered.ts";
import {
  confirmReplacing,
  listStrangers,
  listUnsavable,
  mayReplace,
  readEmptying,
} from "./replace.ts";
import { listPointDamage, rollbackFiles } from "./rollback-files.ts";
import { listLeaves, needsPoint, readAffected } from "./rollback-scope.ts";
import {
  archiverFor,
  buildArchives,
  describeHoldings,
  findFittingPoint,
  takePoint,
  type Found,
  type PointFact,
} from "./rollback-take.ts";
import { readScope } from "./scope.ts";

const readFound = (context: StepContext): Promise<Found> =>
  withBoth(context, async (source, target) => {
    const scope = await readScope(context, source, target);
    return { affected: await readAffected(target, scope), catalogue: scope.targetCatalogue };
  });

/**
 * After an import of this run nothing gives way any more: steps by hand, and a resume that comes by afterwards. A point
 * of the rows that it wrote would be none.
 */
async function hasImported(context: StepContext, target: Database): Promise<boolean> {
  const { imports } = await readLedger(target);
  return context.isDone("import") || imports.some(({ run }) => run === context.runId);
}

async function check(context: StepContext): Promise<void> {
  await withBoth(context, async (source, target) => {
    if (await hasImported(context, target)) return;
    const scope = await readScope(context, source, target);
    const affected = await readAffected(target, scope);
    if (!needsPoint(affected)) return;
    const { filled, moved, artefacts } = affected;
    const ledger = await readLedger(target);
    if (filled.length > 0 && !mayReplace(context, ledger)) {
      const results = judgeFilled(context, { looked: moved.length, filled, ledger });
      throw refused("v2 holds rows already", listProblems([{ heading: "", results }]));
    }
    const members = listLeaves([...moved, ...artefacts], scope.targetCatalogue);
    const problems = [
      ...listStrangers(await readEmptying(target, affected, scope)),
      ...(await listUnsavable(target, [...moved, ...artefacts, ...members])),
    ];
    if (problems.length > 0) throw refused("v2's rows cannot be replaced", problems);
    await confirmReplacing(context, filled);
  });
}

/** Name of the snapshot in a plan: it has one when the step runs. */
const plannedSnapshot = "<exported when it runs>";

async function plan(context: StepContext): Promise<readonly Command[]> {
  if (await withTarget(context, (target) => hasImported(context, target))) return [];
  const { affected, catalogue } = await readFound(context);
  if (!needsPoint(affected)) return [];
  return withTarget(context, async (target) =>
    buildArchives(context, await archiverFor(target), { affected, catalogue }, plannedSnapshot),
  );
}

function say(context: StepContext, manifest: RollbackManifest, isNew: boolean): void {
  const { screen } = context;
  const bytes = manifest.rows.bytes + (manifest.schema?.bytes ?? 0);
  for (const { rows, ...table } of [...manifest.tables, ...manifest.artefacts])
    if (rows > 0) screen.line(`  · ${displayName(table)}: ${countOf(rows, "row")}`);
  if (manifest.artefacts.length > 0)
    screen.line(
      `  · v1's migration history goes from v2 and is saved too: ${manifest.artefacts.map(displayName).join(", ")}`,
    );
  screen.good(
    isNew
      ? `Rollback point taken and read back: ${describeHoldings(manifest)} (${sizeOf(bytes)})`
      : `The rollback point of ${manifest.takenAt} still fits: ${describeHoldings(manifest)}`,
  );
}

async function run(context: StepContext): Promise<void> {
  if (await withTarget(context, (target) => hasImported(context, target))) {
    context.screen.line("  · this run has imported already: nothing of v2 gives way any more");
    if (context.recall(remembered.rollbackPoint) === undefined)
      context.remember(remembered.rollbackPoint, { taken: false } satisfies PointFact);
    return;
  }
  const found = await readFound(context);
  const { affected } = found;
  if (!needsPoint(affected)) {
    context.remember(remembered.rollbackPoint, { taken: false } satisfies PointFact);
    context.screen.line("  · nothing of v2 gives way: no rollback point is needed");
    return;
  }
  context.screen.line(`  Target: ${describeEndpoint(context.setting(targetUrl))} (read-only)`);
  if (affected.filled.length > 0) context.remember(remembered.replacing, true);
  await withTarget(context, async (target) => {
    const fitting = await findFittingPoint(context, target, affected);
    const manifest = fitting ?? (await takePoint(context, target, found));
    const { operator, takenAt } = manifest;
    context.remember(remembered.rollbackPoint, {
      taken: true,
      operator,
      takenAt,
    } satisfies PointFact);
    say(context, manifest, fitting === undefined);
  });
}

async function verify(context: StepContext): Promise<void> {
  const fact = context.recall(remembered.rollbackPoint) as PointFact | undefined;
  if (fact === undefined) throw failed("no rollback point was taken");
  if (!fact.taken) return;
  const manifest = readRollbackManifest(rollbackFiles(context).manifest);
  const problems = await listPointDamage(context, manifest);
  if (problems.length > 0) throw failed("the rollback point is damaged", problems);
}

/** What gives way is saved first, and read back. */
export const rollbackPoint: Step = {
  name: "rollback-point",
  does: "Saves what of v2 gives way (rows, with --replace; v1's migration history) with pg_dump, and reads it back.",
  changes: "files",
  optional: true,
  interrupted: "run-again",
  check,
  plan,
  run,
  verify,
};
