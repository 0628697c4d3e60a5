import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { misused } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { noDecisions, parseDecisions, type Decisions } from "./decisions.ts";
import { decisionsFile, defaultDecisionsFile } from "./params.ts";

/** The decisions of a run, and the text that they stand in ("" when there is no file). */
export interface DecisionsFile {
  readonly decisions: Decisions;
  readonly text: string;
  /** As the operator names it. */
  readonly name: string;
}

/**
 * Reads the decisions file of the operator's project. Without a setting it may be missing: then nothing was decided.
 * @throws Failure (exit 2) when it cannot be used, or is named and not there
 */
export function readDecisionsFile(
  context: Pick<StepContext, "projectFolder" | "optionalSetting">,
): DecisionsFile {
  const named = context.optionalSetting(decisionsFile);
  const name = named ?? defaultDecisionsFile;
  const file = isAbsolute(name) ? name : join(context.projectFolder, name);
  if (existsSync(file)) {
    const text = readFileSync(file, "utf8");
    return { decisions: parseDecisions(text, name), text, name };
  }
  if (named === undefined) return { decisions: noDecisions, text: "", name };
  throw misused(`there is no decisions file ${name}`, [
    { what: `looked for ${file}`, todo: "Write it, or mend D1_DECISIONS_FILE." },
  ]);
}
