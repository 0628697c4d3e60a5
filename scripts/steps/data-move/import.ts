import { existsSync } from "node:fs";
import { relative } from "node:path";
import type { Command } from "../../engine/command.ts";
import { every } from "../../engine/every.ts";
import { exitCodes, Failure, failed, refused, type Problem } from "../../engine/failure.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import { hashFile } from "../../postgres/dump-file.ts";
import { readManifest, type DumpManifest } from "../../postgres/dump-manifest.ts";
import { describeEndpoint } from "../../postgres/endpoint.ts";
import type { Database } from "../../postgres/database.ts";
import { loadedPrefix } from "../../postgres/load-parts.ts";
import { keepBeforeState } from "./before-state.ts";
import { withBoth, withTarget } from "./databases.ts";
import { dumpFiles, isVerified } from "./dump-files.ts";
import { explainImportFailure } from "./import-failure.ts";
import { planImport } from "./import-plan.ts";
import { verifyTarget } from "./import-readiness.ts";
import { ImportWatch } from "./import-watch.ts";
import { identityOf, sourceUrl, targetUrl } from "./params.ts";
import { nameKeys } from "./key-names.ts";
import { verifyNoKeysLost } from "./lost-ledger.ts";
import { isImported, noteTransaction } from "./import-evidence.ts";
import { fillRunEntry, readOwnLedger, readRunEntry } from "./run-entry.ts";
import { haveSequencesMoved, restoreDrawn } from "./sequence-states.ts";
import { explainOutdated } from "./rollback-look.ts";
import { undoImport } from "./import-undo.ts";

/** Whose dump it is: of this environment, this run and this v1, or it is refused. */
function listManifestProblems(context: StepContext, manifest: DumpManifest): Problem[] {
  const problems: Problem[] = [];
  const expect = (what: string, is: string, should: string): void => {
    if (is !== should)
      problems.push({
        what: `the dump's ${what} is ${is}, not ${should}`,
        todo: "Dump again in this environment.",
      });
  };
  expect("environment", manifest.environment, context.environment);
  expect("run", manifest.run, context.runId);
  for (const [key, value] of Object.entries(identityOf(context.setting(sourceUrl)))) {
    expect(`v1 ${key}`, manifest.source[key] ?? "unknown", value);
  }
  return problems;
}

/** A run that was taken over from another machine has left its dump there. */
function explainMissing(context: StepContext): Failure {
  if (!context.isDone("dump")) {
    const next = `${context.commandLine("run")} --from dump`;
    const what = "there is no dump in this run";
    return new Failure({ exitCode: exitCodes.refused, what, next });
  }
  const again = context.commandLine("step", "dump");
  return refused("the dump of this run is not on this machine", [
    {
      what: "it was made on another machine, or taken away",
      where: dumpFiles(context).manifest,
      todo: `Dump again: ${again}; then go on: ${context.commandLine("resume")}`,
    },
  ]);
}

async function verifyDump(context: StepContext): Promise<void> {
  const files = dumpFiles(context);
  if (!existsSync(files.manifest)) {
    throw explainMissing(context);
  }
  const manifest = readManifest(files.manifest);
  const problems = listManifestProblems(context, manifest);
  if (problems.length > 0) throw refused("the dump is not one of this run", problems);
  if (existsSync(files.dump) && isVerified(files.dump)) return;
  context.screen.progress("checking the dump against its manifest");
  const hash = await hashFile(files.dump, context.signal).catch(() => "unreadable");
  context.screen.settle();
  if (hash !== manifest.sha256) {
    throw refused("the dump is not the file that its manifest describes", [
      {
        what: "its sha256 differs: it was changed, cut, or taken away",
        where: files.dump,
        todo: `Dump again: ${context.commandLine("step", "dump")}`,
      },
    ]);
  }
}

