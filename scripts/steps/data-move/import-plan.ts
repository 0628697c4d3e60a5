import { existsSync } from "node:fs";
import type { Command, Part } from "../../engine/command.ts";
import type { StepContext } from "../../engine/step.ts";
import type { ForeignKey } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import { readManifest, type DumpManifest } from "../../postgres/dump-manifest.ts";
import type { DumpSection } from "../../postgres/dump-file.ts";
import { listForeignKeys } from "../../postgres/foreign-keys.ts";
import { nameKey } from "../../postgres/identifier.ts";
import { buildImportEntry, buildLedger, readLedger } from "../../postgres/ledger.ts";
import { buildRunCheck } from "../../postgres/ledger-run.ts";
import {
  buildBegin,
  buildBrokenKeysEnd,
  buildConstraintsCheck,
  buildDrops,
  buildLoadLines,
  buildLockAndLook,
  buildRestore,
  buildStructureLook,
  emptySearchPath,
  PartMaker,
  planLoads,
} from "../../postgres/load-parts.ts";
import { buildArtefactTruncation, type HistoryDecision } from "../../postgres/migration-history.ts";
import { buildPsqlCommand } from "../../postgres/psql.ts";
import { buildLooks } from "../../postgres/rollback-contents.ts";
import { buildEmptying, buildExclusiveLock } from "../../postgres/rollback-parts.ts";
import { structureQuestions } from "../../postgres/structure.ts";
import type { TablePlan } from "../../postgres/table-plan.ts";
import {
  buildSilence,
  buildUnsilence,
  listUserTriggers,
  type Trigger,
} from "../../postgres/triggers.ts";
import { applicationName, withBoth } from "./databases.ts";
import { dumpFiles } from "./dump-files.ts";
import { buildTransactionLook, type ImportEntry } from "./import-evidence.ts";
import { countLoads } from "./loaded-rows.ts";
import { listMovedTargets, listMovingKeys } from "./moving-keys.ts";
import { targetUrl } from "./params.ts";
import { programsOf } from "./chosen-programs.ts";
import { remembered } from "./remembered.ts";
import { readReplacement, type Replacement } from "./rollback-look.ts";
import { runEntryPlace } from "./run-entry.ts";
import { readScope } from "./scope.ts";

/** Everything that an import sends, apart from in how many transactions. */
export interface ImportFacts {
  readonly run: string;
  readonly environment: string;
  readonly file: string;
  readonly manifest: Pick<DumpManifest, "sha256" | "rows"> & {
    readonly sections: readonly DumpSection[];
  };
  readonly plan: TablePlan;
  readonly history: HistoryDecision;
  /** Keys that this import drops and restores; empty when drop-foreign-keys has dropped them. */
  readonly keys: readonly ForeignKey[];
  readonly droppedBefore: number;
  readonly triggers: readonly Trigger[];
  /** Rows of v2 that give way; left out: v2's tables are empty. */
  readonly replacement?: Replacement;
}

const historyTitle = ({ history }: ImportFacts): string =>
  history.artefacts.length === 0
    ? `Step 0/4: Keep v2's migration history (${history.why})`
    : `Step 0/4: Safety truncate ${history.artefacts.flatMap(({ tables }) => tables.map(({ name }) => name)).join(", ")} (${history.why})`;

const dropTitle = ({ keys, droppedBefore }: ImportFacts): string =>
  droppedBefore === 0
    ? `Step 1/4: Drop FK constraints (${keys.length})`
    : `Step 1/4: Drop FK constraints (${droppedBefore} were dropped by drop-foreign-keys before)`;

const restoreTitle = ({ keys, droppedBefore }: ImportFacts): string =>
  droppedBefore === 0
    ? `Step 3/4: Restore FK constraints (${keys.length})`
    : "Step 3/4: Restore FK constraints (left to restore-foreign-keys)";

/** Nobody writes from here on; what gives way is what the rollback point holds, or there is nothing. */
const buildFirstLook = ({ plan, replacement }: ImportFacts): string[] =>
  replacement === undefined
    ? buildLockAndLook(plan.moved)
    : [...buildExclusiveLock(replacement.locked), ...buildLooks(replacement.looks)];

