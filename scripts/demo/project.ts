import { execFile } from "node:child_process";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { childEnvironment } from "../engine/settings.ts";
import { type DemoDatabases, demoMigrations } from "./databases.ts";

const run = promisify(execFile);

const gitignore = `node_modules/
tmp/
.wrangler/
.env*
!.env*.example
`;

const manifest = `{
  "name": "demo-shop",
  "private": true
}
`;

const readme = `# Demo shop

An operator's project: v2's migrations, and env files (not in git) for the dev environment.
`;

/**
 * Makes an operator's project: a clean git repository on branch dev with v2's migrations, and the env files (0600,
 * ignored by git) of the dev environment.
 * @param folder is made when it is not there; must not hold a repository yet
 */
export async function makeDemoProject(
  folder: string,
  urls: Pick<DemoDatabases, "v1Url" | "v2Url">,
): Promise<void> {
  await mkdir(join(folder, "prisma"), { recursive: true });
  await cp(demoMigrations, join(folder, "prisma", "migrations"), { recursive: true });
  await writeFile(join(folder, "package.json"), manifest);
  await writeFile(join(folder, "README.md"), readme);
  await writeEnvFiles(folder, urls);
  await commitAll(folder, "The demo shop: v2's migrations");
}

async function writeEnvFiles(
  folder: string,
  { v1Url, v2Url }: Pick<DemoDatabases, "v1Url" | "v2Url">,
): Promise<void> {
  const write = (name: string, variables: Readonly<Record<string, string>>): Promise<void> => {
    const lines = Object.entries(variables).map(([variable, value]) => `${variable}="${value}"\n`);
    return writeFile(join(folder, name), lines.join(""), { mode: 0o600 });
  };
  await write(".env.v1.dev.snapshot", { V1_DEV_SNAPSHOT_DIRECT_URL: v1Url });
  // There is no pooler here: both are the direct URL.
  await write(".env.v2.dev", { DATABASE_URL: v2Url, DATABASE_DIRECT_URL: v2Url });
}

/**
 * Makes the folder a git repository on branch dev with all that is no setting in it. Works without a git identity and
 * whatever hooks, signing or default branch are configured.
 */
export async function commitAll(folder: string, message: string): Promise<void> {
  await writeFile(join(folder, ".gitignore"), gitignore);
  const settings = {
    "user.name": "Demo",
    "user.email": "demo@example.org",
    "commit.gpgSign": "false",
    "core.hooksPath": "/dev/null",
    "core.autocrlf": "false",
  };
  const configured = Object.entries(settings).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  const git = (...args: string[]): Promise<unknown> =>
    run("git", [...configured, ...args], { cwd: folder, env: childEnvironment() });
  await git("init", "--quiet");
  await git("symbolic-ref", "HEAD", "refs/heads/dev");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", message);
}
