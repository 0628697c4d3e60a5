import { isAbsolute, join } from "node:path";
import { settingOf } from "../../engine/context.ts";
import type { Param, Settings } from "../../engine/param.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Account, DatabaseAddress } from "../../cloudflare/database-address.ts";
import {
  accountId,
  apiBaseUrl,
  apiToken,
  defaultStateFolder,
  sourceId,
  sourceName,
  sourceStateFolder,
  targetId,
  targetName,
  targetStateFolder,
} from "./params.ts";

/** One side of the move: where its settings stand. */
interface Side {
  readonly name: Param<string>;
  readonly id: Param<string>;
  readonly stateFolder: Param<string>;
}

const source: Side = { name: sourceName, id: sourceId, stateFolder: sourceStateFolder };
const target: Side = { name: targetName, id: targetId, stateFolder: targetStateFolder };

type Reading = Pick<StepContext, "environment" | "projectFolder" | "setting" | "optionalSetting">;

/** A state folder as it is meant: below the project, or absolute. */
export const resolveStateFolder = (projectFolder: string, folder = defaultStateFolder): string =>
  isAbsolute(folder) ? folder : join(projectFolder, folder);

/** How the account is reached. @throws Failure (exit 2) when its settings are missing or wrong */
export const accountOf = (context: Reading): Account => ({
  accountId: context.setting(accountId),
  apiToken: context.optionalSetting(apiToken),
  apiBaseUrl: context.optionalSetting(apiBaseUrl),
});

function addressOf(context: Reading, side: Side): DatabaseAddress {
  const [name, id] = [context.setting(side.name), context.setting(side.id)];
  if (context.environment === "remote") return { place: "remote", name, id, ...accountOf(context) };
  const folder = context.optionalSetting(side.stateFolder);
  return {
    place: "local",
    name,
    id,
    stateFolder: resolveStateFolder(context.projectFolder, folder),
  };
}

/** Where v1 is. @throws Failure (exit 2) when a setting is missing or wrong */
export const sourceAddress = (context: Reading): DatabaseAddress => addressOf(context, source);

/** Where v2 is. @throws Failure (exit 2) when a setting is missing or wrong */
export const targetAddress = (context: Reading): DatabaseAddress => addressOf(context, target);

/** A setting, or undefined when it is missing or wrong: preflight reports that. */
export function readQuietly<T>(settings: Settings, param: Param<T>): T | undefined {
  if (!settings.readings.has(param.name)) return undefined;
  try {
    return settingOf(settings, param, false);
  } catch {
    return undefined;
  }
}
