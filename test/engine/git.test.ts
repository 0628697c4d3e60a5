import { execFileSync } from "node:child_process";
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
  existsSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readGit, type GitRepository } from "../../scripts/engine/git.ts";

let folder: string;

const git = (...args: string[]): void => {
  const settings = [
    "-c",
    "user.name=T",
    "-c",
    "user.email=t@example.org",
    "-c",
    "commit.gpgSign=false",
  ];
  execFileSync("git", [...settings, ...args], {
    cwd: folder,
    stdio: "pipe",
    env: { PATH: process.env["PATH"], HOME: folder },
  });
};

const write = (file: string, text = "x"): void => writeFileSync(join(folder, file), text);

const makeRepository = (): void => {
  git("init", "--quiet");
  git("symbolic-ref", "HEAD", "refs/heads/dev");
  write("a.txt");
  git("add", "--all");
  git("commit", "--quiet", "--message", "first");
};

const read = (from = folder) => readGit(from, new AbortController().signal);
const readRepository = async (from = folder): Promise<GitRepository> => {
  const state = await read(from);
  if (state.kind !== "repository") throw new Error(state.what);
  return state;
};

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "git-test-")));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe("git", () => {
  it("says branch, commit and a clean tree", async () => {
    makeRepository();
    expect(await readRepository()).toEqual({
      kind: "repository",
      branch: "dev",
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      changed: [],
      prefix: "",
    });
  });

  it("lists files that are changed, staged, removed or unknown, also with blanks and umlauts, and not ignored ones", async () => {
    makeRepository();
    write("b.txt");
    git("add", "b.txt");
    write("a.txt", "other");
    mkdirSync(join(folder, "new folder"));
    write("new folder/ü ö.txt");
    write(".gitignore", "ignored\n");
    write("ignored");
    expect((await readRepository()).changed).toEqual([
      ".gitignore",
      "a.txt",
      "b.txt",
      "new folder/ü ö.txt",
    ]);
  });

  it("knows that no branch is checked out, and that there is no commit yet", async () => {
    git("init", "--quiet");
    git("symbolic-ref", "HEAD", "refs/heads/dev");
    expect(await readRepository()).toMatchObject({ branch: "dev", commit: undefined, changed: [] });
    write("a.txt");
    git("add", "--all");
    git("commit", "--quiet", "--message", "first");
    git("checkout", "--quiet", "--detach");
    expect((await readRepository()).branch).toBeUndefined();
  });

  it("says where the asked folder is in the repository", async () => {
    makeRepository();
    mkdirSync(join(folder, "packages/shop"), { recursive: true });
    expect((await readRepository(join(folder, "packages/shop"))).prefix).toBe("packages/shop/");
  });

  it("says that a folder is no repository", async () => {
    expect(await read()).toMatchObject({
      kind: "unknown",
      what: `${folder} is no work tree of a git repository`,
    });
  });

  it("says that git is missing", async () => {
    makeRepository();
    vi.stubEnv("PATH", join(folder, "nothing"));
    expect(await read()).toMatchObject({ kind: "unknown", what: "git is not installed" });
  });

  it("says what to do about a repository of another user", async () => {
    makeRepository();
    if (process.getuid?.() !== 0) return;
    chownSync(folder, 65534, 65534);
    chownSync(join(folder, ".git"), 65534, 65534);
    vi.stubEnv("HOME", join(folder, "home"));
    expect(await read()).toEqual({
      kind: "unknown",
      what: `the repository ${folder} belongs to another user, and git does not read it`,
      todo: `If you trust it: git config --global --add safe.directory ${folder}`,
    });
  });

  it("does not obey GIT_ variables", async () => {
    makeRepository();
    write("b.txt");
    const proof = join(folder, "proof");
    vi.stubEnv("GIT_DIR", "/nowhere");
    vi.stubEnv("GIT_WORK_TREE", "/tmp");
    vi.stubEnv("GIT_INDEX_FILE", "/nowhere/index");
    vi.stubEnv("GIT_CONFIG_COUNT", "1");
    vi.stubEnv("GIT_CONFIG_KEY_0", "core.fsmonitor");
    vi.stubEnv("GIT_CONFIG_VALUE_0", `touch ${proof}`);
    expect((await readRepository()).changed).toEqual(["b.txt"]);
    expect(existsSync(proof)).toBe(false);
  });

  it("starts no file system monitor that the repository's settings name", async () => {
    makeRepository();
    const proof = join(folder, "proof");
    git("config", "core.fsmonitor", `touch ${proof}; true`);
    expect((await readRepository()).changed).toEqual([]);
    expect(existsSync(proof)).toBe(false);
  });
});
