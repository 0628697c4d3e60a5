import { closeSync, existsSync, fsyncSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { refused, type Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { hashFile } from "../../postgres/dump-file.ts";
import type { RollbackManifest } from "../../postgres/rollback-manifest.ts";

/** What begins like this is being written, or was when its movebook was killed. */
const partialPrefix = "rollback.partial-";

/** Where a run keeps its rollback point: in its own folder. */
export const rollbackFiles = ({ runFolder }: Pick<StepContext, "runFolder">) => ({
  rows: join(runFolder, "rollback.dump"),
  schema: join(runFolder, "rollback-schema.dump"),
  manifest: join(runFolder, "rollback.manifest.json"),
});

/** A file in the making; a program that outlived its killed movebook must not write into the next one's. */
export const partialFile = ({ runFolder }: Pick<StepContext, "runFolder">, name: string): string =>
  join(runFolder, `${partialPrefix}${process.pid}-${name}`);

export function removePartialFiles({ runFolder }: Pick<StepContext, "runFolder">): void {
  for (const name of readdirSync(runFolder).filter((each) => each.startsWith(partialPrefix)))
    rmSync(join(runFolder, name), { force: true });
}

/** Waits until a file, or the entries of a folder, are on the disk. */
export function syncToDisk(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

type PointFile = RollbackManifest["rows"];

async function describeDamage(
  context: Pick<StepContext, "runFolder" | "signal">,
  { file, bytes, sha256 }: PointFile,
): Promise<Problem | undefined> {
  const where = join(context.runFolder, file);
  const todo = "Take the file from a backup of the run's folder; what it held is nowhere else.";
  if (!existsSync(where)) return { what: `${file} is gone: it was removed or moved`, where, todo };
  const { size } = statSync(where);
  if (size !== bytes)
    return { what: `${file} has ${size} bytes, not ${bytes}: it was cut or changed`, where, todo };
  const hash = await hashFile(where, context.signal);
  return hash === sha256
    ? undefined
    : { what: `${file} was changed (its sha256 differs)`, where, todo };
}

/** What is wrong with the files of a rollback point; empty when they are those that were verified when it was taken. */
export async function listPointDamage(
  context: Pick<StepContext, "runFolder" | "signal">,
  manifest: RollbackManifest,
): Promise<Problem[]> {
  const files = [manifest.rows, ...(manifest.schema === undefined ? [] : [manifest.schema])];
  const found = await Promise.all(files.map((file) => describeDamage(context, file)));
  return found.filter((problem) => problem !== undefined);
}

/** @throws Failure (exit 3) when a file of the point is gone or damaged */
export async function verifyPointFiles(
  context: Pick<StepContext, "runFolder" | "signal">,
  manifest: RollbackManifest,
): Promise<void> {
  const problems = await listPointDamage(context, manifest);
  if (problems.length > 0) throw refused("the rollback point is damaged", problems);
}
