import { execFileSync, spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ThrowawayServer } from "../../../scripts/postgres/throwaway-server.ts";

/** How a server was started, to start it once more. */
export interface Stopped {
  readonly argv: readonly string[];
  readonly user: { readonly uid: number; readonly gid: number };
}

const postmasterOf = (server: ThrowawayServer): number =>
  Number(readFileSync(join(server.folder, "data/postmaster.pid"), "utf8").split("\n")[0]);

/** `pg_ctl stop -m immediate`: no shutdown, the next start recovers. */
export async function stopImmediately(server: ThrowawayServer): Promise<Stopped> {
  const pid = postmasterOf(server);
  const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  const { uid, gid } = statSync(join(server.folder, "data"));
  process.kill(pid, "SIGQUIT");
  for (let isThere = true; isThere; await new Promise((resolve) => setTimeout(resolve, 10)))
    try {
      process.kill(pid, 0);
    } catch {
      isThere = false;
    }
  return { argv, user: { uid, gid } };
}

/** Starts it on the same port and waits until it answers. @returns ends it: its keeper no longer knows it */
export async function startAgain(
  server: ThrowawayServer,
  { argv, user }: Stopped,
): Promise<() => void> {
  const [program = "postgres", ...args] = argv;
  const child = spawn(program, args, {
    cwd: server.folder,
    stdio: "ignore",
    env: { LC_ALL: "C" },
    ...(process.getuid?.() === 0 ? user : {}),
  });
  for (let tries = 0; tries < 600; tries += 1) {
    const answer = await server.psql("postgres", "select 1").catch(() => "");
    if (answer === "1") return () => void child.kill("SIGQUIT");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the server did not come up again:\n${await server.readLog()}`);
}

/** A small file system of its own; undefined where this user may not have one. @returns takes it away */
export function mountSmall(folder: string, megabytes: number): (() => void) | undefined {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0777`, "tmpfs", folder], {
      stdio: "pipe",
    });
  } catch {
    return undefined;
  }
  return () => void execFileSync("umount", ["--lazy", folder], { stdio: "pipe" });
}
