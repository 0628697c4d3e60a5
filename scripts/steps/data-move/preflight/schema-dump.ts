import { noted, passed, type CheckResult } from "../../../engine/check.ts";
import { countOf } from "../../../engine/wording.ts";
import { tryToKeepSchema } from "../schema-changes.ts";
import type { ScopedSides } from "./section.ts";

/**
 * v2's schema must let itself be dumped, or nobody could say afterwards that it is as it was.
 * @throws Failure when it cannot; the section says that it could not run
 */
export async function checkSchemaDump({ context, target }: ScopedSides): Promise<CheckResult[]> {
  const { lineCount, leftOut } = await tryToKeepSchema(context, target);
  return [
    passed(`v2's schema can be dumped, to be compared afterwards (${countOf(lineCount, "line")})`),
    ...leftOut.map((what) => noted(what)),
  ];
}