function buildOpening(maker: PartMaker, facts: ImportFacts): Part[] {
  return [
    maker.make([
      ...buildBegin(),
      buildTransactionLook(),
      ...buildFirstLook(facts),
      ...buildStructureLook(structureQuestions),
    ]),
    maker.make(buildArtefactTruncation(facts.history.artefacts), historyTitle(facts)),
    maker.make(
      [
        ...buildSilence(facts.triggers),
        ...buildDrops(facts.keys),
        ...buildEmptying(facts.replacement?.emptied ?? []),
        "set local lock_timeout = 0;",
      ],
      dropTitle(facts),
    ),
  ];
}

function buildLoading(maker: PartMaker, facts: ImportFacts): Part[] {
  const loads = planLoads(facts.plan.moved, facts.manifest.sections);
  return [
    maker.make([], "Step 2/4: Import v1 data"),
    ...loads.map((load) => maker.make(buildLoadLines(load, facts.file))),
    maker.make(buildConstraintsCheck()),
  ];
}

/** The import as it goes into the ledger. */
export const toImportEntry = (facts: ImportFacts): ImportEntry => ({
  run: facts.run,
  environment: facts.environment,
  dumpSha256: facts.manifest.sha256,
  tableCount: facts.plan.moved.length,
  rowCount: String(facts.manifest.rows),
  tables: countLoads(facts.plan.moved, facts.manifest.sections),
  replaced: (facts.replacement?.emptied ?? []).length > 0,
});

function buildClosing(maker: PartMaker, facts: ImportFacts): Part[] {
  return [
    maker.make(buildUnsilence(facts.triggers), restoreTitle(facts)),
    ...facts.keys.map((key) => maker.make([emptySearchPath, ...buildRestore(key)])),
    maker.make([...buildBrokenKeysEnd(), ...buildStructureLook(structureQuestions)]),
    maker.make([
      buildLedger(),
      buildImportEntry(toImportEntry(facts)),
      runEntryPlace,
      buildRunCheck({ run: facts.run, phase: "loaded" }),
    ]),
    maker.make(["commit;"]),
  ];
}

/** The import as one transaction; COMMIT is a part of its own and goes last. */
export function buildImportParts(facts: ImportFacts): Part[] {
  const maker = new PartMaker();
  return [
    ...buildOpening(maker, facts),
    ...buildLoading(maker, facts),
    ...buildClosing(maker, facts),
  ];
}

/** For a dry run before there is a dump: the tables that it will hold. */
function expectSections(plan: TablePlan): DumpSection[] {
  return plan.moved.flatMap((table) =>
    table.leaves.map(({ source }) => ({
      table: source,
      columns: table.source.columns
        .filter(({ generated }) => generated === "")
        .map(({ name }) => name),
      start: 0,
      end: 0,
      rows: 0,
      line: 0,
    })),
  );
}

async function readFacts(
  context: StepContext,
  source: Database,
  target: Database,
): Promise<ImportFacts> {
  const scope = await readScope(context, source, target);
  const { plan, history, targetCatalogue } = scope;
  const ledger = await readLedger(target);
  const replacement = await readReplacement(context, target, scope);
  const moved = listMovedTargets(plan, targetCatalogue);
  const files = dumpFiles(context);
  const manifest = existsSync(files.manifest)
    ? readManifest(files.manifest)
    : { sha256: "", rows: 0, sections: expectSections(plan) };
  const triggers = await listUserTriggers(target);
  return {
    run: context.runId,
    environment: context.environment,
    file: files.dump,
    manifest,
    plan,
    history,
    keys: [
      ...(ledger.unrestored.length > 0 ? [] : listMovingKeys(await listForeignKeys(target), moved)),
      ...(replacement?.keys ?? []),
    ],
    droppedBefore: ledger.unrestored.length,
    triggers: triggers.filter(({ schema, table }) => moved.has(nameKey({ schema, name: table }))),
    ...(replacement === undefined ? {} : { replacement }),
  };
}

/** One psql conversation. */
export async function planImport(context: StepContext): Promise<readonly Command[]> {
  const facts = await withBoth(context, (source, target) => readFacts(context, source, target));
  const { psql: program } = await programsOf(context);
  // what is sent, to the row: the journal has it before
  context.remember(remembered.importEntry, toImportEntry(facts));
  const options = {
    program,
    title: "import",
    applicationName: applicationName(context),
    readOnly: false,
  };
  return [buildPsqlCommand(context.setting(targetUrl), options, buildImportParts(facts))];
}
