import { simpleGit, type StatusResult } from "simple-git";
import { childEnvironment } from "./settings.ts";

/** A repository as its work tree stands. */
export interface GitRepository {
  readonly kind: "repository";
  /** Undefined: no branch is checked out (detached head). */
  readonly branch: string | undefined;
  /** The commit that is checked out; undefined before the first one. */
  readonly commit: string | undefined;
  /** Files that are changed, added, removed or unknown to git, relative to the repository's top folder. */
  readonly changed: readonly string[];
  /** The asked folder below the top one, with a slash at its end; "" for the top folder. */
  readonly prefix: string;
}

/** Why git said nothing. */
export interface GitUnknown {
  readonly kind: "unknown";
  readonly what: string;
  readonly todo: string;
}

export type GitState = GitRepository | GitUnknown;

const quoteForShell = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

function explain(message: string, folder: string): GitUnknown {
  const unknown = (what: string, todo: string): GitUnknown => ({ kind: "unknown", what, todo });
  const owned = /detected dubious ownership in repository at '(?<path>[^\n]*)'/.exec(message);
  if (owned?.groups?.["path"] !== undefined) {
    const path = owned.groups["path"];
    return unknown(
      `the repository ${path} belongs to another user, and git does not read it`,
      `If you trust it: git config --global --add safe.directory ${quoteForShell(path)}`,
    );
  }
  if (/ENOENT/.test(message)) return unknown("git is not installed", "Install git.");
  if (/not a git repository|must be run in a work tree/.test(message))
    return unknown(
      `${folder} is no work tree of a git repository`,
      "Call from the folder of the project, or name it with --project.",
    );
  const [line = "git failed"] = message
    .replace(/^(?:\w*Error: )+/, "")
    .trim()
    .split("\n");
  return unknown(`git cannot be asked: ${line}`, "Run git status in that folder.");
}

/**
 * Asks git about a folder. GIT_* variables of the process are not obeyed, and no file system monitor is started that
 * the repository's settings name.
 */
export async function readGit(folder: string, signal: AbortSignal): Promise<GitState> {
  const own = { LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0" };
  try {
    const git = simpleGit({
      baseDir: folder,
      abort: signal,
      allowEnvironment: Object.keys(own),
      config: ["core.fsmonitor=false"],
      unsafe: { allowUnsafeFsMonitor: true },
    }).env({ ...childEnvironment(), ...own });
    const status = await git.status(["--untracked-files=all"]);
    const prefix = (await git.raw(["rev-parse", "--show-prefix"])).trim();
    const commit = await git.raw(["rev-parse", "--verify", "--quiet", "HEAD"]).catch(() => "");
    return buildState(status, prefix, commit.trim());
  } catch (error) {
    signal.throwIfAborted();
    return explain(String(error), folder);
  }
}

/** The name that git writes into commits in that folder; undefined when it has none. */
export async function readGitUser(
  folder: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const git = simpleGit({ baseDir: folder, abort: signal }).env(childEnvironment());
    return (await git.raw(["config", "--get", "user.name"])).trim() || undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

const buildState = (status: StatusResult, prefix: string, commit: string): GitRepository => ({
  kind: "repository",
  branch: status.detached ? undefined : (status.current ?? undefined),
  commit: commit === "" ? undefined : commit,
  changed: status.files.map(({ path }) => path).toSorted(),
  prefix,
});
