import { openDatabase, type D1Database } from "../../cloudflare/d1-database.ts";
import type { DatabaseAddress } from "../../cloudflare/database-address.ts";
import type { Execute } from "../../cloudflare/run-wrangler.ts";
import { findWrangler } from "../../cloudflare/wrangler.ts";
import type { StepContext } from "../../engine/step.ts";
import { sourceAddress, targetAddress } from "./addresses.ts";
import { askPatiently } from "./patience.ts";

/** The last call on each local database: two wranglers at once find its file locked. */
const lastCalls = new Map<string, Promise<unknown>>();

/** Local calls on one database go one after the other; remote ones as they come. */
function inTurn(address: DatabaseAddress, execute: Execute): Execute {
  if (address.place === "remote") return execute;
  const key = `${address.stateFolder} ${address.id}`;
  return async (command, redirects) => {
    const before = lastCalls.get(key) ?? Promise.resolve();
    const own = before.catch(() => undefined).then(() => execute(command, redirects));
    lastCalls.set(key, own);
    await own;
  };
}

/** Questions change nothing: they are asked again when the connection fails, or somebody else has the file. */
function open(context: StepContext, address: DatabaseAddress, readOnly: boolean): D1Database {
  const database = openDatabase({
    wrangler: findWrangler(context.projectFolder),
    address,
    execute: inTurn(address, context.execute),
    folder: context.runFolder,
    readOnly,
  });
  const { place } = address;
  return {
    name: database.name,
    id: database.id,
    place,
    query: (sql, title) => askPatiently(context, place, () => database.query(sql, title)),
    exportTo: database.exportTo,
    executeFile: database.executeFile,
    bookmark: () => askPatiently(context, place, database.bookmark),
    restore: database.restore,
  };
}

/** v1. Whatever is asked of it can only read: it refuses everything else before it is sent. */
export const withSource = (context: StepContext): D1Database =>
  open(context, sourceAddress(context), true);

/** v2, to read and to fill. */
export const withTarget = (context: StepContext): D1Database =>
  open(context, targetAddress(context), false);
