import { statSync } from "node:fs";
import { join } from "node:path";
import type { StepContext } from "../../engine/step.ts";

/** What begins like this is a dump that is being written, or was when its movebook was killed. */
export const partialPrefix = "v1_data.sql.partial-";

/**
 * Where a run keeps its dump: in its own folder, so that environments cannot share one. The file in the making has the
 * process in its name: a pg_dump that outlived its killed movebook must not write into the next one's file.
 */
export const dumpFiles = (
  context: Pick<StepContext, "runFolder">,
): { readonly dump: string; readonly partial: string; readonly manifest: string } => ({
  dump: join(context.runFolder, "v1_data.sql"),
  partial: join(context.runFolder, `${partialPrefix}${process.pid}`),
  manifest: join(context.runFolder, "v1_data.manifest.json"),
});

/** Dumps whose sha256 this process has seen to be the manifest's, and what the file system said of them then. */
const verified = new Map<string, string>();

const stampOf = (file: string): string => {
  const { ino, size, mtimeNs } = statSync(file, { bigint: true });
  return `${ino} ${size} ${mtimeNs}`;
};

/** Notes that the file is the one that its manifest describes. */
export const noteVerified = (file: string): void => void verified.set(file, stampOf(file));

/** True when this process has verified the file and nobody has written to it since: a second reading would say the same. */
export const isVerified = (file: string): boolean =>
  verified.has(file) && verified.get(file) === stampOf(file);
