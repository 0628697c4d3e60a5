import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CheckResult } from "../../scripts/engine/check.ts";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";
import { connect, type Database } from "../../scripts/postgres/database.ts";
import { readKinship } from "../../scripts/postgres/identity.ts";
import {
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import { sourceUrl, targetUrl } from "../../scripts/steps/data-move/params.ts";
import { checkIdentity } from "../../scripts/steps/data-move/preflight/identity.ts";
import { checkWritable } from "../../scripts/steps/data-move/preflight/readiness.ts";
import { reachServer, type ServerFacts } from "../../scripts/steps/data-move/preflight/servers.ts";
import { checkSnapshot } from "../../scripts/steps/data-move/preflight/snapshot.ts";
import { makePreflightContext } from "./preflight-context.ts";

let server: ThrowawayServer;
let twin: ThrowawayServer;
let folder: string;
let password: string;
const open: Database[] = [];

const session = async (
  url: string,
  application = "movebook test",
  readOnly = true,
): Promise<Database> => {
  const database = await connect(parseConnectionUrl(url), {
    readOnly,
    applicationName: application,
  });
  open.push(database);
  return database;
};
const urlOf = (database: string): string => server.url(database, "app", password);
const say = (results: readonly CheckResult[]): string[] =>
  results.map(({ outcome, text }) => `${outcome}: ${text}`);
const contextOf = (variables: Record<string, string>) =>
  makePreflightContext({ folder, variables }).context;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "preflight-servers-"));
  // both from one template: as a restored copy, they have the same system identifier
  [server, twin] = await Promise.all([startThrowawayServer(), startThrowawayServer()]);
  password = await server.createRole("app");
  await server.createDatabase("one", { owner: "app" });
  await server.createDatabase("two", { owner: "app" });
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.close()));
});

afterAll(async () => {
  await Promise.all([server.stop(), twin.stop()]);
  rmSync(folder, { recursive: true });
});

describe("a server", () => {
  const reach = async (url: string): Promise<readonly CheckResult[]> => {
    const reached = await reachServer(contextOf({ DATABASE_DIRECT_URL: url }), "v2", targetUrl);
    await reached.session?.close();
    return reached.results;
  };

  it("that answers says its version, our role and whether the connection is encrypted", async () => {
    expect(say(await reach(urlOf("one")))).toEqual([
      `passed: v2 answers: app@127.0.0.1:${server.port}/one, PostgreSQL ${server.version}, role app, not encrypted`,
    ]);
  });

  it("that does not know the password is named without it", async () => {
    const [result] = await reach(server.url("one", "app", "canary-4711"));
    expect(result).toMatchObject({
      outcome: "problem",
      problem: {
        where: `app@127.0.0.1:${server.port}/one`,
        todo: expect.stringContaining("password"),
      },
    });
    expect(JSON.stringify(result)).not.toContain("canary-4711");
  });

  it("that is not there is a problem", async () => {
    const [result] = await reach("postgresql://app:x@127.0.0.1:1/one");
    expect(result?.text).toBe("v2 cannot be reached: connect ECONNREFUSED 127.0.0.1:1");
    expect(result?.problem?.todo).toBe("Look at host and port, and whether the server is up.");
  });

  it("that lacks the database is a problem", async () => {
    const [result] = await reach(urlOf("nowhere"));
    expect(result?.text).toContain('database "nowhere" does not exist');
    expect(result?.problem?.todo).toBe("Look at the database's name.");
  });

  it("is not asked when its URL is missing", async () => {
    const reached = await reachServer(contextOf({}), "v1", sourceUrl);
    expect(say(reached.results)).toEqual([
      "noted: v1 was not asked: its URL is missing or wrong, see above",
    ]);
  });
});

