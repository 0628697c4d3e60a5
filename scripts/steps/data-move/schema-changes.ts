import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failed } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import type { Database } from "../../postgres/database.ts";
import { nameKey, type QualifiedName } from "../../postgres/identifier.ts";
import { decideHistories, findHistories } from "../../postgres/migration-history.ts";
import { readSchemaDump, type KeptSchemaDump } from "../../postgres/schema-dump-file.ts";
import {
  compareSchemaDumps,
  parseSchemaDump,
  type DumpDifference,
} from "../../postgres/schema-dump-text.ts";
import { describeLeftOut, joinScopes, readSchemaDumpScope } from "../../postgres/schema-dump.ts";
import { compareStructures } from "../../postgres/structure-differences.ts";
import { parseStructure, readStructure, type Structure } from "../../postgres/structure.ts";
import { dumpSchema } from "./dumped-schema.ts";
import { migrationTool } from "./params.ts";
import { remembered } from "./remembered.ts";

/** Files of the run folder that hold v2's schema as it was before the first change; the ledger in v2 holds them too. */
export const beforeFiles = ["structure-before.json", "schema-before.sql"] as const;
const [structureFile, dumpFile] = beforeFiles;
const dumpAfter = "schema-after.sql";

/** v1's history tables in v2: postimport drops them, so no comparison may miss them. */
async function listGoing(context: StepContext, target: Database): Promise<QualifiedName[]> {
  const namedTool = context.optionalSetting(migrationTool);
  const { artefacts } = decideHistories({ namedTool, inTarget: await findHistories(target) });
  return artefacts.flatMap(({ tables }) => tables);
}

/**
 * Keeps v2's schema as it is now, in the run folder: what pg_dump prints of it, and what it does not print.
 * @throws Failure (exit 1) when it cannot be dumped
 */
export async function keepSchema(context: StepContext, target: Database): Promise<void> {
  const scope = await readSchemaDumpScope(target, await listGoing(context, target));
  await dumpSchema(context, target, scope, join(context.runFolder, dumpFile));
  const file = join(context.runFolder, structureFile);
  writeFileSync(file, JSON.stringify(await readStructure(target)), { mode: 0o600 });
  context.remember(remembered.structureBefore, structureFile);
}

/**
 * Dumps v2's schema once and keeps nothing of it, to see beforehand that it can be kept.
 * @throws Failure (exit 1) when it cannot be dumped
 */
export async function tryToKeepSchema(
  context: StepContext,
  target: Database,
): Promise<Pick<SchemaDumpComparison, "lineCount" | "leftOut">> {
  const scope = await readSchemaDumpScope(target, await listGoing(context, target));
  const file = join(context.runFolder, `schema-trial-${process.pid}.sql`);
  try {
    await dumpSchema(context, target, scope, file);
    const { scope: kept, text } = readSchemaDump(readFileSync(file, "utf8"));
    return { lineCount: parseSchemaDump(text).lineCount, leftOut: describeLeftOut(kept) };
  } finally {
    rmSync(file, { force: true });
  }
}

/** v2's structure as it was and as it is. */
export interface StructureComparison {
  readonly before: Structure;
  readonly after: Structure;
  /** nameKeys of tables that postimport dropped: they took their own parts along. */
  readonly ignored: ReadonlySet<string>;
}

/** The two dumps of v2's schema. */
export interface SchemaDumpComparison {
  readonly isIdentical: boolean;
  readonly differences: readonly DumpDifference[];
  /** Lines of the dump that was made now. */
  readonly lineCount: number;
  /** What the dumps do not hold, a sentence each. */
  readonly leftOut: readonly string[];
}

function readKept(context: StepContext, name: (typeof beforeFiles)[number]): string {
  const file = join(context.runFolder, name);
  if (existsSync(file)) return readFileSync(file, "utf8");
  throw failed("the file with v2's schema as it was before is gone", [
    {
      what: "v2's schema cannot be compared with what it was",
      where: file,
      todo: "As long as v2's ledger has this run, it has the file too: move the run's folder away, and call again; the run is then taken over from v2.",
    },
  ]);
}

const damaged = (context: StepContext, name: string, cause: unknown): Error =>
  failed(
    `${name} is damaged`,
    [
      {
        what: cause instanceof Error ? cause.message : String(cause),
        where: join(context.runFolder, name),
      },
    ],
    { cause },
  );

/** @throws Failure (exit 1) when nothing was kept, or the file is damaged */
export async function compareStructure(
  context: StepContext,
  target: Database,
): Promise<StructureComparison> {
  const text = readKept(context, structureFile);
  let before: Structure;
  try {
    before = parseStructure(text);
  } catch (error) {
    throw damaged(context, structureFile, error);
  }
  const dropped = (context.recall(remembered.droppedArtefacts) ?? []) as readonly QualifiedName[];
  return { before, after: await readStructure(target), ignored: new Set(dropped.map(nameKey)) };
}

/**
 * Dumps v2's schema again and compares it, byte for byte, with what was kept.
 * @throws Failure (exit 1) when nothing was kept, the file is damaged, or the dump fails
 */
export async function compareSchemaDump(
  context: StepContext,
  target: Database,
): Promise<SchemaDumpComparison> {
  const text = readKept(context, dumpFile);
  let before: KeptSchemaDump;
  try {
    before = readSchemaDump(text);
  } catch (error) {
    throw damaged(context, dumpFile, error);
  }
  const scope = joinScopes(before.scope, await readSchemaDumpScope(target, []));
  const file = join(context.runFolder, dumpAfter);
  await dumpSchema(context, target, scope, file);
  const was = parseSchemaDump(before.text);
  const is = parseSchemaDump(readSchemaDump(readFileSync(file, "utf8")).text);
  if (was.program !== is.program)
    throw failed("the two dumps of v2's schema are by different programs", [
      {
        what: `before it was dumped by pg_dump ${was.program}, now by pg_dump ${is.program}: they do not print alike`,
        todo: `Name the folder of a pg_dump ${was.program} with PG_BIN, and go on.`,
      },
    ]);
  return {
    ...compareSchemaDumps(was, is),
    lineCount: is.lineCount,
    leftOut: describeLeftOut(scope),
  };
}

const shownLines = 3;
const shownLetters = 200;

/** `schema dump: TABLE Animal: 1 of its lines gone, 1 new: - a int | + a bigint`. */
function describeDumpDifference({ summary, lines }: DumpDifference): string {
  const more =
    lines.length > shownLines ? ` | and ${countOf(lines.length - shownLines, "line")}` : "";
  const shown = lines.slice(0, shownLines).map((line) => line.slice(0, shownLetters));
  return `schema dump: ${summary}${shown.length === 0 ? "" : `: ${shown.join(" | ")}${more}`}`;
}

/** A run that found keys dropped by another one has no schema to go back to. */
export const hasKeptSchema = (context: StepContext): boolean =>
  typeof context.recall(remembered.structureBefore) === "string";

/**
 * What of v2's schema is not as it was when it was kept, one line each; empty when all is equal.
 * @throws Failure (exit 1) when nothing was kept, or v2's schema cannot be dumped
 */
export async function listSchemaChanges(context: StepContext, target: Database): Promise<string[]> {
  const { before, after, ignored } = await compareStructure(context, target);
  const { differences } = await compareSchemaDump(context, target);
  return [...compareStructures(before, after, ignored), ...differences.map(describeDumpDifference)];
}
