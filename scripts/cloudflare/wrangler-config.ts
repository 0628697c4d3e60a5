import { existsSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { DatabaseAddress } from "./database-address.ts";

/** The folder, below the one of the run, in which wrangler finds its configuration for one database. */
const folderOf = (address: DatabaseAddress, folder: string): string =>
  join(folder, "wrangler", `${address.place}-${encodeURIComponent(address.id)}`);

/** The configuration file for a database; see writeConfig. */
export const configFileOf = (address: DatabaseAddress, folder: string): string =>
  join(folderOf(address, folder), "wrangler.json");

/** Wrangler's debug log, see prepareFolder; a path that ends in `.log` is taken for the file itself. */
export const logFileOf = (folder: string): string => join(folder, "wrangler/debug.log");

/** A configuration that names nothing, for calls that concern no database; see prepareFolder. */
export const accountConfigOf = (folder: string): string => join(folder, "wrangler/wrangler.json");

/**
 * Makes the folder in which wrangler keeps its own files. Its debug log repeats whatever it prints, row values too, and
 * has no switch: here it goes nowhere.
 * @param folder the run folder, mode 0700
 */
export function prepareFolder(folder: string): void {
  mkdirSync(join(folder, "wrangler"), { recursive: true, mode: 0o700 });
  if (existsSync("/dev/null")) makeLink("/dev/null", logFileOf(folder));
  writeFileSync(accountConfigOf(folder), "{}\n", { mode: 0o600 });
}

function makeLink(target: string, link: string): void {
  try {
    symlinkSync(target, link, "junction");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/** A link, so that `d1 export --local`, which has no --persist-to, finds the state folder beside its configuration. */
function linkState(own: string, stateFolder: string): void {
  const link = join(own, ".wrangler/state");
  mkdirSync(join(own, ".wrangler"), { recursive: true, mode: 0o700 });
  makeLink(resolve(stateFolder), link);
  if (resolve(readlinkSync(link)) !== resolve(stateFolder))
    throw new Error(`${link} leads to another state folder than ${stateFolder}`);
}

/**
 * Writes a configuration of our own that names one database, so that the one of the operator's project has no say
 * and the run folder needs no project.
 * @param folder the run folder, mode 0700
 * @returns the path of the configuration
 */
export function writeConfig(address: DatabaseAddress, folder: string): string {
  prepareFolder(folder);
  const own = folderOf(address, folder);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  const file = configFileOf(address, folder);
  const config = {
    name: "movebook",
    compatibility_date: "2026-01-01",
    send_metrics: false,
    d1_databases: [{ binding: "DATABASE", database_name: address.name, database_id: address.id }],
  };
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  if (address.place === "local") linkState(own, address.stateFolder);
  return file;
}
