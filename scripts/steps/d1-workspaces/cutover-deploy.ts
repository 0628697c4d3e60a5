import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { runWrangler } from "../../cloudflare/run-wrangler.ts";
import {
  buildDeployCommand,
  buildDeploymentCommand,
  buildWorkerRollbackCommand,
  parseDeployedVersion,
  type WorkerCall,
} from "../../cloudflare/worker-commands.ts";
import { prepareFolder } from "../../cloudflare/wrangler-config.ts";
import { findWrangler } from "../../cloudflare/wrangler.ts";
import type { Command } from "../../engine/command.ts";
import { misused } from "../../engine/failure.ts";
import { defineGate, realWorld, type GateWorld } from "../../engine/gate.ts";
import type { Param } from "../../engine/param.ts";
import type { Probe } from "../../engine/probe.ts";
import { CommandError } from "../../engine/shell.ts";
import type { Step, StepContext } from "../../engine/step.ts";
import { WranglerFailure } from "../../cloudflare/wrangler-errors.ts";
import { accountOf } from "./addresses.ts";
import { deployTiming } from "./cutover-probes.ts";

/** One of v2's two workers. */
export interface Deployment {
  readonly name: string;
  readonly does: string;
  /** "v2's API". */
  readonly who: string;
  readonly config: Param<string>;
  readonly checklist: (context: StepContext) => readonly string[];
  readonly probes: (context: StepContext) => readonly Probe[];
}

/** The call for the worker; undefined when the settings name no configuration. @throws Failure (exit 2) when it is not there */
function callOf(context: StepContext, { config }: Deployment): WorkerCall | undefined {
  const file = context.optionalSetting(config);
  if (file === undefined) return undefined;
  const path = resolve(context.projectFolder, file);
  if (!existsSync(path)) {
    const variable = config.places["remote"]?.variable ?? config.name;
    throw misused(`${variable} names a file that is not there`, [{ what: `there is no ${path}` }]);
  }
  prepareFolder(context.runFolder);
  return {
    wrangler: findWrangler(context.projectFolder, { folders: [dirname(path)] }),
    account: accountOf(context),
    config: path,
    folder: context.runFolder,
  };
}

const execute = async (context: StepContext, command: Command): Promise<void> => {
  await runWrangler(context.execute, command, "Cloudflare");
};

const beforeSchema = z.object({ version: z.string().nullable() });
const keyOf = ({ name }: Deployment): string => `${name}-version-before`;

const recallBefore = (context: StepContext, of: Deployment): string | null | undefined =>
  beforeSchema.safeParse(context.recall(keyOf(of))).data?.version;

/** The version that was there first, before the deed: a second attempt must not take our own for it. */
async function rememberBefore(context: StepContext, of: Deployment): Promise<void> {
  const call = callOf(context, of);
  if (call === undefined || recallBefore(context, of) !== undefined) return;
  context.remember(keyOf(of), { version: (await readDeployed(context, call)) ?? null });
}

/** Undefined: none is deployed yet, or Cloudflare does not tell; the deployment itself will say what is wrong. */
async function readDeployed(context: StepContext, call: WorkerCall): Promise<string | undefined> {
  try {
    const command = buildDeploymentCommand(call);
    return parseDeployedVersion(await runWrangler(context.execute, command, "Cloudflare"));
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof CommandError || error instanceof WranglerFailure) return undefined;
    throw error;
  }
}

/** The rollback to the version that was there before; undefined when there was none. */
async function planRollback(context: StepContext, of: Deployment): Promise<Command | undefined> {
  const call = callOf(context, of);
  const version = recallBefore(context, of);
  if (call === undefined || version === undefined || version === null) return undefined;
  return buildWorkerRollbackCommand(call, version);
}

/** A gate that deploys one of v2's workers, by wrangler or by a person, and asks it whether it answers. */
export function defineDeployment(of: Deployment, world: GateWorld = realWorld): Step {
  return defineGate(
    {
      name: of.name,
      does: of.does,
      environments: ["remote"],
      question: `Is ${of.who} deployed on its own subdomain, with v2's database bound?`,
      checklist: of.checklist,
      check: (context) => rememberBefore(context, of),
      command: async (context) => {
        const call = callOf(context, of);
        return call === undefined ? undefined : buildDeployCommand(call, `Deploy ${of.who}`);
      },
      execute,
      probes: of.probes,
      timing: deployTiming,
      goBack: {
        command: (context) => planRollback(context, of),
        execute,
        checklist: () => [
          `${of.who} stands on a subdomain of its own, to which no user is sent: it may stay as it is.`,
          `Otherwise: wrangler rollback, or wrangler delete when nothing was deployed before.`,
        ],
        question: `Is ${of.who} as it should be without this deployment?`,
      },
    },
    world,
  );
}
