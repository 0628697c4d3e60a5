import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { failed, refused } from "../../engine/failure.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { countOf, sizeOf } from "../../engine/wording.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { writeImportFiles } from "../../cloudflare/import-file.ts";
import { verifyImportFiles } from "../../cloudflare/import-manifest.ts";
import { Scratch } from "../../cloudflare/scratch.ts";
import { listImportTables } from "../../cloudflare/scratch-table.ts";
import { readDecisionsFile, type DecisionsFile } from "./decisions-file.ts";
import { proposeDecisions } from "./decisions-proposal.ts";
import { hashFile } from "./dump-manifest.ts";
import { importFolder, mendedFile, runFile, scratchFile, v2SchemaFile } from "./run-files.ts";
import { transformDump, type Transformed } from "./transform-dump.ts";
import { buildSections } from "./transform-sections.ts";

const hashText = (text: string): string => createHash("sha256").update(text).digest("hex");

function verifyInputs(context: StepContext): void {
  const missing = [
    { name: mendedFile, step: "lint" },
    { name: v2SchemaFile, step: "export" },
  ].filter(({ name }) => !existsSync(runFile(context, name)));
  if (missing.length === 0) return;
  throw refused(
    "there is nothing to transform",
    missing.map(({ name, step }) => ({
      what: `${name} is not in the run's folder`,
      where: runFile(context, name),
      todo: `Run the step before: ${context.commandLine("step", step)}`,
    })),
  );
}

/** What an earlier attempt left is worth nothing: the import's manifest goes first, so that nobody takes it for whole. */
function removeOld(context: StepContext): void {
  rmSync(runFile(context, `${importFolder}/manifest.json`), { force: true });
  for (const name of [scratchFile, `${scratchFile}.part`])
    rmSync(runFile(context, name), { force: true });
}

async function fillScratch(
  context: StepContext,
  v2Schema: string,
  { decisions }: DecisionsFile,
): Promise<Transformed> {
  let shown = 0;
  return transformDump({
    dump: runFile(context, mendedFile),
    v2Schema,
    decisions,
    scratchFile: runFile(context, `${scratchFile}.part`),
    signal: context.signal,
    onRows: (rows) => {
      if (rows - shown < 10_000) return;
      shown = rows;
      context.screen.progress(`loading v1: ${countOf(rows, "row")}`, { rows });
    },
  });
}

async function writeFiles(
  context: StepContext,
  source: Readonly<Record<string, string>>,
): Promise<void> {
  const scratch = Scratch.open(runFile(context, scratchFile), { readOnly: true });
  let shown = 0;
  try {
    const manifest = await writeImportFiles({
      scratch,
      tables: listImportTables(scratch),
      folder: runFile(context, importFolder),
      source,
      signal: context.signal,
      onProgress: ({ table, rows, bytes }) => {
        if (rows - shown < 10_000) return;
        shown = rows;
        context.screen.progress(`writing ${table}: ${countOf(rows, "row")}, ${sizeOf(bytes)}`, {
          rows,
          bytes,
        });
      },
    });
    const bytes = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
    context.screen.good(`${countOf(manifest.parts.length, "import file")}, ${sizeOf(bytes)}`);
  } finally {
    scratch.close();
  }
}

/** On the disk before it gets its name: a file of that name is whole. */
function keepFile(partial: string, file: string): void {
  const handle = openSync(partial, "r+");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(partial, file);
}

async function run(context: StepContext): Promise<void> {
  verifyInputs(context);
  const file = readDecisionsFile(context);
  const v2Schema = readFileSync(runFile(context, v2SchemaFile), "utf8");
  removeOld(context);
  const transformed = await fillScratch(context, v2Schema, file);
  const partial = runFile(context, `${scratchFile}.part`);
  if (transformed.problems.length > 0) rmSync(partial, { force: true });
  else chmodSync(partial, 0o600);
  const sections = proposeDecisions(context, buildSections(transformed, file.name), file);
  context.refuseOnProblems("v1 does not fit into v2 as it is", sections);
  keepFile(partial, runFile(context, scratchFile));
  await writeFiles(context, {
    mendedDump: await hashFile(runFile(context, mendedFile), context.signal),
    v2Schema: hashText(v2Schema),
    decisions: hashText(file.text),
  });
}

/** The import files are whole, and say of each table as many rows as the scratch file holds. */
async function verify(context: StepContext): Promise<void> {
  const scratchPath = runFile(context, scratchFile);
  if (!existsSync(scratchPath)) throw failed("the scratch file is not there");
  const manifest = await verifyImportFiles(runFile(context, importFolder));
  const scratch = Scratch.open(scratchPath, { readOnly: true });
  try {
    const problems = listImportTables(scratch).flatMap(({ shape, table }) => {
      const rows = scratch.count(`SELECT count(*) FROM ${quoteIdentifier(table)}`);
      const written = manifest.tables[shape.name] ?? 0;
      return rows === written
        ? []
        : [
            {
              what: `${shape.name}: ${countOf(rows, "row")} in the scratch file, ${countOf(written, "row")} in the import files`,
              todo: "Run transform again.",
            },
          ];
    });
    if (problems.length > 0) throw failed("the import files do not hold all rows", problems);
  } finally {
    scratch.close();
  }
}

export const transform: Step = {
  name: "transform",
  does: "Makes v2's rows of v1's dump, with a Default workspace and base for each user who has none, and writes the import files.",
  changes: "files",
  interrupted: "run-again",
  check: async (context) => void readDecisionsFile(context),
  run,
  verify,
};
