import { existsSync, rmSync, statSync } from "node:fs";
import { relative } from "node:path";
import { listRuns } from "../../engine/journal.ts";
import type { StepContext } from "../../engine/step.ts";
import { dumpFiles } from "./dump-files.ts";
import { sizeOf } from "../../engine/wording.ts";

/**
 * Removes the dumps of runs that were superseded or undone: every try would otherwise leave one behind until the disk
 * is full. Journals, manifests and reports stay.
 */
export function removeOldDumps(context: StepContext): void {
  const runs = listRuns(context.projectFolder, context.runbook, context.environment);
  const over = runs.filter(({ outcome }) => outcome === "superseded" || outcome === "undone");
  for (const { folder } of over) {
    const { dump } = dumpFiles({ runFolder: folder });
    if (!existsSync(dump)) continue;
    const size = sizeOf(statSync(dump).size);
    rmSync(dump);
    context.screen.line(
      `  · removed the dump of a run that is over: ${relative(context.projectFolder, dump)} (${size})`,
    );
  }
}
