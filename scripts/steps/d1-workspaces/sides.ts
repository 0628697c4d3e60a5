import { existsSync } from "node:fs";
import { refused } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import type { D1Database } from "../../cloudflare/d1-database.ts";
import type { DatabaseAddress } from "../../cloudflare/database-address.ts";
import { readImportManifest, type ImportManifest } from "../../cloudflare/import-manifest.ts";
import { holdLocal } from "../../cloudflare/local-sessions.ts";
import { Scratch } from "../../cloudflare/scratch.ts";
import type { ImportTable } from "../../cloudflare/import-table.ts";
import { listImportTables, listSourceTables } from "../../cloudflare/scratch-table.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";
import { sourceAddress, targetAddress } from "./addresses.ts";
import { readContents, type Contents } from "./contents.ts";
import { withSource, withTarget } from "./databases.ts";
import { shapesOf } from "./preflight-decisions.ts";
import { importFolder, runFile, scratchFile } from "./run-files.ts";
import { isOwnTable } from "./transform-workbench.ts";

/** Both databases as they are now, and the files of the run: what they should hold. */
export interface Sides {
  readonly context: StepContext;
  readonly source: D1Database;
  readonly target: D1Database;
  readonly sourceContents: Contents;
  readonly targetContents: Contents;
  /** v1's tables as the export brought them; the migration history is not among them. */
  readonly sourceTables: readonly ImportTable[];
  /** v2's tables with the rows that were made for them, parents first. */
  readonly tables: readonly ImportTable[];
  /** v2's tables as it describes them itself. */
  readonly targetShapes: readonly TableShape[];
  readonly scratch: Scratch;
  readonly manifest: ImportManifest;
}

/** Opens the scratch file once more: each reader has tables of its own in it. */
export const openScratch = (context: StepContext): Scratch =>
  Scratch.open(runFile(context, scratchFile), { readOnly: true });

function verifyFiles(context: StepContext): void {
  const missing = [scratchFile, `${importFolder}/manifest.json`].filter(
    (name) => !existsSync(runFile(context, name)),
  );
  if (missing.length === 0) return;
  throw refused("this run has nothing to compare with", [
    {
      what: `not in the run's folder: ${missing.join(", ")}`,
      where: context.runFolder,
      todo: `Transform first: ${context.commandLine("step", "transform")}`,
    },
  ]);
}

const hold = <T>(address: DatabaseAddress, work: () => Promise<T>): Promise<T> =>
  address.place === "local" ? holdLocal(address, work) : work();

/** Asks both databases what they are, opens the run's files, and closes them after `work`. */
export async function withSides<T>(
  context: StepContext,
  work: (sides: Sides) => Promise<T>,
): Promise<T> {
  verifyFiles(context);
  return hold(sourceAddress(context), () =>
    hold(targetAddress(context), () => askSides(context, work)),
  );
}

async function askSides<T>(context: StepContext, work: (sides: Sides) => Promise<T>): Promise<T> {
  const [source, target] = [withSource(context), withTarget(context)];
  context.screen.progress("asking both databases");
  const [sourceContents, targetContents] = await Promise.all([
    readContents(source),
    readContents(target),
  ]);
  const { shapes: targetShapes } = await shapesOf(targetContents, "v2's schema");
  const scratch = openScratch(context);
  try {
    return await work({
      context,
      source,
      target,
      sourceContents,
      targetContents,
      sourceTables: listSourceTables(scratch)
        .filter(({ shape }) => !isOwnTable(shape.name))
        .map(({ source: copy, ...rest }) => ({ ...rest, table: copy })),
      tables: listImportTables(scratch),
      targetShapes,
      scratch,
      manifest: readImportManifest(runFile(context, importFolder)),
    });
  } finally {
    scratch.close();
  }
}