describe("v1 and v2", () => {
  const check = async (source: string, target: string): Promise<CheckResult[]> => {
    const [from, into] = [await session(source), await session(target)];
    return checkIdentity({ context: contextOf({}), source: from, target: into });
  };

  it.each([
    ["the same name", "127.0.0.1", ""],
    ["another name", "localhost", ""],
    ["another user and options", "127.0.0.1", "&application_name=x"],
  ])("are the same database under %s", async (_, host, more) => {
    const other = `postgresql://${server.superuser}:${encodeURIComponent(server.superuserPassword)}@${host}:${server.port}/one?sslmode=disable${more}`;
    const [result] = await check(urlOf("one"), other);
    expect(result).toMatchObject({
      outcome: "problem",
      text: "v1 and v2 are the same database",
      problem: { details: expect.arrayContaining(["a lock taken on v2 is seen from v1"]) },
    });
  });

  it("may be two databases of one server", async () => {
    expect(say(await check(urlOf("one"), urlOf("two")))).toEqual([
      "passed: v1 and v2 are different databases",
      "noted: both are on the same server",
    ]);
  });

  it("may be copies of one another: equal identifiers alone prove nothing", async () => {
    const results = await check(server.url("postgres"), twin.url("postgres"));
    expect(say(results)[0]).toBe("passed: v1 and v2 are different databases");
    expect(say(results)[1]).toContain("their identifiers are equal");
  });

  it("are known by the lock alone where the role may not ask for the system", async () => {
    await server.psql("one", "revoke execute on function pg_control_system() from public");
    try {
      const { kinship, source } = await readKinship(
        await session(urlOf("one")),
        await session(urlOf("one")),
      );
      expect(source.systemIdentifier).toBeUndefined();
      expect(kinship).toBe("same-database");
    } finally {
      await server.psql("one", "grant execute on function pg_control_system() to public");
    }
  });
});

describe("v1 as a snapshot", () => {
  it("is quiet when only we and the server itself are connected", async () => {
    const source = await session(urlOf("one"));
    await session(urlOf("one"), "movebook data-move dev other-run");
    await session(urlOf("two"), "shop");
    expect(say(await checkSnapshot(source))).toEqual([
      "passed: v1 is quiet: no other client is connected",
    ]);
  });

  it("may have an idle client, which is named", async () => {
    const idle = await session(urlOf("one"), "psql");
    await idle.query("select 1");
    expect(say(await checkSnapshot(await session(urlOf("one"))))).toEqual([
      "passed: v1 is quiet: nobody wrote within 1.5 s",
      "noted: 1 other client connected to v1 and idle or reading: psql (app)",
    ]);
  });

  it("is not live: a writer with short transactions is noticed, also by a role that may not look into its session", async () => {
    await server.psql("one", "create table if not exists busy (id int)");
    const writer = await session(server.url("one"), "shop-api", false);
    const writes = new AbortController();
    const writing = (async () => {
      while (!writes.signal.aborted) {
        await writer.query("insert into public.busy values (1)");
        await wait(20);
      }
    })();
    try {
      const [result] = await checkSnapshot(await session(urlOf("one")));
      expect(result).toMatchObject({
        outcome: "problem",
        text: "v1 is being written to: it looks like the live database, not like a snapshot",
        overridable: "source-is-snapshot",
      });
      expect(result?.problem?.details?.join("\n")).toMatch(
        /[1-9]\d* rows written to tables within 1\.5 s/,
      );
      expect(result?.problem?.details?.at(-1)).toBe(`connected: shop-api (${server.superuser})`);
    } finally {
      writes.abort();
      await writing;
    }
  });

  it("is not live: a transaction that has written and is still open is noticed", async () => {
    await server.psql("one", "create table if not exists busy (id int)");
    const writer = await session(server.url("one"), "batch", false);
    await writer.query("begin; insert into public.busy values (1)");
    const [result] = await checkSnapshot(await session(urlOf("one")));
    expect(result?.problem?.details?.[0]).toBe(
      `transactions that write: batch (${server.superuser}) within 1.5 s`,
    );
  });
});

describe("v2", () => {
  const facts: ServerFacts = {
    version: "15.1",
    role: "app",
    database: "one",
    standby: false,
    encrypted: true,
    encoding: "UTF8",
    bytes: "1",
  };

  it("takes writes, whatever its role or database is set to", async () => {
    await server.psql("one", "alter role app set default_transaction_read_only = on");
    try {
      const results = await checkWritable(await session(urlOf("one")), facts);
      expect(say(results)[0]).toBe("passed: v2 takes writes");
      expect(say(results)[1]).toContain("noted: default_transaction_read_only is on for v2's role");
    } finally {
      await server.psql("one", "alter role app reset default_transaction_read_only");
    }
  });

  it("must not be a standby", async () => {
    const [result] = await checkWritable(await session(urlOf("one")), { ...facts, standby: true });
    expect(result?.text).toBe("v2 is a standby (a read replica): it takes no writes");
  });
});
