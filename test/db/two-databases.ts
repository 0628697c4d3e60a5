import { connect, type Database } from "../../scripts/postgres/database.ts";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";
import {
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";

/** v1 and v2 as two databases of one server, both owned by a role without superuser, with a session on each. */
export interface TwoDatabases {
  readonly server: ThrowawayServer;
  readonly source: Database;
  /** May write. */
  readonly target: Database;
  /** The owner's connection URLs. */
  readonly urls: { readonly source: string; readonly target: string };
  /** Runs SQL as the owner. */
  readonly run: (side: "v1" | "v2" | "both", sql: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Makes two new databases on a server that may be shared by many of them. */
export async function makeTwoDatabases(
  server: ThrowawayServer,
  name: string,
): Promise<TwoDatabases> {
  const owner = `${name}_owner`;
  const password = await server.createRole(owner);
  const urls = { source: "", target: "" };
  for (const [side, key] of [
    ["v1", "source"],
    ["v2", "target"],
  ] as const) {
    await server.createDatabase(`${name}_${side}`, { owner });
    urls[key] = `${server.url(`${name}_${side}`, owner, password)}?sslmode=disable`;
  }
  const open = (url: string, readOnly: boolean): Promise<Database> =>
    connect(parseConnectionUrl(url), { readOnly, applicationName: "test" });
  const source = await open(urls.source, true);
  const target = await open(urls.target, false);
  const owners = { v1: await open(urls.source, false), v2: await open(urls.target, false) };
  for (const side of ["v1", "v2"] as const) await owners[side].query("set search_path to default");
  return {
    server,
    source,
    target,
    urls,
    run: async (side, sql) => {
      for (const one of side === "both" ? (["v1", "v2"] as const) : [side])
        await owners[one].query(sql);
    },
    stop: async () => {
      await Promise.all([source, target, owners.v1, owners.v2].map((db) => db.close()));
      await server.stop();
    },
  };
}

export const startTwoDatabases = async (): Promise<TwoDatabases> =>
  makeTwoDatabases(await startThrowawayServer(), "move");
