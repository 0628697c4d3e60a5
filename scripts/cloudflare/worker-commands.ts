import { dirname } from "node:path";
import { z } from "zod";
import type { Command } from "../engine/command.ts";
import type { Account } from "./database-address.ts";
import { buildRemoteEnvironment } from "./wrangler-environment.ts";
import { parseJsonOutput } from "./wrangler-output.ts";
import type { Wrangler } from "./wrangler.ts";

/** What all calls for one worker share. */
export interface WorkerCall {
  readonly wrangler: Wrangler;
  readonly account: Account;
  /** The worker's own configuration file; absolute. Its folder is where wrangler works. */
  readonly config: string;
  /** The run folder, for wrangler's log and cache. */
  readonly folder: string;
}

const buildCall = (call: WorkerCall, title: string, words: readonly string[]): Command => ({
  title,
  program: call.wrangler.program,
  args: [...call.wrangler.args, ...words, "--cwd", dirname(call.config), "--config", call.config],
  ...buildRemoteEnvironment(call.account, call.folder),
});

export const buildDeployCommand = (call: WorkerCall, title: string): Command =>
  buildCall(call, title, ["deploy"]);

/** Puts a version back that was deployed before. */
export const buildWorkerRollbackCommand = (call: WorkerCall, version: string): Command =>
  buildCall(call, `Roll back to version ${version}`, [
    "rollback",
    version,
    "--message",
    "taken back by movebook",
    "--yes",
  ]);

/** Which version answers right now. */
export const buildDeploymentCommand = (call: WorkerCall): Command =>
  buildCall(call, "Ask which version is deployed", ["deployments", "status", "--json"]);

const deployment = z.object({
  versions: z.array(z.object({ version_id: z.string(), percentage: z.number() })),
});

/** The version that gets most of the traffic; undefined when the output tells none. */
export function parseDeployedVersion(lines: readonly string[]): string | undefined {
  const told = deployment.safeParse(parseJsonOutput(lines));
  if (!told.success) return undefined;
  return told.data.versions.toSorted((a, b) => b.percentage - a.percentage)[0]?.version_id;
}