/** @throws Failure (exit 3) when the ledger is of another layout, or what an earlier drop took is not back */
async function verifyLedger(context: StepContext, target: Database): Promise<void> {
  const ledger = await readOwnLedger(context, target);
  await verifyNoKeysLost(context, target);
  const others = ledger.unrestored.filter((key) => key.run !== context.runId);
  if (others.length === 0) return;
  throw refused(`${countOf(others.length, "foreign key")} of v2 must be restored first`, [
    {
      what: `run ${others[0]?.run} dropped ${nameKeys(others)}; what v2's schema was before is not known to this run`,
      todo: `Put them back first: ${context.commandLine("step", "restore-foreign-keys")}`,
    },
  ]);
}

async function check(context: StepContext): Promise<void> {
  // the one waits for the servers, the other for the disk
  const [target, dump] = await Promise.allSettled([
    withBoth(context, async (source, into) => {
      await verifyLedger(context, into);
      await verifyTarget(context, source, into);
    }),
    verifyDump(context),
  ]);
  for (const result of [target, dump]) if (result.status === "rejected") throw result.reason;
}

/** Rows that each COPY of the command must take, in its order. */
function listExpectedRows(context: StepContext, command: Command): number[] {
  const manifest = readManifest(dumpFiles(context).manifest);
  const byStart = new Map(manifest.sections.map((section) => [section.start, section.rows]));
  return (command.parts ?? []).flatMap(({ input }) => {
    if (!input.some((one) => "text" in one && one.text.includes(loadedPrefix))) return [];
    return input.flatMap((one) => ("file" in one ? [byStart.get(one.start) ?? -1] : []));
  });
}

/** No rollback takes back what a COPY drew from a sequence. What cannot be put back now is put back by an undo. */
async function putDrawnBack(context: StepContext): Promise<void> {
  const calm = { ...context, signal: new AbortController().signal };
  await withTarget(calm, (target) => restoreDrawn(calm, target), { readOnly: false }).catch(
    () => undefined,
  );
}

async function send(context: StepContext, command: Command, watch: ImportWatch): Promise<void> {
  const redirects = {
    onPart: watch.onPart,
    onBytes: watch.onBytes,
    onLine: (line: string) => {
      noteTransaction(context, line);
      watch.onLine(line);
    },
  };
  await withTarget(context, async (observer) => {
    const stop = every(500, () => watch.poll(observer));
    try {
      await context.execute(command, redirects);
    } catch (error) {
      await putDrawnBack(context);
      throw explainOutdated(context, error) ?? (await explainImportFailure(context, error));
    } finally {
      stop();
    }
  });
}

async function run(context: StepContext, [command]: readonly Command[]): Promise<void> {
  if (command === undefined) throw new Error("the import has no command");
  const { screen } = context;
  screen.line(`  Target: ${describeEndpoint(context.setting(targetUrl))}`);
  screen.line(`  Input file: ${relative(context.projectFolder, dumpFiles(context).dump)}`);
  screen.line("  One transaction: whatever happens before COMMIT leaves v2 as it was.");
  const watch = new ImportWatch(screen, command, listExpectedRows(context, command));
  await keepBeforeState(context);
  await send(context, fillRunEntry(command, readRunEntry(context, "loaded")), watch);
  watch.endGroup();
  screen.line();
  screen.good("Import completed successfully");
}

const isThere = (context: StepContext): Promise<boolean> =>
  withTarget(context, (target) => isImported(context, target));

async function verify(context: StepContext): Promise<void> {
  if (!(await isThere(context)))
    throw failed("the ledger in v2 does not know of an import of this run");
}

/** The rows arrive in one transaction, or v2 stays as it was. */
export const importData: Step = {
  name: "import",
  does: "Loads the dump into v2 in one transaction: silences triggers, drops foreign keys, loads, puts all back, compares.",
  changes: "target",
  interrupted: "run-again",
  check,
  plan: planImport,
  run,
  verify,
  mayHaveEffect: async (context) =>
    (await isThere(context)) ||
    (await withTarget(context, (target) => haveSequencesMoved(context, target))),
  undo: undoImport,
};
