import { noted, passed, warned, type CheckResult } from "../../engine/check.ts";
import { readGit, type GitState } from "../../engine/git.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";

const ourRuns = /^tmp\/[a-z0-9-]+-(?:local|remote)\//u;

/** Where the project stands. A D1 move depends on no branch; what is not committed is told and recorded. */
export function judgeGit(state: GitState): CheckResult[] {
  if (state.kind === "unknown") return [noted(`not recorded: ${state.what}`)];
  const own = (file: string): string =>
    file.startsWith(state.prefix) ? file.slice(state.prefix.length) : file;
  const ours = state.changed.filter((file) => ourRuns.test(own(file)));
  const changed = state.changed.length - ours.length;
  const place = `branch ${state.branch ?? "none"}, commit ${state.commit?.slice(0, 10) ?? "none"}`;
  return [
    passed(
      changed === 0
        ? `${place}, working tree clean`
        : `${place}, ${countOf(changed, "uncommitted change")}`,
    ),
    ...(ours.length === 0
      ? []
      : [
          warned("tmp/ is not ignored by git, and dumps with personal data are written there", {
            todo: "Add the line tmp/ to .gitignore.",
          }),
        ]),
  ];
}

/** Branch, commit and work tree of the project; remembered with the flags of the call. */
export async function checkGit(context: StepContext): Promise<CheckResult[]> {
  const state = await readGit(context.projectFolder, context.signal);
  const { overrides } = context.options;
  const tree =
    state.kind === "repository"
      ? { branch: state.branch ?? null, commit: state.commit ?? null }
      : {};
  context.remember("flags", { overrides, ...tree });
  return judgeGit(state);
}
