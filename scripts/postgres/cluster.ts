import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmod, chown, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ServerPrograms } from "./server-programs.ts";
import { makeOnce, type ServerUser } from "./shared-cache.ts";

const run = promisify(execFile);

export const superuser = "postgres";

/** Nothing of the caller's PG* variables or locale reaches the server. */
export const serverEnvironment: Readonly<Record<string, string>> = {
  LC_ALL: "C",
  TZ: "UTC",
  ...(process.platform === "win32" ? { SystemRoot: "C:\\Windows" } : { PATH: "/usr/bin:/bin" }),
};

export interface ClusterWanted {
  readonly programs: ServerPrograms;
  readonly user: ServerUser | undefined;
  /** Anew by initdb, with a system identifier of its own. Otherwise a copy of a kept template. */
  readonly fresh: boolean;
  /** Which template; clusters from different ones have different system identifiers. */
  readonly template: number;
}

/** A password that needs no quoting anywhere. */
export const makePassword = (): string => randomBytes(18).toString("base64url");

/**
 * Puts a database cluster into `<folder>/data`, ready to be started, owned by the server's user.
 * @returns the superuser's password
 */
export async function makeCluster(folder: string, wanted: ClusterWanted): Promise<string> {
  await makeOwned(folder, wanted.user);
  if (!wanted.fresh) {
    const template = await makeTemplate(wanted);
    if (template !== undefined) return copyTemplate(template, folder, wanted.user);
  }
  const password = makePassword();
  await initialise(folder, password, wanted);
  return password;
}

function makeTemplate(wanted: ClusterWanted): Promise<string | undefined> {
  const { programs, user, template } = wanted;
  const whose = createHash("sha256")
    .update(`${programs.postgres} ${user?.uid}`)
    .digest("hex")
    .slice(0, 8);
  return makeOnce(`cluster-${programs.version}-${whose}-${template}`, user, async (draft) => {
    const password = makePassword();
    await initialise(draft, password, wanted);
    await writeFile(join(draft, "password"), password, { mode: 0o600 });
  });
}

async function copyTemplate(
  template: string,
  folder: string,
  user: ServerUser | undefined,
): Promise<string> {
  const from = join(template, "data");
  const to = join(folder, "data");
  if (process.platform === "win32") await cp(from, to, { recursive: true });
  else await run("cp", ["-Rp", from, to], { ...user, cwd: folder });
  return readFile(join(template, "password"), "utf8");
}

async function initialise(
  folder: string,
  password: string,
  { programs, user }: ClusterWanted,
): Promise<void> {
  const data = join(folder, "data");
  const passwordFile = join(folder, "initdb-password");
  await mkdir(data, { mode: 0o700 });
  await makeOwned(data, user);
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await makeOwned(passwordFile, user);
  const initdb = (locale: string): Promise<unknown> =>
    run(programs.initdb, buildInitdbArguments(data, passwordFile, locale), {
      ...user,
      cwd: data,
      env: serverEnvironment,
    });
  try {
    // C.UTF-8 has the types of letters beyond ASCII; not every system has it.
    await initdb(process.platform === "linux" ? "C.UTF-8" : "C").catch((error: unknown) => {
      if (!String(error).includes("invalid locale name")) throw error;
      return initdb("C");
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

const buildInitdbArguments = (data: string, passwordFile: string, locale: string): string[] => [
  `--pgdata=${data}`,
  `--username=${superuser}`,
  `--pwfile=${passwordFile}`,
  "--auth=scram-sha-256",
  "--encoding=UTF8",
  `--locale=${locale}`,
  // Small segments make a cluster that is copied in a moment.
  "--wal-segsize=1",
  "--no-sync",
];

/** Gives a file or folder to the server's user. */
export async function makeOwned(path: string, user: ServerUser | undefined): Promise<void> {
  if (user === undefined) return;
  await chown(path, user.uid, user.gid);
  await chmod(path, 0o700);
}
