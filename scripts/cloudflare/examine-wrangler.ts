import { passed, problem, warned, type CheckResult } from "../engine/check.ts";
import { Failure } from "../engine/failure.ts";
import { findWrangler, type WranglerSearch } from "./wrangler.ts";

/** Which wrangler would be called for a project, and why not another. Reads only; throws nothing. */
export function examineWrangler(projectFolder: string, search: WranglerSearch = {}): CheckResult[] {
  try {
    const { version, from, note, args } = findWrangler(projectFolder, search);
    const owner = from === "project" ? "the project's own" : "movebook's";
    return [
      passed(`wrangler ${version} (${owner})`),
      ...(note === undefined ? [] : [warned(note, { where: args.join(" ") })]),
    ];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [first] = error.problems;
    return [problem(error.message, first === undefined ? {} : { ...first })];
  }
}
