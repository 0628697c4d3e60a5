import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { prepare, type TrialStage } from "./support/trial.ts";
import { listDifferences } from "./support/truth.ts";

/* Somebody holds a table of v2, or of v1: every step says who, ends in time, and goes on when it is let go. */

// half a minute is what an operator waits
vi.mock("../../scripts/postgres/lock-wait.ts", () => ({ lockWait: 700 }));

let made: TrialStage;
let holder: pg.Client | undefined;
beforeAll(async () => {
  made = await prepare([
    { from: "fresh", words: "step preflight", to: "preflighted" },
    { from: "preflighted", words: "step dump", to: "dumped" },
    { from: "dumped", words: "step import", to: "imported" },
    { from: "imported", words: "step restore-foreign-keys", to: "compared" },
    { from: "dumped", words: "step drop-foreign-keys", to: "keys-dropped" },
    { from: "keys-dropped", words: "step import", to: "loaded" },
  ]);
});
afterAll(() => made.stage.stop());
afterEach(() => letGo());

const secret = "canary-of-a-row";

/** A worker that was forgotten in the middle of a transaction. */
async function hold(url: string, lock: string): Promise<void> {
  holder = new pg.Client({ connectionString: url, application_name: "the old worker" });
  await holder.connect();
  await holder.query(`begin; ${lock}; select '${secret}'`);
}

async function letGo(): Promise<void> {
  await holder?.end();
  holder = undefined;
}

/** Goes on, or back. @returns in what v2 differs from what it should be then */
async function call(words: "resume" | "undo"): Promise<readonly string[]> {
  const { code, output } = await made.stage.call(words);
  const wanted = words === "undo" ? made.untouched : made.finished;
  return code === 0 ? listDifferences(wanted, await made.stage.picture()) : [output];
}

const exclusive = "in access exclusive mode";
describe.each([
  ["preflighted", "step dump", "v1", `lock table note ${exclusive}`, 1],
  ["dumped", "step drop-foreign-keys", "v2", `lock table note in row exclusive mode`, 1],
  ["dumped", "step import", "v2", `lock table animal in row exclusive mode`, 1],
  ["keys-dropped", "step import", "v2", `lock table note in row exclusive mode`, 6],
  ["loaded", "step restore-foreign-keys", "v2", `lock table litter in row exclusive mode`, 6],
  ["compared", "step postimport", "v2", `lock table event ${exclusive}`, 1],
  ["compared", "step postimport", "v2", `table largest_kennel`, 1],
  ["imported", "undo", "v2", `lock table audit in row exclusive mode`, 1],
  ["keys-dropped", "undo", "v2", `lock table "Odd Name" in row exclusive mode`, 6],
] as const)("%s: %s, while a session of %s has said: %s", (from, words, side, lock, code) => {
  test("says who, keeps what is there, and goes on afterwards", async () => {
    await made.stage.goBackTo(from);
    await hold(side === "v1" ? made.stage.v1Url : made.stage.v2Url, lock);
    const waited = await made.stage.call(words);
    expect(waited.code, waited.output).toBe(code);
    expect(waited.output).toContain("the old worker");
    expect(waited.output).toMatch(/role kennel_owner, from 127\.0\.0\.1, server process \d+/u);
    expect(waited.output).toContain("idle in transaction, last statement: BEGIN");
    expect(waited.output).toMatch(/in a transaction since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/u);
    expect(waited.output).not.toContain(secret);
    await letGo();
    expect((await made.stage.call("status")).code).toBe(code === 6 ? 6 : 0);
    expect(await call(words === "undo" ? "undo" : "resume")).toEqual([]);
  });
});

test("of another role's session the server tells no more than the name", async () => {
  const { stage } = made;
  await stage.goBackTo("dumped");
  await hold(stage.v2.url("kennel"), "lock table note in row exclusive mode");
  const { code, output } = await stage.call("step import");
  expect(code, output).toBe(1);
  expect(output).toMatch(
    /the old worker \(role postgres, server process \d+, this role may not see/u,
  );
  await letGo();
  expect(await call("resume")).toEqual([]);
});
