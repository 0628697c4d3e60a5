import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failed } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { nameKey, type QualifiedName } from "../../postgres/identifier.ts";
import { compareStructures, parseStructure, readStructure } from "../../postgres/structure.ts";
import { remembered } from "./remembered.ts";

/** Files of the run folder that hold v2's schema as it was before the first change; the ledger in v2 holds them too. */
export const beforeFiles = ["structure-before.json"] as const;

/** Keeps v2's schema as it is now, in the run folder. */
export async function keepSchema(context: StepContext, target: Database): Promise<void> {
  const [structure] = beforeFiles;
  const file = join(context.runFolder, structure);
  writeFileSync(file, JSON.stringify(await readStructure(target)), { mode: 0o600 });
  context.remember(remembered.structureBefore, structure);
}

/**
 * What of v2's schema is not as it was when it was kept, one line each; empty when all is equal.
 * @throws Failure (exit 1) when nothing was kept
 */
export async function listSchemaChanges(context: StepContext, target: Database): Promise<string[]> {
  const file = join(context.runFolder, beforeFiles[0]);
  if (!existsSync(file))
    throw failed("the file with v2's schema as it was before is gone", [
      { what: "v2's schema cannot be compared with what it was", where: file },
    ]);
  const before = parseStructure(readFileSync(file, "utf8"));
  const dropped = (context.recall(remembered.droppedArtefacts) ?? []) as readonly QualifiedName[];
  return compareStructures(before, await readStructure(target), new Set(dropped.map(nameKey)));
}
