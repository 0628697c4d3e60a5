import type { CheckResult } from "../../engine/check.ts";
import type { StepContext } from "../../engine/step.ts";

/** Local state folders that another version of wrangler wrote last: the older one of two crashes on them. */
export const checkStateFolders = (context: StepContext): CheckResult[] => {
  void context;
  return [];
};
