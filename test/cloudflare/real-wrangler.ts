import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../../scripts/engine/settings.ts";

const wrangler = fileURLToPath(
  new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url),
);

/** A D1 database as a configuration of wrangler names it. */
export interface NamedD1 {
  readonly name: string;
  readonly id: string;
}

export interface WranglerAnswer {
  /** -1 when it was killed because it took too long. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WranglerOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds after which it is killed. Default: two minutes. */
  readonly timeout?: number;
}

/** No metrics, no colours, and no login of whoever runs the tests: its files lie in the folder. */
export const quietEnvironment = (folder: string): Record<string, string> => ({
  ...childEnvironment(),
  HOME: folder,
  XDG_CONFIG_HOME: join(folder, ".config"),
  NO_COLOR: "1",
  WRANGLER_SEND_METRICS: "false",
});

/** The real wrangler in a folder, as an operator runs it in a pipe: no terminal, none of this process's settings. */
export async function runRealWrangler(
  folder: string,
  args: readonly string[],
  { environment = {}, timeout = 120_000 }: WranglerOptions = {},
): Promise<WranglerAnswer> {
  const child = spawn(process.execPath, [wrangler, ...args], {
    cwd: folder,
    env: { ...quietEnvironment(folder), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => (output[stream] += text));
  // The group: wrangler's bin starts the node process that does the work.
  const timer = setTimeout(
    () => child.pid !== undefined && process.kill(-child.pid, "SIGKILL"),
    timeout,
  );
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(timer);
  return { code: code ?? -1, ...output };
}

/** A folder with a configuration of wrangler, where local databases live in the default place. */
export interface LocalProject {
  readonly folder: string;
  readonly stateFolder: string;
  readonly run: (args: readonly string[], options?: WranglerOptions) => Promise<WranglerAnswer>;
  readonly remove: () => Promise<void>;
}

export async function makeLocalProject(databases: readonly NamedD1[]): Promise<LocalProject> {
  const folder = await mkdtemp(join(tmpdir(), "movebook-d1-"));
  const config = {
    name: "product",
    compatibility_date: "2025-01-01",
    d1_databases: databases.map(({ name, id }) => ({
      binding: name.replaceAll(/\W/g, "_"),
      database_name: name,
      database_id: id,
    })),
  };
  await writeFile(join(folder, "wrangler.json"), JSON.stringify(config, undefined, 2));
  return {
    folder,
    stateFolder: join(folder, ".wrangler", "state"),
    run: async (args, options) => await runRealWrangler(folder, args, options),
    remove: async () => await rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}
