import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { makeMove, questions, startPair, type Move, type Pair } from "./support/move.ts";

/* A move of less than everything: what stays in v1 by decision, and a run in parts. */

let pair: Pair;
let move: Move;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());
afterEach(() => move.remove());

const dev = ["--env", "dev"];
const wholeRun = ["run", "data-move", ...dev];
const everything = async (): Promise<string> =>
  (await Promise.all(Object.values(questions).map((sql) => move.inV2(sql)))).join("\n---\n");

describe("V1_LEAVE_OUT", () => {
  test("lets the move go; the decision is printed, recorded, and named by validation", async () => {
    move = await makeMove(pair);
    await move.inV1(
      `create table "LegacyLog" (id int, note text); insert into "LegacyLog" values (1, 'canary');
       alter table "Party" add column "oldCode" text; update "Party" set "oldCode" = 'canary'`,
    );
    const env = { V1_LEAVE_OUT: "LegacyLog,Party.oldCode,Animal.photo" };
    const ended = await move.movebook(wholeRun, { env });
    expect(ended.code, ended.output).toBe(0);
    for (const text of [
      "· left out: LegacyLog (left out by decision (V1_LEAVE_OUT))",
      "column Party.oldCode is left behind by decision (filled in 24 rows)",
      "· left out: Party.oldCode (not loaded by decision (V1_LEAVE_OUT))",
      "· LegacyLog: not moved, left out by decision (V1_LEAVE_OUT)",
      "· Party.oldCode: not moved, by decision",
      "· Animal.photo: not moved, by decision",
      "RESULT: PASS",
    ])
      expect(ended.output).toContain(text);
    const [run = ""] = move.runs();
    const manifest = JSON.parse(readFileSync(join(run, "v1_data.manifest.json"), "utf8")) as {
      leftOut: object[];
    };
    expect(manifest.leftOut).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ table: "LegacyLog" }),
        expect.objectContaining({ table: "Party", column: "oldCode" }),
        expect.objectContaining({ table: "Animal", column: "photo" }),
      ]),
    );
    expect(readFileSync(join(run, "journal.jsonl"), "utf8")).toContain("Party.oldCode");
    expect(await move.inV2(`select count(*) from "Animal" where photo is not null`)).toBe("0");
    expect(await move.inV2(`select count(*) from "Party"`)).toBe("24");
  });

  test("of a table that others refer to: the import names the keys and what they refer to", async () => {
    move = await makeMove(pair);
    const before = await everything();
    const env = { V1_LEAVE_OUT: "BreedingPlan" };
    const ended = await move.movebook(wholeRun, { env });
    expect(ended.code).toBe(1);
    expect(ended.output).toContain("4 foreign keys violated (SQLSTATE 23503)");
    expect(ended.output).toContain("reference to BreedingPlan, which is not moved");
    expect(await everything()).toBe(before);
  });
});

describe("a part of a run", () => {
  test("--until dump, then --from import: one run, done and validated", async () => {
    move = await makeMove(pair);
    const begun = await move.movebook([...wholeRun, "--until", "dump"]);
    expect(begun.code).toBe(0);
    expect(await move.inV2(questions.rows)).toBe("0|0|0");
    const ended = await move.movebook([...wholeRun, "--from", "import"]);
    expect(ended.code, ended.output).toBe(0);
    expect(ended.output).not.toContain("▶ dump");
    expect(ended.output).toContain("RESULT: PASS");
    expect(move.runs()).toHaveLength(1);
    const status = await move.movebook(["status", "data-move", ...dev]);
    expect(status.output).toMatch(/Run \S+ \(done,/);
  });

  test("--only preflight runs nothing else", async () => {
    move = await makeMove(pair);
    const ended = await move.movebook([...wholeRun, "--only", "preflight"]);
    expect(ended.code).toBe(0);
    expect(ended.output.match(/^▶ /gm)).toHaveLength(1);
    expect(readdirSync(move.runs()[0] ?? "")).not.toContain("v1_data.sql");
  });

  test("--from import without a dump says where to begin", async () => {
    move = await makeMove(pair);
    const ended = await move.movebook([...wholeRun, "--from", "import"]);
    expect(ended.code).toBe(3);
    expect(ended.output).toContain("there is no dump in this run");
    expect(ended.output).toMatch(/next +npx movebook run data-move --env dev --from dump/);
  });

  test("the import once more: it says that it is done, and what comes next; resume goes on", async () => {
    move = await makeMove(pair);
    expect((await move.movebook([...wholeRun, "--until", "import"])).code).toBe(0);
    const again = await move.movebook([...wholeRun, "--only", "import"]);
    expect(again.code).toBe(3);
    expect(again.output).toContain("this run has imported already");
    expect(again.output).toMatch(/next +npx movebook resume data-move --env dev\n/);
    const status = await move.movebook(["status", "data-move", ...dev]);
    expect(status.output).toMatch(
      /! v2 holds the rows of this run .*\n +next +npx movebook resume/,
    );
    const ended = await move.movebook(["resume", "data-move", ...dev]);
    expect(ended.output).toContain("RESULT: PASS");
    expect(ended.code).toBe(0);
  });

  test("names that are none, and an order that is none, are usage errors", async () => {
    move = await makeMove(pair);
    const unknown = await move.movebook([...wholeRun, "--from", "dmup"]);
    expect(unknown.code).toBe(2);
    const reversed = await move.movebook([...wholeRun, "--from", "validate", "--until", "dump"]);
    expect(reversed.code).toBe(2);
    expect(reversed.output).toContain("--from validate comes after --until dump");
  });
});
