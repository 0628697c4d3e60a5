import type { Command } from "../engine/command.ts";
import type { Account, DatabaseAddress } from "./database-address.ts";
import { buildEnvironment, buildRemoteEnvironment } from "./wrangler-environment.ts";
import { accountConfigOf, configFileOf } from "./wrangler-config.ts";
import type { Wrangler } from "./wrangler.ts";

/** What all calls for one database share. */
export interface D1Call {
  readonly wrangler: Wrangler;
  readonly address: DatabaseAddress;
  /** The run folder: openDatabase writes the configuration there. */
  readonly folder: string;
}

/**
 * Without --remote wrangler takes the local database, whatever was meant: exactly one of both is always there.
 * `d1 export` does not know --persist-to; its state folder is the one beside the configuration.
 */
function placeWords({ address }: D1Call, verb: "execute" | "export"): string[] {
  if (address.place === "remote") return ["--remote"];
  return verb === "export" ? ["--local"] : ["--local", "--persist-to", address.stateFolder];
}

const buildCall = (call: D1Call, title: string, words: readonly string[]): Command => ({
  title,
  program: call.wrangler.program,
  args: [
    ...call.wrangler.args,
    "d1",
    ...words,
    "--config",
    configFileOf(call.address, call.folder),
  ],
  ...buildEnvironment(call.address, call.folder),
});

/** @param sql statements that are separated by ";\n" */
export const buildQueryCommand = (call: D1Call, sql: string, title: string): Command =>
  buildCall(call, title, [
    "execute",
    call.address.name,
    ...placeWords(call, "execute"),
    "--json",
    // one word: a statement that begins with a dash is no option
    `--command=${sql}`,
  ]);

export const buildFileCommand = (call: D1Call, file: string, title: string): Command =>
  buildCall(call, title, [
    "execute",
    call.address.name,
    ...placeWords(call, "execute"),
    "--json",
    "--yes",
    "--file",
    file,
  ]);

export const buildExportCommand = (
  call: D1Call,
  file: string,
  what: "all" | "schema" = "all",
): Command =>
  buildCall(call, `Export ${call.address.name}`, [
    "export",
    call.address.name,
    ...placeWords(call, "export"),
    ...(what === "schema" ? ["--no-data"] : []),
    "--skip-confirmation",
    "--output",
    file,
  ]);

/** Time Travel and the facts of a database are asked of Cloudflare only; these verbs know neither --local nor --remote. */
function buildRemoteOnly(call: D1Call, title: string, words: readonly string[]): Command {
  if (call.address.place !== "remote")
    throw new Error(`"d1 ${words.join(" ")}" would ask Cloudflare about a local database`);
  return buildCall(call, title, words);
}

export const buildBookmarkCommand = (call: D1Call): Command =>
  buildRemoteOnly(call, `Read the Time Travel bookmark of ${call.address.name}`, [
    "time-travel",
    "info",
    call.address.name,
    "--json",
  ]);

export const buildRestoreCommand = (call: D1Call, bookmark: string): Command =>
  buildRemoteOnly(call, `Restore ${call.address.name} to a bookmark`, [
    "time-travel",
    "restore",
    call.address.name,
    `--bookmark=${bookmark}`,
    "--json",
  ]);

/** Size, id and name of the database that has our id. */
export const buildInfoCommand = (call: D1Call): Command =>
  buildRemoteOnly(call, `Describe ${call.address.name}`, ["info", call.address.name, "--json"]);

/** A call that concerns an account and no database. */
export interface AccountCall {
  readonly wrangler: Wrangler;
  readonly account: Account;
  readonly folder: string;
}

const buildAccountCall = (call: AccountCall, title: string, words: string[]): Command => ({
  title,
  program: call.wrangler.program,
  args: [
    ...call.wrangler.args,
    ...words,
    "--json",
    // else one that stands in a folder above the run's is found
    "--config",
    accountConfigOf(call.folder),
  ],
  ...buildRemoteEnvironment(call.account, call.folder),
});

export const buildListCommand = (call: AccountCall): Command =>
  buildAccountCall(call, "List the D1 databases of the account", ["d1", "list"]);

export const buildWhoamiCommand = (call: AccountCall): Command =>
  buildAccountCall(call, "Ask who is logged in", ["whoami"]);
