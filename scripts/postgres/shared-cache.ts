import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { access, lstat, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Who runs a server, when it cannot be who we are. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const daysToKeep = 2;
const day = 24 * 60 * 60 * 1000;

/**
 * The unprivileged user that runs Postgres when we are root, which Postgres refuses; undefined when we are not.
 * @throws when the machine has neither `postgres` nor `nobody`
 */
export async function findServerUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const ids = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]).catch(
      () => undefined,
    );
    if (ids !== undefined) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
  }
  throw new Error(
    "Postgres does not run as root, and there is no user postgres or nobody to run it as",
  );
}

/** True when the user can go through every folder above, and read the file or folder itself. */
export async function isReachable(path: string, user: ServerUser | undefined): Promise<boolean> {
  if (user === undefined) return true;
  for (let at = path; ; at = dirname(at)) {
    const { uid, gid, mode } = await stat(at);
    const bits = uid === user.uid ? mode >> 6 : gid === user.gid ? mode >> 3 : mode;
    if ((bits & 1) === 0 || (at === path && (bits & 4) === 0)) return false;
    if (at === dirname(at)) return true;
  }
}

/** A new folder for a server, in a place where its user gets to. */
export async function makeServerFolder(
  prefix: string,
  user: ServerUser | undefined,
): Promise<string> {
  const place = (await isReachable(tmpdir(), user)) ? tmpdir() : "/tmp";
  return mkdtemp(join(place, prefix));
}

/**
 * A folder that is made once for all processes of this user, and afterwards only read. It is built beside its place
 * and moved there in one piece, so another process sees all of it or nothing.
 * @returns its path; undefined when somebody else holds the place of our cache
 */
export async function makeOnce(
  key: string,
  user: ServerUser | undefined,
  build: (folder: string) => Promise<void>,
): Promise<string | undefined> {
  const cache = await openCache(user);
  if (cache === undefined) return undefined;
  // Programs that tidy /tmp take single old files out of a folder: so a copy is used for some days only.
  const place = join(cache, `${key}-${Math.floor(Date.now() / (daysToKeep * day))}`);
  if (await exists(place)) return place;
  const draft = `${place}.${randomBytes(6).toString("hex")}`;
  try {
    await mkdir(draft, { mode: 0o755 });
    await build(draft);
    await rename(draft, place).catch(async (error: unknown) => {
      if (!(await exists(place))) throw error;
    });
    await removeOld(cache);
    return place;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function openCache(user: ServerUser | undefined): Promise<string | undefined> {
  const place = (await isReachable(tmpdir(), user)) ? tmpdir() : "/tmp";
  const cache = join(place, `movebook-postgres-${process.getuid?.() ?? "user"}`);
  await mkdir(cache, { mode: 0o755 }).catch(() => undefined);
  const { uid, mode } = await lstat(cache);
  const ours = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
  return ours && (await stat(cache)).isDirectory() ? cache : undefined;
}

async function removeOld(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    const made = await stat(path).catch(() => undefined);
    if (made !== undefined && Date.now() - made.mtimeMs > 2 * daysToKeep * day) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
