import { join } from "node:path";
import type { StepContext } from "../../engine/step.ts";

/** Where a run keeps its dump: in its own folder, so that environments cannot share one. */
export const dumpFiles = (
  context: Pick<StepContext, "runFolder">,
): { readonly dump: string; readonly partial: string; readonly manifest: string } => ({
  dump: join(context.runFolder, "v1_data.sql"),
  partial: join(context.runFolder, "v1_data.sql.partial"),
  manifest: join(context.runFolder, "v1_data.manifest.json"),
});
