import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { noted, passed, problem, warned, type CheckResult } from "../engine/check.ts";
import { compareVersions } from "./wrangler-version.ts";

/**
 * A local state folder must not be opened by an older wrangler than the one that wrote it last: its runtime crashes
 * on newer files. Wrangler leaves no note of its version, so we leave one.
 */
const markerFile = (stateFolder: string): string => join(stateFolder, "movebook-wrangler.json");

const markerSchema = z.object({ version: z.string() });

/** Which wrangler wrote a state folder last, as far as we know. */
export type Marker = z.infer<typeof markerSchema>;

/** @returns undefined when there is no marker, or none that can be read */
export function readMarker(stateFolder: string): Marker | undefined {
  const file = markerFile(stateFolder);
  if (!existsSync(file)) return undefined;
  try {
    return markerSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

/** Notes the version before a call that writes into the folder. An older version never replaces a newer one. */
export function writeMarker(stateFolder: string, version: string): void {
  const known = readMarker(stateFolder);
  if (known !== undefined && compareVersions(known.version, version) >= 0) return;
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(markerFile(stateFolder), `${JSON.stringify({ version })}\n`);
}

/** Whether a wrangler may open a state folder. Reads only. */
export function compareMarker(stateFolder: string, version: string): CheckResult {
  const marker = readMarker(stateFolder);
  if (marker === undefined)
    return existsSync(join(stateFolder, "v3"))
      ? noted(`which wrangler wrote ${stateFolder} last is not known; ${version} will open it`)
      : passed(`${stateFolder} is new to wrangler ${version}`);
  const order = compareVersions(version, marker.version);
  if (order === 0) return passed(`${stateFolder} was last written by this wrangler, ${version}`);
  if (order > 0)
    return warned(`wrangler ${version} will open ${stateFolder}, which ${marker.version} wrote`, {
      where: stateFolder,
      todo: `After that ${marker.version} can no longer open it. Copy the folder first if you still need that one.`,
    });
  return problem(
    `wrangler ${version} is older than ${marker.version}, which wrote the state folder`,
    {
      where: stateFolder,
      todo: `An older wrangler crashes on it. Install the newer one: npm install --save-dev wrangler@${marker.version}`,
    },
  );
}
