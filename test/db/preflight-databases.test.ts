import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Journal } from "../../scripts/engine/journal.ts";
import { remembered } from "../../scripts/steps/data-move/remembered.ts";
import { buildRunEntry } from "../../scripts/postgres/ledger-run.ts";
import { buildLedger, buildImportEntry, buildLedgerEntry } from "../../scripts/postgres/ledger.ts";
import { fingerprintSchema } from "../../scripts/postgres/schema-fingerprint.ts";
import { checkDevMove } from "../../scripts/steps/data-move/preflight/dev-move.ts";
import { checkDisk } from "../../scripts/steps/data-move/preflight/disk.ts";
import { readIdentityBox } from "../../scripts/steps/data-move/preflight/identity-box.ts";
import { checkExtensions, judgeMoney } from "../../scripts/steps/data-move/preflight/readiness.ts";
import { checkForecast, judgePlan } from "../../scripts/steps/data-move/preflight/schema.ts";
import {
  checkEmptiness,
  checkLedger,
} from "../../scripts/steps/data-move/preflight/target-contents.ts";
import { problemsIn, say, usePreflightPair } from "./preflight-pair.ts";

const pair = usePreflightPair();

describe("the tables", () => {
  it("that move are counted, those that stay are named with the reason", async () => {
    await pair.both(
      `create table "Animal" (id int); create table schema_migrations (version text)`,
    );
    expect(say(judgePlan((await pair.readSides()).scope))).toEqual([
      "passed: 1 table to move",
      "noted: left out: schema_migrations (migration history)",
    ]);
  });

  it("are a problem when there is none, when v1 holds large objects, and when v2's belong to somebody else", async () => {
    expect(say(judgePlan((await pair.readSides()).scope))).toEqual([
      "problem: there is no table to move",
    ]);
    await pair.both("create table a (id int)");
    await pair.inV1("select lo_create(0)");
    await pair.asSuperuser("v2", "alter table a owner to other");
    const problems = problemsIn(judgePlan((await pair.readSides()).scope));
    expect(problems).toHaveLength(2);
    expect(problems[0]).toBe("table a belongs to other in v2: v2's role could not load it");
    expect(problems[1]).toContain("v1 holds 1 large object");
  });
});

describe("v1's rows", () => {
  it("that v2 would refuse are counted before anything moves, and shown in the report only", async () => {
    await pair.inV1(
      "create table a (id int, name text); insert into a values (1, 'secret row'), (2, null), (3, null)",
    );
    await pair.inV2("create table a (id int, name text not null)");
    const [result] = await checkForecast(await pair.readSides());
    expect(result?.outcome).toBe("problem");
    expect(result?.text).toContain("2 rows");
    expect(result?.problem?.rows).toHaveLength(2);
  });

  it("that have no home in v2 are a problem", async () => {
    await pair.both("create table a (id int)");
    await pair.inV1("create table gone (id int); insert into gone values (1)");
    expect(problemsIn(await checkForecast(await pair.readSides()))).toEqual([
      "table gone is in v1 and not in v2 (1 row)",
    ]);
  });

  it("that fit are said to fit", async () => {
    await pair.both("create table a (id int)");
    expect(say(await checkForecast(await pair.readSides()))).toEqual([
      "passed: v1's rows fit v2's schema",
    ]);
  });
});

describe("formats", () => {
  it("warn of money and of extensions that v2 lacks", async () => {
    await pair.both("create table a (id int, price money)");
    await pair.asSuperuser("v1", "create extension citext");
    const { source, target, scope } = await pair.readSides();
    expect(say(judgeMoney(scope))[0]).toContain("a.price");
    expect(say(await checkExtensions(source, target))[0]).toMatch(
      /^warned: v1 has the extension citext/,
    );
    expect(say(await checkExtensions(target, source))).toEqual([
      "passed: v2 has every extension of v1",
    ]);
  });
});

