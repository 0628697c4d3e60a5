import { createHash, createHmac } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { refused } from "../engine/failure.ts";
import { describeAddress, type LocalAddress } from "./database-address.ts";

const uniqueKey = "miniflare-D1DatabaseObject";

/**
 * The name that miniflare gives the file of a local database: the id of a Durable Object that is called by the
 * database's id (workers-sdk, packages/miniflare/src/plugins/shared, durableObjectNamespaceIdFromName).
 */
function nameFile(id: string): string {
  const key = createHash("sha256").update(uniqueKey).digest();
  const sign = (text: string | Buffer): Buffer =>
    createHmac("sha256", key).update(text).digest().subarray(0, 16);
  const name = sign(id);
  return `${Buffer.concat([name, sign(name)]).toString("hex")}.sqlite`;
}

const folderOf = ({ stateFolder }: LocalAddress): string => join(stateFolder, "v3/d1", uniqueKey);

/** Where wrangler keeps a local database. Only wrangler opens it; we look whether it is there. */
export const localFileOf = (address: LocalAddress): string =>
  join(folderOf(address), nameFile(address.id));

/** How many local databases a state folder holds. */
function countDatabases(address: LocalAddress): number {
  const folder = folderOf(address);
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)).length;
}

/** @throws Failure (exit 3) when the state folder holds no database of that id; wrangler would answer with an empty one */
export function refuseMissingDatabase(address: LocalAddress): void {
  if (existsSync(localFileOf(address))) return;
  const others = countDatabases(address);
  throw refused(`there is no local database with the id ${address.id}`, [
    {
      what: `${describeAddress(address)} is not in the state folder, which holds ${others === 1 ? "1 database" : `${others} databases`}`,
      where: address.stateFolder,
      todo: "Look at the id (database_id in wrangler's configuration; preview_database_id wins locally) and at the state folder.",
    },
  ]);
}
