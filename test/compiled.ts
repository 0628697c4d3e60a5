import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../", import.meta.url));
const run = promisify(execFile);

/** The command as an installed package has it: JavaScript, which starts in half the time of the TypeScript. */
export interface Compiled {
  /** What `node` is called with. */
  readonly entry: string;
  /** The same for the command line of the engine's tests, with the fake runbook. */
  readonly fakeEntry: string;
  readonly remove: () => Promise<void>;
}

/** Compiles what a package holds, and the engine's fake runbook, into a folder below tmp/, with all that stands beside it in a package. */
export async function compile(): Promise<Compiled> {
  await mkdir(join(root, "tmp"), { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(root, "tmp", "compiled-"));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  // types are `npm run check`'s
  const flags = ["-p", "test/tsconfig.compiled.json", "--noCheck", "--outDir", folder];
  await run(process.execPath, [tsc, ...flags], { cwd: root });
  for (const name of ["sql", "package.json"]) await symlink(join(root, name), join(folder, name));
  const scripts = await readdir(join(root, "scripts"), { recursive: true });
  for (const name of scripts.filter((file) => file.endsWith(".mjs"))) {
    await mkdir(dirname(join(folder, "scripts", name)), { recursive: true });
    await copyFile(join(root, "scripts", name), join(folder, "scripts", name));
  }
  return {
    entry: join(folder, "scripts/movebook.mjs"),
    fakeEntry: join(folder, "test/engine/fixtures/fake-entry.js"),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
