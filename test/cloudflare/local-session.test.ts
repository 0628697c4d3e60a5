import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildKeeperCommand, LocalSession } from "../../scripts/cloudflare/local-session.ts";
import { holdLocal } from "../../scripts/cloudflare/local-sessions.ts";
import { LocalD1, ownWrangler } from "./local-d1.ts";

const d1 = new LocalD1();
const open = (): LocalSession => new LocalSession(d1.execute, ownWrangler(), d1.address("shop"));

/** Processes whose command line names the folder. */
function listProcesses(folder: string): string[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return line.includes(folder) || readlinkSync(`/proc/${pid}/cwd`).includes(folder)
          ? [line]
          : [];
      } catch {
        return [];
      }
    });
}

async function waitUntilNone(folder: string): Promise<string[]> {
  for (let attempt = 0; attempt < 100 && listProcesses(folder).length > 0; attempt += 1)
    await sleep(100);
  return listProcesses(folder);
}

beforeAll(() =>
  d1.create("shop", "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2, 'y')"),
);
afterAll(() => d1.remove());

describe("an open local database", () => {
  test("answers questions in their order, also those that are asked at once", async () => {
    const session = open();
    const answers = await Promise.all([
      session.ask(["SELECT a FROM t ORDER BY a"]),
      session.ask(["SELECT b FROM t WHERE a = 2", "SELECT 'line\ndone\n' AS text"]),
    ]);
    await session.close();
    expect(answers).toEqual([
      { results: [[{ a: 1 }, { a: 2 }]] },
      { results: [[{ b: "y" }], [{ text: "line\ndone\n" }]] },
    ]);
  });

  test("says what was wrong with a question, and answers the next one", async () => {
    const session = open();
    expect(await session.ask(["SELECT * FROM nowhere"])).toEqual({
      error: expect.stringContaining("no such table: nowhere") as string,
    });
    expect(await session.ask(["SELECT 1 AS n"])).toEqual({ results: [[{ n: 1 }]] });
    await session.close();
  });

  test("has left no process when it is closed", async () => {
    const session = open();
    await session.ask(["SELECT 1"]);
    await session.close();
    expect(await waitUntilNone(d1.folder)).toEqual([]);
  });

  test("stays open between questions that are far apart, as long as it is held", async () => {
    const shop = d1.open("shop");
    const before = d1.commands.length;
    await holdLocal(d1.address("shop"), async () => {
      await shop.query("SELECT 1", "Look");
      await sleep(1_000);
      await shop.query("SELECT 1", "Look again");
    });
    expect(d1.commands.length - before).toBe(1);
    expect(await waitUntilNone(d1.folder)).toEqual([]);
  });

  test("is given up before wrangler's own command opens the file", async () => {
    const shop = d1.open("shop");
    await shop.query("SELECT 1", "Look");
    await d1.create("shop", "INSERT INTO t VALUES (3, 'z')");
    expect(await shop.query("SELECT count(*) AS n FROM t", "Look")).toEqual([[{ n: 3 }]]);
  });
});

test.each([
  ["idle", "SELECT 1", "answered"],
  [
    "busy",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "asked",
  ],
])("when whoever asks is killed, the runtime ends, %s as it is", async (_how, sql, sign) => {
  const { program, args } = buildKeeperCommand(ownWrangler(), d1.address("shop"));
  const script = `
    const keeper = require("node:child_process").spawn(${JSON.stringify(program)}, ${JSON.stringify(args)}, { stdio: ["pipe", "pipe", "inherit"] });
    keeper.stdin.write(${JSON.stringify(`${JSON.stringify([sql])}\n`)});
    keeper.stdout.once("data", () => console.log("answered"));
    if (${JSON.stringify(sign)} === "asked") setTimeout(() => console.log("asked"), 2000);
    setInterval(() => undefined, 1000);`;
  const asker = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(asker.stdout, "data");
  expect(listProcesses(d1.folder).length).toBeGreaterThan(0);
  asker.kill("SIGKILL");
  await once(asker, "close");
  expect(await waitUntilNone(d1.folder)).toEqual([]);
});
