import { tmpdir } from "node:os";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CheckResult } from "../../scripts/engine/check.ts";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";
import { connect, type Database } from "../../scripts/postgres/database.ts";
import { findPooling, type ProbedSession } from "../../scripts/postgres/session-probe.ts";
import {
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import { checkDirect } from "../../scripts/steps/data-move/preflight/direct.ts";
import { makePreflightContext } from "./preflight-context.ts";

let server: ThrowawayServer;
const open: Database[] = [];

const session = async (): Promise<Database> => {
  const endpoint = parseConnectionUrl(server.url("postgres"));
  const database = await connect(endpoint, { readOnly: true, applicationName: "movebook test" });
  open.push(database);
  return database;
};
const { context } = makePreflightContext({ folder: tmpdir() });
const say = (results: readonly CheckResult[]): string[] =>
  results.map(({ outcome, text }) => `${outcome}: ${text}`);

beforeAll(async () => {
  server = await startThrowawayServer();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.close()));
});
afterAll(() => server.stop());

/** What a transaction pooler does: every transaction, and every statement outside of one, goes to the next server process. */
function pool(sessions: readonly Database[]): () => ProbedSession {
  let turn = 0;
  let busy: readonly Database[] = [];
  return () => {
    let held: Database | undefined;
    const query = async (text: string, values: readonly unknown[] = []): Promise<never[]> => {
      const free = sessions.filter((each) => !busy.includes(each));
      const used = held ?? free[turn++ % free.length];
      if (used === undefined) throw new Error("the pool is empty");
      if (text === "begin") busy = [...busy, (held = used)];
      if (text === "rollback") {
        busy = busy.filter((each) => each !== held);
        held = undefined;
      }
      return used.query<never>(text, values);
    };
    return { query };
  };
}

describe("a direct connection", () => {
  it("keeps one server process and its settings", async () => {
    const results = await checkDirect(context, "v1", await session());
    expect(say(results)).toEqual(["passed: v1 is reached directly: a session keeps its settings"]);
  });

  it("is refused by its URL when that is a pooler's", async () => {
    const reached = await session();
    const endpoint = parseConnectionUrl(
      "postgresql://app:x@ep-cool-pooler.eu.aws.neon.tech/one?pgbouncer=true",
    );
    const [result] = await checkDirect(context, "v2", Object.assign(reached, { endpoint }));
    expect(result).toMatchObject({
      outcome: "problem",
      text: "v2's URL is a connection pooler's: host has -pooler, pgbouncer=true",
    });
  });

  it("is told from a pooler that hands out another process for every transaction", async () => {
    const client = pool([await session(), await session()]);
    expect(await findPooling(client(), client())).toMatch(
      /^10 transactions of one session were answered by 2 server processes$/,
    );
  });

  it("is told from a pooler that hands out the same process as long as nobody else wants it", async () => {
    const sessions = [await session(), await session()];
    let holder: object | undefined;
    const client = (): ProbedSession => {
      const me = {};
      const query = (text: string): Promise<never[]> => {
        const used = holder === undefined || holder === me ? sessions[0] : sessions[1];
        if (text === "begin") holder ??= me;
        if (text === "rollback" && holder === me) holder = undefined;
        return (used as Database).query<never>(text);
      };
      return { query };
    };
    expect(await findPooling(client(), client())).toContain("answered by 2 server processes");
  });

  it("is told from a pooler that resets the session after every transaction", async () => {
    const one = await session();
    const query = async (text: string): Promise<never[]> => {
      const rows = await one.query(text);
      if (text === "rollback") await one.query("discard all");
      return rows as never[];
    };
    expect(await findPooling({ query }, await session())).toBe(
      "a session setting was gone in 9 of 10 transactions",
    );
  });
});

describe("a pooler", () => {
  it("with a single server process lets a second session wait, which is not waited for", async () => {
    const one = await session();
    let release = (): void => undefined;
    let free = Promise.resolve();
    const client = (): ProbedSession => ({
      query: async (text: string): Promise<never[]> => {
        if (text === "begin") {
          await free;
          free = new Promise((resolve) => {
            release = resolve;
          });
        }
        const rows = await one.query<never>(text);
        if (text === "rollback") release();
        return rows;
      },
    });
    expect(await findPooling(client(), client(), { rounds: 1, patience: 50 })).toBe(
      "a transaction had to wait until that of another session ended",
    );
  });

  it("for single statements says so itself", async () => {
    const refusal = Object.assign(
      new Error("transaction blocks not allowed in statement pooling mode"),
      { code: "08P01" },
    );
    const query = (text: string): Promise<never[]> =>
      text === "begin" ? Promise.reject(refusal) : Promise.resolve([]);
    expect(await findPooling({ query }, { query })).toBe(
      'it says "transaction blocks not allowed in statement pooling mode"',
    );
  });
});
