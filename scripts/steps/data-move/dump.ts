import { readdirSync, renameSync, rmSync, statSync, existsSync } from "node:fs";
import { join, relative } from "node:path";
import type { Command } from "../../engine/command.ts";
import { failed, refused } from "../../engine/failure.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { indexDump, type DumpIndex } from "../../postgres/dump-file.ts";
import { readManifest, writeManifest, type DumpManifest } from "../../postgres/dump-manifest.ts";
import { describeEndpoint } from "../../postgres/endpoint.ts";
import { displayName, nameKey } from "../../postgres/identifier.ts";
import { buildDumpCommand } from "../../postgres/pg-dump.ts";
import type { TablePlan } from "../../postgres/table-plan.ts";
import { applicationName, withBoth } from "./databases.ts";
import { explainDumpFailure } from "./dump-failure.ts";
import { dumpFiles, noteVerified, partialPrefix } from "./dump-files.ts";
import { removeOldDumps } from "./old-dumps.ts";
import { identityOf, sourceUrl } from "./params.ts";
import { programsOf } from "./chosen-programs.ts";
import { readScope } from "./scope.ts";
import { countOf, sizeOf } from "../../engine/wording.ts";

const leavesOf = (plan: TablePlan) =>
  plan.moved.flatMap((table) => table.leaves.map(({ source }) => source));

/** Tables that stay in v1, and columns: those are in the dump, and the import does not load them. */
const listLeftOut = (plan: TablePlan): DumpManifest["leftOut"] => [
  ...plan.leftOut.map(({ name, reason }) => ({ table: displayName(name), reason })),
  ...plan.moved.flatMap(({ name, skipped }) =>
    skipped.map((column) => ({
      table: displayName(name),
      column,
      reason: "not loaded by decision (V1_LEAVE_OUT)",
    })),
  ),
];

async function planDump(context: StepContext): Promise<readonly Command[]> {
  const { plan } = await withBoth(context, (source, target) => readScope(context, source, target));
  context.remember("left-out", listLeftOut(plan));
  if (plan.moved.length === 0) throw refused("there is no table to move");
  const { partial } = dumpFiles(context);
  const { pg_dump: program } = await programsOf(context);
  const tables = leavesOf(plan);
  return [
    buildDumpCommand(context.setting(sourceUrl), {
      program,
      applicationName: applicationName(context),
      file: partial,
      tables,
    }),
  ];
}

/** Says how far the file has grown while pg_dump writes it. */
function watchGrowth(context: StepContext, file: string): () => void {
  const look = (): void => {
    const bytes = existsSync(file) ? statSync(file).size : 0;
    context.screen.progress(`dumping: ${sizeOf(bytes)} written`, { bytes });
  };
  look();
  const timer = setInterval(look, 500);
  return () => clearInterval(timer);
}

async function runPgDump(context: StepContext, command: Command, partial: string): Promise<void> {
  const stop = watchGrowth(context, partial);
  try {
    await context.execute(command);
  } catch (error) {
    rmSync(partial, { force: true });
    throw await explainDumpFailure(context, error, partial);
  } finally {
    stop();
  }
}

function verifyAllTables(command: Command, index: DumpIndex, partial: string): void {
  const found = new Set(index.sections.map(({ table }) => `--table=${nameKey(table)}`));
  const missing = command.args.filter((arg) => arg.startsWith("--table=") && !found.has(arg));
  if (missing.length === 0) return;
  throw failed(`the dump lacks ${countOf(missing.length, "table")}`, [
    {
      what: `not in the dump: ${missing.map((arg) => arg.slice("--table=".length)).join(", ")}`,
      where: partial,
    },
  ]);
}

function makeManifest(
  context: StepContext,
  index: DumpIndex,
  startedAt: string,
  program: string,
): DumpManifest {
  return {
    v: 1,
    runbook: context.runbook,
    environment: context.environment,
    run: context.runId,
    source: identityOf(context.setting(sourceUrl)),
    tools: { pg_dump: program },
    startedAt,
    finishedAt: new Date().toISOString(),
    file: "v1_data.sql",
    bytes: index.bytes,
    sha256: index.sha256,
    rows: index.sections.reduce((sum, { rows }) => sum + rows, 0),
    sections: index.sections.map(({ columns, ...section }) => ({
      ...section,
      columns: [...columns],
    })),
    leftOut: (context.recall("left-out") as DumpManifest["leftOut"] | undefined) ?? [],
  };
}

async function runDump(context: StepContext, [command]: readonly Command[]): Promise<void> {
  if (command === undefined) throw new Error("the dump has no command");
  const { screen } = context;
  const files = dumpFiles(context);
  screen.line(`  Source: ${describeEndpoint(context.setting(sourceUrl))} (read-only)`);
  screen.line(`  Output file: ${relative(context.projectFolder, files.dump)}`);
  screen.line("Starting pg_dump (data-only)...");
  const startedAt = new Date().toISOString();
  for (const name of readdirSync(context.runFolder).filter((each) =>
    each.startsWith(partialPrefix),
  ))
    rmSync(join(context.runFolder, name));
  // an old manifest must not vouch for a new file
  rmSync(files.manifest, { force: true });
  await runPgDump(context, command, files.partial);
  screen.progress("verifying that the dump is complete");
  const index = await indexDump(files.partial, context.signal);
  verifyAllTables(command, index, files.partial);
  renameSync(files.partial, files.dump);
  const manifest = makeManifest(context, index, startedAt, command.program);
  writeManifest(files.manifest, manifest);
  noteVerified(files.dump);
  screen.settle();
  removeOldDumps(context);
  for (const { table, column, reason } of manifest.leftOut)
    screen.line(`  · left out: ${table}${column === undefined ? "" : `.${column}`} (${reason})`);
  screen.good(
    `pg_dump completed successfully: ${countOf(manifest.rows, "row")} of ${countOf(manifest.sections.length, "table")}, ${sizeOf(manifest.bytes)}`,
  );
}

/** The dump of v1, complete and of this environment, or it is made again. */
export const dump: Step = {
  name: "dump",
  does: "Dumps the rows of v1 with pg_dump into a plain SQL file, of one consistent snapshot.",
  changes: "files",
  interrupted: "run-again",
  plan: planDump,
  run: runDump,
  verify: async (context) => {
    const files = dumpFiles(context);
    const manifest = readManifest(files.manifest);
    const size = existsSync(files.dump) ? statSync(files.dump).size : -1;
    if (size !== manifest.bytes) {
      throw failed("the dump and its manifest do not belong together", [
        {
          what: `the manifest says ${manifest.bytes} bytes, the file has ${size}`,
          where: join(context.runFolder, manifest.file),
        },
      ]);
    }
  },
};
