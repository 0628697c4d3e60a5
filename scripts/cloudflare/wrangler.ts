import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { refused } from "../engine/failure.ts";
import { compareVersions, satisfiesMinimum } from "./wrangler-version.ts";

/** The oldest version whose `d1` commands and dumps are known here; the last one that runs on Node 20. */
export const oldestWrangler = "4.86.0";

/** A wrangler of this machine, and how it is called: program and the first arguments. */
export interface Wrangler {
  readonly version: string;
  /** This Node: no npx, no shell shim between us and it. */
  readonly program: string;
  /** The path of wrangler's own script. */
  readonly args: readonly string[];
  readonly from: "project" | "movebook";
  /** Why the project's own one was not taken; undefined when it was, or when there is none. */
  readonly note?: string;
}

const manifestSchema = z.object({
  version: z.string(),
  bin: z.union([z.string(), z.record(z.string(), z.string())]),
  engines: z.object({ node: z.string().optional() }).optional(),
});

/** What package.json of an installed wrangler says. */
interface Installed {
  readonly version: string;
  readonly script: string;
  /** As in package.json: ">=22.0.0". */
  readonly node: string | undefined;
}

function readInstalled(manifestFile: string): Installed | undefined {
  if (!existsSync(manifestFile)) return undefined;
  const manifest = manifestSchema.safeParse(JSON.parse(readFileSync(manifestFile, "utf8")));
  if (!manifest.success) return undefined;
  const { version, bin, engines } = manifest.data;
  const script = typeof bin === "string" ? bin : bin["wrangler"];
  if (script === undefined) return undefined;
  return { version, script: join(dirname(manifestFile), script), node: engines?.node };
}

/** The folder and all above it. */
function listFoldersUpwards(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...listFoldersUpwards(above)];
}

/** Why an installed wrangler cannot be used with this Node; undefined when it can. */
function whyNot(installed: Installed, node: string): string | undefined {
  if (compareVersions(installed.version, oldestWrangler) < 0)
    return `the project's wrangler ${installed.version} is older than ${oldestWrangler}`;
  if (installed.node !== undefined && !satisfiesMinimum(node, installed.node))
    return `the project's wrangler ${installed.version} needs Node ${installed.node}, and this is Node ${node}`;
  return undefined;
}

function findOwn(): Installed | undefined {
  try {
    return readInstalled(createRequire(import.meta.url).resolve("wrangler/package.json"));
  } catch {
    return undefined;
  }
}

const build = (installed: Installed, from: Wrangler["from"], note?: string): Wrangler => ({
  version: installed.version,
  program: process.execPath,
  args: [installed.script],
  from,
  ...(note === undefined ? {} : { note }),
});

export interface WranglerSearch {
  /** Further folders of the project, relative to it, looked through first: `v2`. */
  readonly folders?: readonly string[];
  /** The version of Node that will run it; this one when left out. */
  readonly node?: string;
  /** The wrangler that belongs to this package; undefined says: none is installed. */
  readonly own?: () => Wrangler | undefined;
}

/** The wrangler that is installed with this package, if there is one. */
export function findOwnWrangler(): Wrangler | undefined {
  const installed = findOwn();
  return installed === undefined ? undefined : build(installed, "movebook");
}

/**
 * The operator's own wrangler, when it is new enough and this Node runs it; else the one that is installed with this
 * package.
 * @param projectFolder absolute; its node_modules and those of the folders above it are looked through
 * @throws Failure (exit 3) with the install command, when there is none that can be used
 */
export function findWrangler(projectFolder: string, search: WranglerSearch = {}): Wrangler {
  const { folders = [], node = process.versions.node, own = findOwnWrangler } = search;
  const places = [
    ...folders.map((folder) => resolve(projectFolder, folder)),
    ...listFoldersUpwards(resolve(projectFolder)),
  ];
  const theirs = places
    .map((folder) => readInstalled(join(folder, "node_modules/wrangler/package.json")))
    .filter((installed) => installed !== undefined);
  const usable = theirs.find((installed) => whyNot(installed, node) === undefined);
  if (usable !== undefined) return build(usable, "project");
  const note = theirs[0] && whyNot(theirs[0], node);
  const ours = own();
  if (ours !== undefined) return { ...ours, ...(note === undefined ? {} : { note }) };
  throw refused(note === undefined ? "wrangler is not installed" : "no wrangler can be used", [
    {
      what: note ?? "neither the project nor movebook has wrangler",
      where: projectFolder,
      todo: `Install it in the project: npm install --save-dev wrangler@${oldestWrangler}`,
    },
  ]);
}
