import { rmSync } from "node:fs";
import { join } from "node:path";
import { refused } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { findTable, type Table } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import { listFilledTables } from "../../postgres/filled-tables.ts";
import { listForeignKeys } from "../../postgres/foreign-keys.ts";
import { nameKey } from "../../postgres/identifier.ts";
import type { Load } from "../../postgres/load-parts.ts";
import { buildPsqlCommand } from "../../postgres/psql.ts";
import { cleanScript } from "../../postgres/rollback-archive.ts";
import { buildKeptLook, buildLoadedLook, type Look } from "../../postgres/rollback-contents.ts";
import { listSequences, type SequenceSetting } from "../../postgres/sequences.ts";
import { listUserTriggers } from "../../postgres/triggers.ts";
import { programsOf } from "./chosen-programs.ts";
import { applicationName } from "./databases.ts";
import { ImportWatch } from "./import-watch.ts";
import { targetUrl } from "./params.ts";
import { listStrangers } from "./replace.ts";
import { findArchiveReader, readArchiveText, unpackRows } from "./rollback-archive-files.ts";
import { removePartialFiles } from "./rollback-files.ts";
import { buildTakingBack, type TakingBack } from "./rollback-plan.ts";
import { listMembers, planEmptying, type EmptyingPlan } from "./rollback-scope.ts";
import type { Before } from "./rollback-state.ts";
import { explainTakeBackFailure } from "./take-back-failure.ts";
import { countImported } from "./written-since.ts";
import { fillRunEntry, readRunEntry } from "./run-entry.ts";

/** That nobody writes between the look before and the lock. */
const listLooks = (before: Before, strangers: readonly Table[], isForced: boolean): Look[] => [
  ...(isForced
    ? []
    : before.moved.map((table) =>
        buildLoadedLook(table, countImported(before, table), before.extent?.transaction),
      )),
  ...strangers.map(({ schema, name, kind, columns }) =>
    buildKeptLook(
      { schema, name, kind, columns },
      { schema, name, kind, rows: 0, sums: ["0", "0"] },
    ),
  ),
];

/** Tables that do not move and must be emptied with the others are empty, or nothing is. @throws Failure (exit 3) */
async function verifyStrangers(target: Database, emptying: EmptyingPlan): Promise<void> {
  const filled = await listFilledTables(
    target,
    emptying.strangers.map(({ table }) => table),
  );
  if (filled.length === 0) return;
  const names = new Set(filled.map(({ table }) => nameKey(table)));
  const strangers = emptying.strangers.filter(({ table }) => names.has(nameKey(table)));
  throw refused("tables that do not move refer to what would be emptied", [
    ...listStrangers({ ...emptying, strangers }),
  ]);
}

/** The archive of a rollback point, opened: rows as a plain dump, schema as SQL. */
interface Opened {
  readonly file: string;
  readonly loads: readonly Load[];
  readonly made: TakingBack["made"];
  readonly sequences: readonly SequenceSetting[];
}

const nothingToBring: Opened = {
  file: "",
  loads: [],
  made: { before: "", after: "" },
  sequences: [],
};

async function openSchema(context: StepContext, reader: string, archive: string) {
  const read = async (part: "pre-data" | "post-data"): Promise<string> =>
    cleanScript(await readArchiveText(context, reader, archive, part));
  return { before: await read("pre-data"), after: await read("post-data") };
}

/** Tables of v1's migration history that postimport has dropped. */
const listGone = ({ point, catalogue }: Before) =>
  (point?.artefacts ?? []).filter((table) => findTable(catalogue, table) === undefined);

/** Sequences of the tables that are made again. */
async function listLostSequences(target: Database, { point }: Before): Promise<SequenceSetting[]> {
  const present = new Set((await listSequences(target)).map(nameKey));
  return (point?.sequences ?? [])
    .filter((sequence) => !present.has(nameKey(sequence)))
    .map(({ schema, name, last, called }) => ({
      schema,
      name,
      state: { last: BigInt(last), called },
    }));
}

async function openPoint(context: StepContext, target: Database, before: Before): Promise<Opened> {
  const { point } = before;
  if (point === undefined) return nothingToBring;
  const reader = await findArchiveReader(point, Math.floor(target.version / 10_000));
  removePartialFiles(context);
  context.screen.progress("reading the rollback point");
  const { file, index } = await unpackRows(
    context,
    reader,
    join(context.runFolder, point.rows.file),
  );
  const isDropped = listGone(before).length > 0;
  return {
    file,
    loads: index.sections
      .filter(({ rows }) => rows > 0)
      .map((section) => ({ section, into: section.table, columns: section.columns })),
    made:
      isDropped && point.schema !== undefined
        ? await openSchema(context, reader, join(context.runFolder, point.schema.file))
        : nothingToBring.made,
    sequences: isDropped ? await listLostSequences(target, before) : [],
  };
}

async function readFacts(
  context: StepContext,
  target: Database,
  before: Before,
  isForced: boolean,
): Promise<TakingBack> {
  const { catalogue, moved, point } = before;
  const emptying = planEmptying(moved, moved, await listForeignKeys(target), catalogue);
  await verifyStrangers(target, emptying);
  const artefacts = (point?.artefacts ?? []).flatMap((name) => findTable(catalogue, name) ?? []);
  const emptied = [...emptying.emptied, ...artefacts];
  const members = listMembers(emptied, catalogue);
  const triggers = await listUserTriggers(target);
  const strangers = emptying.strangers.map(({ table }) => table);
  return {
    run: context.runId,
    locked: emptied,
    looks: listLooks(before, [...strangers, ...(isForced ? [] : artefacts)], isForced),
    emptied,
    keys: emptying.dropped,
    triggers: triggers.filter(({ schema, table }) => members.has(nameKey({ schema, name: table }))),
    ...(await openPoint(context, target, before)),
  };
}

/**
 * Empties what the import filled and brings back what was there before, in one transaction.
 * @param isForced what was written since is lost too
 * @throws Failure (exit 3) when nothing was changed; (exit 1) when the server or the connection failed
 */
export async function takeBack(
  context: StepContext,
  target: Database,
  before: Before,
  isForced: boolean,
): Promise<void> {
  const facts = await readFacts(context, target, before, isForced);
  const { psql: program } = await programsOf(context);
  const options = {
    program,
    title: "take back",
    applicationName: applicationName(context),
    readOnly: false,
  };
  const command = buildPsqlCommand(context.setting(targetUrl), options, buildTakingBack(facts));
  const expected = facts.loads.map(({ section }) => section.rows);
  const watch = new ImportWatch(context.screen, command, expected);
  try {
    await context.execute(fillRunEntry(command, readRunEntry(context, "undoing")), watch);
    watch.endGroup();
  } catch (error) {
    throw await explainTakeBackFailure(context, error);
  } finally {
    context.screen.settle();
    if (facts.file !== "") rmSync(facts.file, { force: true });
  }
}
