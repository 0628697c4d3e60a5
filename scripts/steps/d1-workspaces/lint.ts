import { rmSync, statSync } from "node:fs";
import { failed, refused, type Problem } from "../../engine/failure.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { sizeOf } from "../../engine/wording.ts";
import { lintDump, type LintReport } from "../../cloudflare/lint-dump.ts";
import { withSource } from "./databases.ts";
import { hashFile, readDumpManifest } from "./dump-manifest.ts";
import { readLintedRows, writeLintFile } from "./lint-file.ts";
import { buildLintSections } from "./lint-sections.ts";
import { mendDump } from "./reread-mend.ts";
import { dumpFile, dumpManifestFile, lintFile, mendedFile, runFile } from "./run-files.ts";

async function readReport(context: StepContext, file: string): Promise<LintReport> {
  const { size } = statSync(file);
  const onBytes = (bytes: number): void =>
    context.screen.progress(`reading the dump: ${sizeOf(bytes)} of ${sizeOf(size)}`);
  return await lintDump(file, { signal: context.signal, onBytes });
}

/** Export compared the dump with v1, row for row: a file that was cut since may look whole all the same. */
async function verifyExported(context: StepContext, file: string): Promise<void> {
  const { sha256 } = readDumpManifest(runFile(context, dumpManifestFile));
  if ((await hashFile(file, context.signal)) === sha256) return;
  throw refused(`${dumpFile} is not the file that was exported`, [
    {
      what: "its sha256 is not the manifest's: it was changed or cut since",
      where: file,
      todo: `Export again: ${context.commandLine("step", "export")}`,
    },
  ]);
}

/** A refusal leaves no mended file behind: nobody shall take it for one. */
function refuseOrKeep(output: string, refuse: () => void): void {
  try {
    refuse();
  } catch (error) {
    rmSync(output, { force: true });
    throw error;
  }
}

async function run(context: StepContext): Promise<void> {
  const { screen, signal } = context;
  const dump = runFile(context, dumpFile);
  const output = runFile(context, mendedFile);
  screen.heading("Lint: what the export lost, and what the import would trip over");
  screen.line();
  await verifyExported(context, dump);
  const report = await readReport(context, dump);
  screen.progress("mending the dump");
  const open = () => withSource(context);
  const mended = await mendDump({ dump, output, report, open, signal });
  writeLintFile(runFile(context, lintFile), report, mended);
  screen.settle();
  const sections = buildLintSections(report, mended);
  refuseOrKeep(output, () => context.refuseOnProblems("lint", sections));
  context.remember("lint", { counts: report.counts });
}

function compareRows(
  expected: ReadonlyMap<string, number>,
  { tables, counts }: LintReport,
): Problem[] {
  const found = new Map(tables.map((table) => [table.name, table.rows]));
  const names = new Set([...expected.keys(), ...found.keys()]);
  const different = [...names].filter((name) => expected.get(name) !== found.get(name));
  const doubtful = counts.filter(({ kind }) => kind === "folded-json" || kind === "folded-text");
  return [
    ...different.map((name) => ({
      what: `${name}: ${expected.get(name) ?? "no"} rows in the dump, ${found.get(name) ?? "none"} in the mended one`,
      where: mendedFile,
    })),
    ...doubtful.map(({ table, count }) => ({
      what: `${table}: ${count} texts are still folded`,
      where: mendedFile,
    })),
  ];
}

async function verify(context: StepContext): Promise<void> {
  const expected = readLintedRows(runFile(context, lintFile));
  const report = await readReport(context, runFile(context, mendedFile));
  context.screen.settle();
  const problems = compareRows(expected, report);
  if (problems.length > 0) throw failed("the mended dump is not what lint wrote", problems);
}

/** The dump is only trusted after this step; nothing that follows reads the dump itself. */
export const lint: Step = {
  name: "lint",
  does: "Reads the dump for everything that the export lost, mends JSON exactly, reads the other rows again from v1, and refuses what nobody can mend.",
  changes: "files",
  interrupted: "run-again",
  run,
  verify,
};