describe("v2's tables", () => {
  it("must be empty, and are counted when they are not", async () => {
    await pair.both(
      `create table "Animal" (id int); create table p (id int) partition by range (id); create table p1 partition of p default; create table e (id int)`,
    );
    expect(say(await checkEmptiness(await pair.readSides()))).toEqual([
      "passed: v2's tables are empty (3 tables)",
    ]);
    await pair.inV2(
      `insert into "Animal" select generate_series(1, 1234); insert into p values (1)`,
    );
    const [result] = await checkEmptiness(await pair.readSides());
    expect(result).toMatchObject({
      outcome: "problem",
      text: "2 tables of v2 hold rows already",
      problem: { details: ["Animal: 1,234 rows", "p: 1 row"] },
    });
    expect(result?.problem?.todo).toContain("--replace");
  });

  it("that hold the rows of a run of ours lead to resume, validate and undo", async () => {
    await pair.both("create table a (id int)");
    await pair.inV2("insert into a values (1)");
    await pair.inV2(
      buildLedger() +
        buildImportEntry({
          run: "run-1",
          environment: "dev",
          dumpSha256: "x",
          tableCount: 1,
          rowCount: "1",
          tables: [{ schema: "public", name: "a", kind: "r", rows: 1 }],
          replaced: false,
        }),
    );
    const sides = await pair.readSides();
    expect(say(await checkEmptiness(sides))).toEqual([
      "noted: 1 table of v2 holds what this run has imported",
    ]);
    const other = { ...sides, context: { ...sides.context, runId: "run-2" } };
    const [result] = await checkEmptiness(other);
    expect(result?.problem?.todo).toContain("status data-move --env dev");
    expect(result?.problem?.todo).toContain("undo data-move --env dev");
    expect(say(await checkLedger(sides.context, sides.target))).toEqual([
      "passed: no foreign keys are waiting to be restored",
    ]);
  });

  it("must have their foreign keys, unless this very run has dropped them", async () => {
    await pair.both("create table a (id int)");
    const key = {
      schema: "public",
      table: "a",
      name: "a_fkey",
      definition: "FOREIGN KEY (id) REFERENCES a(id)",
      validated: true,
      comment: null,
      tableKind: "r",
      referencedKind: "r",
      copies: [],
    } as const;
    await pair.inV2(buildLedger() + buildLedgerEntry("run-1", key));
    const { context, target } = await pair.readSides();
    expect(say(await checkLedger(context, target))).toEqual([
      "noted: 1 foreign key of v2 was dropped by this run",
    ]);
    const other = { ...context, runId: "run-2" };
    expect(say(await checkLedger(other, target))).toEqual([
      "problem: v2 is without 1 foreign key that an earlier run dropped",
    ]);
  });

  it("must not be in the middle of being taken back, nor lack keys that only the journal knows", async () => {
    await pair.both("create table a (id int)");
    const { context, target } = await pair.readSides();
    const run = { environment: "dev", journal: "", files: {} };
    await pair.inV2(buildLedger() + buildRunEntry({ ...run, run: "run-0", phase: "undoing" }));
    const lost = [{ schema: "public", table: "a", name: "a_fkey", definition: "FOREIGN KEY" }];
    const recall = (key: string): unknown => (key === remembered.droppedKeys ? lost : undefined);
    expect(problemsIn(await checkLedger({ ...context, recall }, target))).toEqual([
      expect.stringContaining("v2 is without 1 foreign key that this run dropped"),
      expect.stringMatching(/^run run-0 is being taken back, by /u),
    ]);
  });
});

describe("the disk and the box", () => {
  it("are measured", async () => {
    await pair.both("create table a (id int); create table never (id int)");
    await pair.inV1(
      "insert into a select generate_series(1, 5000); analyze a; insert into never values (1)",
    );
    const sides = await pair.readSides();
    expect(say(await checkDisk(sides))[0]).toMatch(
      /^passed: .* free for the dump; v1's tables take \d+ KB$/,
    );
    const facts = {
      version: "15.1",
      role: "app",
      database: "x",
      standby: false,
      encrypted: true,
      encoding: "UTF8",
      bytes: "9000000",
    };
    const box = (await readIdentityBox(sides, { source: facts, target: facts }, true)).join("\n");
    expect(box).toMatch(/│ rows +│ more than 5,000 \(estimate; 1 tables? never analyzed\) +│ 0 +│/);
    expect(box).not.toContain(pair.password());
  });
});

describe("a move of prod", () => {
  const begin = (run: string): Journal =>
    Journal.begin(join(pair.folder(), "tmp", "data-move-dev", run), {
      run,
      runbook: "data-move",
      environment: "dev",
      steps: [],
      params: {},
      identity: {},
      movebook: "0",
      operator: "t",
    });

  it("is refused until the dev move was validated on the same schema", async () => {
    await pair.both("create table a (id int)");
    const { context, target } = await pair.readSides({}, { environment: "prod" });
    const check = async (): Promise<string[]> => say(await checkDevMove(context, target));
    expect(await check()).toEqual(["problem: no dev move was tested from this folder"]);
    expect((await checkDevMove(context, target))[0]).toMatchObject({
      overridable: "dev-move-tested",
      problem: {
        todo:
          "Move dev first, on the same migrations: npx movebook --project " +
          pair.folder() +
          " run data-move --env dev.",
      },
    });
    const first = begin("1");
    first.append({ type: "step-started", step: "import", pid: 1 });
    expect(await check()).toEqual(["problem: the newest dev move (1) was not validated"]);
    first.append({
      type: "fact",
      key: "validated",
      value: { schema: await fingerprintSchema(target) },
    });
    expect(await check()).toEqual(["passed: the dev move was tested on the same schema (run 1)"]);
    begin("2");
    expect(await check()).toEqual(["passed: the dev move was tested on the same schema (run 1)"]);
    await pair.inV2("alter table a add column more int");
    expect(await check()).toEqual([
      "problem: the dev move (1) was tested on another schema than prod's v2 has now",
    ]);
  });
});
