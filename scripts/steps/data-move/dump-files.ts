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
