import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { refused } from "../../engine/failure.ts";
import { Journal, runsFolder } from "../../engine/journal.ts";
import type { RollbackPoint, RollbackPoints, StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { dropSettledLedger } from "../../postgres/drop-ledger.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { readRollbackManifest, type RollbackManifest } from "../../postgres/rollback-manifest.ts";
import { putRowsBack, verifyAsBefore } from "./back-to-before.ts";
import { withTarget } from "./databases.ts";
import { rollbackKeepDays } from "./params.ts";
import { remembered } from "./remembered.ts";
import { listPointDamage, rollbackFiles } from "./rollback-files.ts";
import { putPointSequencesBack, putPointViewsBack } from "./rollback-side-effects.ts";
import { readBefore } from "./rollback-state.ts";
import { describeHoldings } from "./rollback-take.ts";
import { beforeFiles, listSchemaChanges } from "./schema-changes.ts";

const usualDays = 30;
const day = 24 * 60 * 60 * 1_000;

/** A folder of a run that holds a point, or what is left of one. */
interface FoundPoint {
  readonly runFolder: string;
  readonly run: string;
  readonly manifest: RollbackManifest | undefined;
  /** One sentence each; empty when it is whole. */
  readonly damage: readonly string[];
  readonly isOpen: boolean;
}

/** A run whose journal cannot be read may be open. */
function isOpenRun(runFolder: string): boolean {
  if (!existsSync(Journal.file(runFolder))) return false;
  try {
    return Journal.open(runFolder).outcome === "open";
  } catch {
    return true;
  }
}

function readQuietly(file: string): RollbackManifest | undefined {
  try {
    return readRollbackManifest(file);
  } catch {
    return undefined;
  }
}

async function findPoint(context: StepContext, runFolder: string): Promise<FoundPoint[]> {
  const files = rollbackFiles({ runFolder });
  if (![files.manifest, files.rows].some((file) => existsSync(file))) return [];
  const manifest = readQuietly(files.manifest);
  context.screen.progress(`checking the files of ${runFolder}`);
  const damage =
    manifest === undefined
      ? ["its manifest is gone or cannot be read"]
      : (await listPointDamage({ runFolder, signal: context.signal }, manifest)).map(
          ({ what }) => what,
        );
  const run = manifest?.run ?? runFolder.split("/").at(-1) ?? runFolder;
  return [{ runFolder, run, manifest, damage, isOpen: isOpenRun(runFolder) }];
}

const takenAt = ({ manifest, runFolder }: FoundPoint): string =>
  manifest?.takenAt ?? statSync(runFolder).mtime.toISOString();

const sizeIn = ({ runFolder }: FoundPoint): number => {
  const { rows, schema } = rollbackFiles({ runFolder });
  return [rows, schema].reduce(
    (sum, file) => sum + (existsSync(file) ? statSync(file).size : 0),
    0,
  );
};

const describe = ({ manifest, damage }: FoundPoint): string =>
  [
    manifest === undefined ? "unknown rows" : describeHoldings(manifest),
    ...(damage.length === 0 ? [] : [`DAMAGED: ${damage.join("; ")}`]),
  ].join(", ");

/** Every point of the runbook and environment on this machine, whole or not; the newest and the newest whole one stay. */
async function list(context: StepContext): Promise<RollbackPoint[]> {
  const folder = runsFolder(context.projectFolder, context.runbook, context.environment);
  const found: FoundPoint[] = [];
  for (const name of existsSync(folder) ? readdirSync(folder).sort() : [])
    found.push(...(await findPoint(context, join(folder, name))));
  context.screen.settle();
  const kept = [found.at(-1), found.findLast(({ damage }) => damage.length === 0)];
  const days = context.optionalSetting(rollbackKeepDays) ?? usualDays;
  return found.map((point) => ({
    run: point.run,
    takenAt: takenAt(point),
    file: rollbackFiles(point).rows,
    bytes: sizeIn(point),
    holds: describe(point),
    isNeeded: point.isOpen || kept.includes(point),
    keptUntil: new Date(Date.parse(takenAt(point)) + days * day).toISOString(),
  }));
}

/** Another run's ledger says that v2 is in the middle of it. @throws Failure (exit 3) */
async function verifyNoOtherRun(context: StepContext, target: Database): Promise<void> {
  const { imports, unrestored, runs } = await readLedger(target);
  const others = [...imports, ...unrestored, ...runs].filter(({ run }) => run !== context.runId);
  const [other] = others;
  if (other === undefined) return;
  throw refused(`v2 is in the middle of run ${other.run}`, [
    {
      what: `v2's ledger says that run ${other.run} was not finished`,
      todo: `Finish it or take it back first: ${context.commandLine("status")}`,
    },
  ]);
}

const hasSchema = ({ runFolder }: StepContext): boolean =>
  beforeFiles.every((name) => existsSync(join(runFolder, name)));

async function restoreIn(context: StepContext, target: Database): Promise<void> {
  await verifyNoOtherRun(context, target);
  const before = await readBefore(context, target);
  // what was changed since the run, by migrations say, is no matter of the restore
  const earlier = hasSchema(context) ? await listSchemaChanges(context, target) : [];
  for (const change of earlier)
    context.screen.warning(`the schema has changed since the run, and stays so: ${change}`);
  await putRowsBack(context, target, before, {
    loses: "a restore would lose that",
    knowingly: `${context.commandLine("rollback restore", context.runId)} --replace`,
  });
  context.remember(remembered.droppedArtefacts, []);
  await putPointSequencesBack(context, target, before);
  await putPointViewsBack(context, target, before);
  const changes = hasSchema(context) ? await listSchemaChanges(context, target) : [];
  await verifyAsBefore(
    context,
    target,
    before,
    changes.filter((change) => !earlier.includes(change)),
  );
  context.screen.good("rows, sequences and views are those of the rollback point: compared");
  await dropSettledLedger(target);
}

/** How data moves keep and restore what gave way. */
export const rollbackPoints: RollbackPoints = {
  list,
  restore: (context) =>
    withTarget(context, (target) => restoreIn(context, target), { readOnly: false }),
  remove: async (_, { file }) => {
    const files = rollbackFiles({ runFolder: dirname(file) });
    // the manifest goes last: a point without it would be unknown rows
    for (const one of [files.rows, files.schema, files.manifest]) rmSync(one, { force: true });
  },
};
