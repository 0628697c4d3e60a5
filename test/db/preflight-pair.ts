import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { CheckResult } from "../../scripts/engine/check.ts";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";
import { connect, type Database } from "../../scripts/postgres/database.ts";
import {
  runSql,
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import type { ScopedSides } from "../../scripts/steps/data-move/preflight/section.ts";
import { readScope } from "../../scripts/steps/data-move/scope.ts";
import { makePreflightContext, type ContextFacts } from "./preflight-context.ts";

export const say = (results: readonly CheckResult[]): string[] =>
  results.map(({ outcome, text }) => `${outcome}: ${text}`);
export const problemsIn = (results: readonly CheckResult[]): string[] =>
  results.filter(({ outcome }) => outcome === "problem").map(({ text }) => text);

/** A new v1 and v2 for every test, both of the role `app`; `reader` and `other` are further roles. */
export interface PreflightPair {
  readonly folder: () => string;
  readonly password: () => string;
  /** Runs SQL as the owner. */
  readonly both: (sql: string) => Promise<void>;
  readonly inV1: (sql: string) => Promise<string>;
  readonly inV2: (sql: string) => Promise<string>;
  /** Runs SQL as the superuser; `%` stands for the database's name. */
  readonly asSuperuser: (side: "v1" | "v2", sql: string) => Promise<string>;
  readonly readSides: (
    users?: Partial<Record<"v1" | "v2", string>>,
    facts?: Partial<ContextFacts>,
  ) => Promise<ScopedSides>;
}

/** Sets up server and databases by the hooks of the calling test file. */
export function usePreflightPair(): PreflightPair {
  let server: ThrowawayServer;
  let folder: string;
  let password: string;
  let number = 0;
  const open: Database[] = [];
  const name = (side: "v1" | "v2"): string => `${side}_${number}`;
  const run = (side: "v1" | "v2", sql: string): Promise<string> =>
    runSql(server.url(name(side), "app", password), sql);
  const session = async (side: "v1" | "v2", user = "app"): Promise<Database> => {
    const endpoint = parseConnectionUrl(server.url(name(side), user, password));
    const made = await connect(endpoint, { readOnly: true, applicationName: "movebook test" });
    open.push(made);
    return made;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "preflight-pair-"));
    server = await startThrowawayServer();
    password = await server.createRole("app");
    await server.createRole("reader", { password });
    await server.createRole("other", { password });
  });
  beforeEach(async () => {
    number += 1;
    for (const side of ["v1", "v2"] as const)
      await server.createDatabase(name(side), { owner: "app" });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((database) => database.close()));
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  return {
    folder: () => folder,
    password: () => password,
    both: async (sql) => {
      await run("v1", sql);
      await run("v2", sql);
    },
    inV1: (sql) => run("v1", sql),
    inV2: (sql) => run("v2", sql),
    asSuperuser: (side, sql) => server.psql(name(side), sql.replaceAll("%", name(side))),
    readSides: async (users = {}, facts = {}) => {
      const { context } = makePreflightContext({ folder, ...facts });
      const source = await session("v1", users.v1);
      const target = await session("v2", users.v2);
      return { context, source, target, scope: await readScope(context, source, target) };
    },
  };
}
