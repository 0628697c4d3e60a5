import { join } from "node:path";
import type { Command } from "../../engine/command.ts";
import { failed, refused, type Problem } from "../../engine/failure.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { countOf, sizeOf } from "../../engine/wording.ts";
import { buildFileCommand } from "../../cloudflare/d1-commands.ts";
import type { D1Database } from "../../cloudflare/d1-database.ts";
import { readLedger } from "../../cloudflare/import-ledger.ts";
import { verifyImportFiles, type ImportManifest } from "../../cloudflare/import-manifest.ts";
import { findWrangler } from "../../cloudflare/wrangler.ts";
import { targetAddress } from "./addresses.ts";
import { readContents, type Contents } from "./contents.ts";
import { withTarget } from "./databases.ts";
import { beginImport } from "./import-begin.ts";
import { findPartState, sendPart, titlePart, type Sending } from "./import-part.ts";
import { takeBackImport } from "./import-undo.ts";
import {
  describeLedger,
  isOfManifest,
  isOurs,
  readMarkersAndCounts,
  type Ledger,
} from "./ledger-state.ts";
import { importFolder, runFile } from "./run-files.ts";

/** The import files of this run, seen to be those that were written. @throws Failure (exit 3) when they are not */
const readManifest = (context: StepContext): Promise<ImportManifest> =>
  verifyImportFiles(runFile(context, importFolder));

/** @throws Failure (exit 3) when the ledger in v2 is not of this run and these files */
function verifyLedger(context: StepContext, ledger: Ledger, manifest: ImportManifest): void {
  if (!isOurs(context, ledger))
    throw refused(`v2 belongs to the import of another run: ${describeLedger(ledger)}`, [
      {
        what: `the ledger in v2 names run ${ledger.run}`,
        todo: `Go on with that run where it was begun (npx movebook resume), or take it back there (npx movebook undo).`,
      },
    ]);
  if (isOfManifest(ledger, manifest)) return;
  throw refused("v2 holds parts of other import files than those of this run", [
    {
      what: "the files were made anew after the import had begun",
      todo: `Take the import back: ${context.commandLine("undo")}`,
    },
  ]);
}

/** @throws Failure (exit 3) with every table that holds rows: they could not be told from those of the move */
function verifyEmpty({ rows }: Contents): void {
  const problems: Problem[] = [...rows]
    .filter(([, count]) => count > 0)
    .map(([table, count]) => ({
      what: `${table} holds ${countOf(count, "row")}`,
      where: `table ${table} of v2`,
      todo: "Empty it, or take another database as v2.",
    }));
  if (problems.length > 0) throw refused("v2 is not empty; nothing was changed", problems);
}

/**
 * What v2 holds, seen to be of this import, or empty.
 * @throws Failure (exit 3) when it is neither
 */
async function verifyTarget(
  context: StepContext,
  database: D1Database,
  manifest: ImportManifest,
): Promise<{ readonly isBegun: boolean; readonly contents: Contents }> {
  const [ledger, contents] = await Promise.all([readLedger(database), readContents(database)]);
  const isBegun = ledger.kind === "claimed";
  if (isBegun) verifyLedger(context, ledger, manifest);
  else verifyEmpty(contents);
  return { isBegun, contents };
}

type Found = Awaited<ReturnType<typeof verifyTarget>>;

/** What `check` has seen a moment ago: the claim decides what happened since. */
const found = new WeakMap<StepContext, Found>();

async function check(context: StepContext): Promise<void> {
  const manifest = await readManifest(context);
  found.set(context, await verifyTarget(context, withTarget(context), manifest));
}

async function plan(context: StepContext): Promise<readonly Command[]> {
  const manifest = await readManifest(context);
  const address = targetAddress(context);
  const call = {
    wrangler: findWrangler(context.projectFolder),
    address,
    folder: context.runFolder,
  };
  return manifest.parts.map(({ file }, index) =>
    buildFileCommand(
      call,
      runFile(context, join(importFolder, file)),
      `Import ${titlePart(manifest, index)}`,
    ),
  );
}

