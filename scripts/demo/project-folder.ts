import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const demos = fileURLToPath(new URL("../../tmp/demo/", import.meta.url));

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

/** The process that made a demo's folder; NaN when it is no such folder. */
const makerOf = (folder: string): number =>
  Number(/^[a-z]+-(?<pid>\d+)$/.exec(folder)?.groups?.["pid"]);

/**
 * Makes `tmp/demo/<product>-<pid>`, mode 0700; those of demos that have ended go, with their dumps.
 * @returns its absolute path
 */
export async function makeProjectFolder(product: string): Promise<string> {
  await mkdir(demos, { recursive: true, mode: 0o700 });
  for (const name of await readdir(demos)) {
    const pid = makerOf(name);
    if (pid > 0 && (pid === process.pid || !isAlive(pid)))
      await rm(join(demos, name), { recursive: true, force: true });
  }
  const folder = join(demos, `${product}-${process.pid}`);
  await mkdir(folder, { mode: 0o700 });
  return folder;
}
