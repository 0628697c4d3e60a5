import { noted, notRun, passed, problem, warned, type CheckResult } from "../../../engine/check.ts";
import { readGit, type GitRepository, type GitState } from "../../../engine/git.ts";
import type { StepContext } from "../../../engine/step.ts";
import { countOf } from "../../../engine/wording.ts";

/** The branch from which every environment is moved. */
export const moveBranch = "dev";
const shownFiles = 10;

/** What the judgement depends on. */
export type GitOptions = Pick<StepContext["options"], "anyBranch" | "allowDirty">;

const nameBranch = ({ branch, commit }: GitRepository): string =>
  branch === undefined
    ? `No branch is checked out (detached at ${commit?.slice(0, 10) ?? "no commit"})`
    : `On branch '${branch}'`;

function judgeBranch(state: GitRepository, { anyBranch }: GitOptions): CheckResult {
  if (state.branch === moveBranch) return passed(nameBranch(state));
  if (anyBranch) return warned(`${nameBranch(state)}, not '${moveBranch}' (--any-branch)`);
  return problem(`${nameBranch(state)}, not '${moveBranch}'`, {
    todo: `git switch ${moveBranch}; or --any-branch, which is recorded.`,
  });
}

/** Files of our own runs; they are there because preflight runs. */
const isOurs = (state: GitRepository, file: string): boolean =>
  file.startsWith(`${state.prefix}tmp/`) && /tmp\/[a-z-]+-(?:dev|prod)\//.test(file);

function judgeTree(state: GitRepository, { allowDirty }: GitOptions): CheckResult[] {
  const ours = state.changed.filter((file) => isOurs(state, file));
  const changed = state.changed.filter((file) => !isOurs(state, file));
  const hints =
    ours.length === 0
      ? []
      : [
          warned("tmp/ is not ignored by git, and dumps with personal data are written there", {
            todo: "Add the line tmp/ to .gitignore.",
          }),
        ];
  if (changed.length === 0) return [passed("Working tree clean"), ...hints];
  const text = `Working tree has ${countOf(changed.length, "uncommitted change")}`;
  const more = changed.length - shownFiles;
  const details = [...changed.slice(0, shownFiles), ...(more > 0 ? [`… and ${more} more`] : [])];
  const secrets = changed.filter(
    (file) => /(?:^|\/)\.env(?:\.|$)/.test(file) && !file.endsWith(".example"),
  );
  const todo = `Commit or stash ${changed.length === 1 ? "it" : "them"}${secrets.length === 0 ? "" : "; env files belong into .gitignore"}; or --allow-dirty, which is recorded.`;
  return [
    allowDirty ? warned(`${text} (--allow-dirty)`, { details }) : problem(text, { details, todo }),
    ...hints,
  ];
}

/** Branch and work tree, judged. */
export function judgeGit(state: GitState, options: GitOptions): CheckResult[] {
  if (state.kind === "repository")
    return [judgeBranch(state, options), ...judgeTree(state, options)];
  if (options.anyBranch && options.allowDirty)
    return [noted(`not checked (--any-branch --allow-dirty): ${state.what}`)];
  return [
    notRun(`branch and working tree are not known: ${state.what}`, {
      todo: `${state.todo} Or --any-branch --allow-dirty, which are recorded.`,
    }),
  ];
}

/** Git checks, as the seed has them; what was found is remembered with the flags. */
export async function checkGit(context: StepContext): Promise<CheckResult[]> {
  const state = await readGit(context.projectFolder, context.signal);
  const { anyBranch, allowDirty, overrides } = context.options;
  const tree =
    state.kind === "repository"
      ? {
          branch: state.branch ?? null,
          commit: state.commit ?? null,
          changedFiles: state.changed.length,
        }
      : {};
  context.remember("flags", { anyBranch, allowDirty, overrides, ...tree });
  return judgeGit(state, context.options);
}