/** Sums of what went in, for the progress line. */
function tellProgress({ context, manifest }: Sending, done: number): void {
  const all = manifest.parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const sent = manifest.parts.slice(0, done).reduce((sum, { bytes }) => sum + bytes, 0);
  const next = done < manifest.parts.length ? `; sending ${titlePart(manifest, done)}` : "";
  context.screen.progress(
    `${done} of ${countOf(manifest.parts.length, "part")} in v2, ${sizeOf(sent)} of ${sizeOf(all)}${next}`,
    { parts: done, allParts: manifest.parts.length, bytes: sent, allBytes: all },
  );
}

/**
 * Sends what is not in yet.
 * @param isBegun an earlier call may have sent the first one that is missing
 * @returns how many parts were in before
 */
async function sendAll(
  sending: Sending,
  markers: ReadonlyMap<number, string>,
  isBegun: boolean,
): Promise<number> {
  const { context, manifest } = sending;
  let known = 0;
  let isFirst = isBegun;
  for (const [index, part] of manifest.parts.entries()) {
    tellProgress(sending, index);
    if (markers.get(part.part) === part.marker) {
      known += 1;
      continue;
    }
    // where a killed run was, only v2 knows
    const isIn = isFirst && (await findPartState(sending, index)) === "in";
    isFirst = false;
    if (isIn) {
      known += 1;
      continue;
    }
    for (const note of await sendPart(sending, index)) {
      context.screen.settle();
      context.screen.warning(note);
    }
  }
  return known;
}

async function run(context: StepContext): Promise<void> {
  const { screen } = context;
  const database = withTarget(context);
  const manifest = await readManifest(context);
  const rows = Object.values(manifest.tables).reduce((sum, count) => sum + count, 0);
  screen.line(`  Target: ${database.name} (${database.place})`);
  screen.line(
    `  Input: ${countOf(manifest.parts.length, "part")}, ${countOf(rows, "row")} of ${countOf(Object.keys(manifest.tables).length, "table")}`,
  );
  const { isBegun, contents } =
    found.get(context) ?? (await verifyTarget(context, database, manifest));
  if (!isBegun) await beginImport(context, database, manifest, contents.rows);
  const { markers } = await readMarkersAndCounts(database, []);
  const known = await sendAll({ context, database, manifest }, markers, isBegun);
  screen.settle();
  if (known > 0)
    screen.line(`  ${countOf(known, "part")} were in v2 before, and were not sent again`);
  screen.good(`${countOf(rows, "row")} are in v2, counted there`);
}

/** @throws Failure unless all markers and all rows are there */
async function verify(context: StepContext): Promise<void> {
  const manifest = await readManifest(context);
  const tables = Object.keys(manifest.tables);
  const { markers, counts } = await readMarkersAndCounts(withTarget(context), tables);
  const missing = manifest.parts.filter(({ part, marker }) => markers.get(part) !== marker);
  const differing = tables.filter((table) => counts.get(table) !== manifest.tables[table]);
  if (missing.length === 0 && differing.length === 0) return;
  throw failed("the import is not complete", [
    ...missing.map((part) => ({ what: `${part.file}: its marker is not in v2` })),
    ...differing.map((table) => ({
      what: `${table}: ${counts.get(table) ?? 0} of ${countOf(manifest.tables[table] ?? 0, "row")}`,
      where: `table ${table} of v2`,
    })),
  ]);
}

/** The ledger goes in before the first row, and is the last that an undo removes. */
async function mayHaveEffect(context: StepContext): Promise<boolean> {
  const ledger = await readLedger(withTarget(context));
  return ledger.kind === "claimed" && isOurs(context, ledger);
}

/** The rows arrive part by part; each part that is in says so itself. */
export const importParts: Step = {
  name: "import",
  does: "Sends the import files to v2 part by part with wrangler d1 execute; each part counts only when it was read back.",
  changes: "target",
  interrupted: "run-again",
  check,
  plan,
  run,
  verify,
  mayHaveEffect,
  undo: takeBackImport,
};
