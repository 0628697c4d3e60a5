import { noted, type CheckResult } from "../../engine/check.ts";
import type { StepContext } from "../../engine/step.ts";

/** Says whether v1's data has changed since the export. Asks v1; `warned` when it has. */
export type ListSourceChanges = (context: StepContext) => Promise<readonly CheckResult[]>;

/** In place until a comparison with the export's fingerprint is given. */
export const tellNotCompared: ListSourceChanges = async (context) =>
  context.recall("v1-fingerprint") === undefined
    ? [
        noted(
          "v1 has no fingerprint in this run: whether it has changed since the export is not known",
        ),
      ]
    : [noted("v1 was not compared with its fingerprint of the export")];
