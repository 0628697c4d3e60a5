import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { Command } from "../../engine/command.ts";
import { every } from "../../engine/every.ts";
import { failed, Failure, refused, type Problem } from "../../engine/failure.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { countOf, sizeOf } from "../../engine/wording.ts";
import { buildExportCommand } from "../../cloudflare/d1-commands.ts";
import type { D1Database } from "../../cloudflare/d1-database.ts";
import { readDump } from "../../cloudflare/d1-dump.ts";
import { listRows, readFingerprint, type Fingerprint } from "../../cloudflare/fingerprint.ts";
import { findWrangler } from "../../cloudflare/wrangler.ts";
import { sourceAddress } from "./addresses.ts";
import { buildSchemaText, readObjects } from "./contents.ts";
import { withSource, withTarget } from "./databases.ts";
import {
  hashFile,
  readDumpManifest,
  writeDumpManifest,
  type DumpManifest,
} from "./dump-manifest.ts";
import { remembered } from "./remembered.ts";
import { listChanges } from "./source-fingerprint.ts";
import { dumpFile, dumpManifestFile, runFile, v2SchemaFile } from "./run-files.ts";

/** Says how far the file has grown while it is written. */
function watchGrowth(context: StepContext, file: string): () => void {
  const look = (): void => {
    // D1's export writes beside it and gives it its name at the end
    const bytes = existsSync(`${file}.part`) ? statSync(`${file}.part`).size : 0;
    context.screen.progress(
      bytes === 0 ? "exporting v1" : `exporting v1: ${sizeOf(bytes)} written`,
      { bytes },
    );
  };
  look();
  return every(500, look);
}

/** A download that ended early leaves a file that cannot be read to its end, and wrangler says that all is well. */
async function countWhole(context: StepContext, file: string): Promise<Map<string, number>> {
  try {
    return await countDump(context, file);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    const todo = `Export again: ${context.commandLine("resume")}`;
    const problems = error.problems.map((problem) => ({ ...problem, todo }));
    throw failed(`${error.message}; v2 was not touched`, problems, { cause: error });
  }
}

/** Rows of each table in the dump; the tables of v1 that have no rows too. */
async function countDump(context: StepContext, file: string): Promise<Map<string, number>> {
  const rows = new Map<string, number>();
  for await (const item of readDump(file)) {
    context.signal.throwIfAborted();
    if (item.kind === "table") rows.set(item.name, rows.get(item.name) ?? 0);
    if (item.kind === "rows") rows.set(item.table, (rows.get(item.table) ?? 0) + item.rows.length);
  }
  return rows;
}

/** A dump with other rows than v1 had was cut, or v1 was written to. */
function verifyRows(counted: ReadonlyMap<string, number>, fingerprint: Fingerprint): void {
  const problems: Problem[] = [];
  for (const [table, rows] of listRows(fingerprint)) {
    const inDump = counted.get(table);
    if (inDump !== rows)
      problems.push({
        what: `${table}: ${countOf(rows, "row")} in v1, ${inDump === undefined ? "not in the dump" : countOf(inDump, "row")}`,
        where: `table ${table}`,
        todo: "Export again.",
      });
  }
  if (problems.length > 0) throw failed("the dump does not hold what v1 holds", problems);
}

function verifyUnchanged(before: Fingerprint, after: Fingerprint, dump: string): void {
  const problems = listChanges(before, after);
  if (problems.length === 0) return;
  rmSync(dump, { force: true });
  throw refused("v1 was written to during the export: the dump holds no one state of it", [
    ...problems,
    {
      what: "the dump was removed",
      todo: "Stop the writes to v1, or choose a quiet hour; then export again.",
    },
  ]);
}

/** v2's own schema has the say in everything that follows; it is read once, with the export. */
async function keepSchema(context: StepContext): Promise<void> {
  const text = buildSchemaText(await readObjects(withTarget(context)));
  if (text === "")
    throw refused("v2 has no tables", [
      { what: "v2 has no tables", todo: "Apply v2's migrations: wrangler d1 migrations apply." },
    ]);
  writeFileSync(runFile(context, v2SchemaFile), text, { mode: 0o600 });
}

async function exportOnce(context: StepContext, source: D1Database, file: string): Promise<void> {
  const stop = watchGrowth(context, file);
  try {
    await source.exportTo(file);
  } finally {
    stop();
  }
}

async function run(context: StepContext): Promise<void> {
  const { screen } = context;
  const file = runFile(context, dumpFile);
  // an old manifest must not vouch for a new file
  for (const name of [file, runFile(context, dumpManifestFile)]) rmSync(name, { force: true });
  const source = withSource(context);
  screen.line(`  Source: ${source.name} (${source.place}), read only`);
  screen.line(`  Output file: ${relative(context.projectFolder, file)}`);
  screen.progress("taking the fingerprint of v1");
  const [before] = await Promise.all([readFingerprint(source), keepSchema(context)]);
  const startedAt = new Date().toISOString();
  await exportOnce(context, source, file);
  screen.progress("taking the fingerprint of v1 again, and counting the dump");
  const [after, rows, sha256] = await Promise.all([
    readFingerprint(source),
    countWhole(context, file),
    hashFile(file, context.signal),
  ]);
  verifyUnchanged(before, after, file);
  verifyRows(rows, after);
  context.remember(remembered.sourceFingerprint, after);
  const manifest = describeDump(context, { startedAt, rows, sha256, bytes: statSync(file).size });
  writeDumpManifest(runFile(context, dumpManifestFile), manifest);
  screen.settle();
  const total = [...rows.values()].reduce((sum, count) => sum + count, 0);
  screen.good(
    `v1 exported: ${countOf(total, "row")} of ${countOf(rows.size, "table")}, ${sizeOf(manifest.bytes)}; v1 was not written to meanwhile`,
  );
}

function describeDump(
  context: StepContext,
  facts: Pick<DumpManifest, "startedAt" | "sha256" | "bytes"> & {
    readonly rows: ReadonlyMap<string, number>;
  },
): DumpManifest {
  const { name, id, place } = sourceAddress(context);
  return {
    format: 1,
    runbook: context.runbook,
    environment: context.environment,
    run: context.runId,
    source: { name, id, place },
    wrangler: findWrangler(context.projectFolder).version,
    finishedAt: new Date().toISOString(),
    file: dumpFile,
    ...facts,
    rows: Object.fromEntries(facts.rows),
  };
}

/** v1 as a file, complete and of one moment, or it is made again. */
export const exportV1: Step = {
  name: "export",
  does: "Exports v1 with wrangler d1 export, keeps v2's schema beside it, and proves by a fingerprint that v1 did not change meanwhile.",
  changes: "files",
  // v1 answers nobody while it is exported
  disturbsOthers: true,
  interrupted: "run-again",
  plan: async (context): Promise<readonly Command[]> => [
    buildExportCommand(
      {
        wrangler: findWrangler(context.projectFolder),
        address: sourceAddress(context),
        folder: context.runFolder,
      },
      runFile(context, dumpFile),
    ),
  ],
  run,
  verify: async (context) => {
    const file = runFile(context, dumpFile);
    const manifest = readDumpManifest(runFile(context, dumpManifestFile));
    const sha256 = existsSync(file) ? await hashFile(file, context.signal) : "missing";
    if (sha256 !== manifest.sha256 || !existsSync(runFile(context, v2SchemaFile)))
      throw failed("the dump and its manifest do not belong together", [
        {
          what: "the dump's sha256 is not the manifest's: it was changed, cut, or taken away",
          where: file,
          todo: `Export again: ${context.commandLine("step", "export")}`,
        },
      ]);
  },
};
