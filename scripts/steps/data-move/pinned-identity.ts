import { settingOf } from "../../engine/context.ts";
import type { Param, Settings } from "../../engine/param.ts";
import { describeEndpoint, type Endpoint } from "../../postgres/endpoint.ts";
import { sourceUrl, targetUrl } from "./params.ts";

/** A setting, or undefined when it is missing or wrong: the first step reports that. */
function readQuietly(settings: Settings, param: Param<Endpoint>): Endpoint | undefined {
  try {
    return settingOf(settings, param, false);
  } catch {
    return undefined;
  }
}

/** Source and target without secrets, for the journal's first line: a run is finished with the databases it began with. */
export function pinIdentity(settings: Settings): Record<string, string> {
  const describe = (param: Param<Endpoint>): string => {
    const endpoint = readQuietly(settings, param);
    return endpoint === undefined ? "not set" : describeEndpoint(endpoint);
  };
  return { source: describe(sourceUrl), target: describe(targetUrl) };
}

/** What may be typed after --confirm: the target's database, or database@host where all are called alike (Neon). */
export function listTargetNames(settings: Settings): string[] {
  const target = readQuietly(settings, targetUrl);
  if (target === undefined) return [];
  const source = readQuietly(settings, sourceUrl);
  const full = `${target.database}@${target.host}`;
  return source?.database === target.database ? [full] : [target.database, full];
}
