import type { Settings } from "../../engine/param.ts";
import { readQuietly } from "./addresses.ts";
import {
  accountId,
  defaultStateFolder,
  sourceId,
  sourceName,
  sourceStateFolder,
  targetId,
  targetName,
  targetStateFolder,
} from "./params.ts";

/** `dataos-v2 (9a1f…), remote, account 0123…`; `dataos-v2 (9a1f…), local, in v2/.wrangler/state`. */
function describe(
  settings: Settings,
  params: readonly [typeof sourceName, typeof sourceId, typeof sourceStateFolder],
): string {
  const [name, id, folder] = params.map((param) => readQuietly(settings, param));
  const place =
    settings.environment === "remote"
      ? `remote, account ${readQuietly(settings, accountId) ?? "not set"}`
      : `local, in ${folder ?? defaultStateFolder}`;
  return `${name ?? "not set"} (${id ?? "not set"}), ${place}`;
}

/** Both databases without secrets, for the journal's first line: a run is finished with the databases it began with. */
export const pinIdentity = (settings: Settings): Record<string, string> => ({
  source: describe(settings, [sourceName, sourceId, sourceStateFolder]),
  target: describe(settings, [targetName, targetId, targetStateFolder]),
});

/** What may be typed after --confirm: v2's name. */
export function listTargetNames(settings: Settings): string[] {
  const name = readQuietly(settings, targetName);
  return name === undefined ? [] : [name];
}
