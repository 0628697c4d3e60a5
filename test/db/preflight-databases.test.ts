import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CheckResult } from "../../scripts/engine/check.ts";
import { parseConnectionUrl } from "../../scripts/postgres/connection-url.ts";
import { connect, type Database } from "../../scripts/postgres/database.ts";
import { buildLedger, buildImportEntry, buildLedgerEntry } from "../../scripts/postgres/ledger.ts";
import { fingerprintSchema } from "../../scripts/postgres/structure.ts";
import {
  runSql,
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import { Journal } from "../../scripts/engine/journal.ts";
import { checkDevMove } from "../../scripts/steps/data-move/preflight/dev-move.ts";
import { checkDisk } from "../../scripts/steps/data-move/preflight/disk.ts";
import { readIdentityBox } from "../../scripts/steps/data-move/preflight/identity-box.ts";
import { checkPrivileges } from "../../scripts/steps/data-move/preflight/privileges.ts";
import { checkExtensions, judgeMoney } from "../../scripts/steps/data-move/preflight/readiness.ts";
import { checkForecast, judgePlan } from "../../scripts/steps/data-move/preflight/schema.ts";
import type { ScopedSides } from "../../scripts/steps/data-move/preflight/section.ts";
import {
  checkEmptiness,
  checkLedger,
} from "../../scripts/steps/data-move/preflight/target-contents.ts";
import { readScope } from "../../scripts/steps/data-move/scope.ts";
import { makePreflightContext, type ContextFacts } from "./preflight-context.ts";

let server: ThrowawayServer;
let folder: string;
let password: string;
let number = 0;
let names: { v1: string; v2: string };
const open: Database[] = [];

const say = (results: readonly CheckResult[]): string[] =>
  results.map(({ outcome, text }) => `${outcome}: ${text}`);
const problemsIn = (results: readonly CheckResult[]): string[] =>
  results.filter(({ outcome }) => outcome === "problem").map(({ text }) => text);

const session = async (database: string, user = "app"): Promise<Database> => {
  const url = server.url(database, user, password);
  const made = await connect(parseConnectionUrl(url), {
    readOnly: true,
    applicationName: "movebook test",
  });
  open.push(made);
  return made;
};

/** Runs SQL as the owner of both, or as the superuser. */
const both = async (sql: string): Promise<void> => {
  for (const name of [names.v1, names.v2]) await runSql(server.url(name, "app", password), sql);
};
const inV1 = (sql: string): Promise<string> => runSql(server.url(names.v1, "app", password), sql);
const inV2 = (sql: string): Promise<string> => runSql(server.url(names.v2, "app", password), sql);

const readSides = async (
  user: Partial<Record<"v1" | "v2", string>> = {},
  facts: Partial<ContextFacts> = {},
): Promise<ScopedSides> => {
  const { context } = makePreflightContext({ folder, ...facts });
  const source = await session(names.v1, user.v1);
  const target = await session(names.v2, user.v2);
  return { context, source, target, scope: await readScope(context, source, target) };
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "preflight-databases-"));
  server = await startThrowawayServer();
  password = await server.createRole("app");
  await server.createRole("reader", { password });
  await server.createRole("other", { password });
});

beforeEach(async () => {
  number += 1;
  names = { v1: `v1_${number}`, v2: `v2_${number}` };
  for (const name of [names.v1, names.v2]) await server.createDatabase(name, { owner: "app" });
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.close()));
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe("the tables", () => {
  it("that move are counted, those that stay are named with the reason", async () => {
    await both(`create table "Animal" (id int); create table schema_migrations (version text)`);
    expect(say(judgePlan((await readSides()).scope))).toEqual([
      "passed: 1 table to move",
      "noted: left out: schema_migrations (migration history)",
    ]);
  });

  it("are a problem when there is none, when v1 holds large objects, and when v2's belong to somebody else", async () => {
    expect(say(judgePlan((await readSides()).scope))).toEqual([
      "problem: there is no table to move",
    ]);
    await both("create table a (id int)");
    await inV1("select lo_create(0)");
    await server.psql(names.v2, "alter table a owner to other");
    const problems = problemsIn(judgePlan((await readSides()).scope));
    expect(problems).toHaveLength(2);
    expect(problems[0]).toBe("table a belongs to other in v2: v2's role could not load it");
    expect(problems[1]).toContain("v1 holds 1 large object");
  });
});

describe("v1's rows", () => {
  it("that v2 would refuse are counted before anything moves, and shown in the report only", async () => {
    await inV1(
      "create table a (id int, name text); insert into a values (1, 'secret row'), (2, null), (3, null)",
    );
    await inV2("create table a (id int, name text not null)");
    const [result] = await checkForecast(await readSides());
    expect(result?.outcome).toBe("problem");
    expect(result?.text).toContain("2 rows");
    expect(result?.problem?.rows).toHaveLength(2);
  });

  it("that have no home in v2 are a problem", async () => {
    await both("create table a (id int)");
    await inV1("create table gone (id int); insert into gone values (1)");
    expect(problemsIn(await checkForecast(await readSides()))).toEqual([
      "table gone is in v1 and not in v2 (1 row)",
    ]);
  });

  it("that fit are said to fit", async () => {
    await both("create table a (id int)");
    expect(say(await checkForecast(await readSides()))).toEqual([
      "passed: v1's rows fit v2's schema",
    ]);
  });
});

describe("the privileges", () => {
  it("of the owners do", async () => {
    await both("create table a (id serial)");
    expect(say(await checkPrivileges(await readSides()))).toEqual([
      "passed: the roles may do what the move needs",
    ]);
  });

  it("must let v2's role make the ledger", async () => {
    await both("create table a (id int)");
    await server.psql(
      names.v2,
      `alter table a owner to other; alter database ${names.v2} owner to other; revoke create on database ${names.v2} from app`,
    );
    expect(problemsIn(await checkPrivileges(await readSides({ v2: "other" })))).toEqual([]);
    await server.psql(names.v2, "alter table a owner to app");
    expect(problemsIn(await checkPrivileges(await readSides()))).toEqual([
      "v2's role may not make the schema movebook, in which a move writes down what it changes",
    ]);
    await server.psql(names.v2, "create schema movebook authorization app");
    expect(problemsIn(await checkPrivileges(await readSides()))).toEqual([]);
  });

  it("must let v2's role use a ledger that is there", async () => {
    await both("create table a (id int)");
    await server.psql(names.v2, "create schema movebook authorization other");
    expect(problemsIn(await checkPrivileges(await readSides()))).toEqual([
      "the schema movebook is in v2 and belongs to other: v2's role cannot use it",
    ]);
  });

  it("must let v1's role read sequences and look into schemas", async () => {
    await both("create schema s; create table s.a (id serial)");
    await inV1("grant select on s.a to reader");
    const problems = problemsIn(await checkPrivileges(await readSides({ v1: "reader" })));
    expect(problems).toEqual([
      "v1's role may not use the schema s",
      "v1's role may not read the sequence s.a_id_seq",
    ]);
  });

  it("do not do when row-level security hides rows, by name and on both sides", async () => {
    await both(
      "create table a (id int); create table b (id int); alter table a enable row level security; alter table b enable row level security",
    );
    expect(problemsIn(await checkPrivileges(await readSides()))).toEqual([]);
    await both("alter table b force row level security");
    const results = await checkPrivileges(await readSides());
    expect(problemsIn(results)).toEqual([
      "row-level security hides rows of b from v1's role",
      "row-level security holds for v2's role on b: COPY is refused",
    ]);
    expect(results[0]?.problem?.todo).toContain("no force row level security");
  });

  it("warn of a key that could not be added again", async () => {
    await both("create table p (id int primary key); create table c (id int references p)");
    await server.psql(names.v2, "alter table p owner to other; revoke all on p from app");
    await server.psql(names.v1, "alter table p owner to other");
    const results = await checkPrivileges(await readSides());
    expect(say(results)).toContain(
      "warned: the foreign key c_id_fkey on c stays during the load: v2's role may not reference p",
    );
  });

  it("must let v2's role drop v1's migration history", async () => {
    await both("create table a (id int); create table alembic_version (version_num text)");
    await server.psql(names.v2, "alter table alembic_version owner to other");
    const variables = { V2_MIGRATION_TOOL: "none" };
    expect(problemsIn(await checkPrivileges(await readSides({}, { variables })))).toEqual([
      "v1's migration history alembic_version is in v2 and belongs to other: v2's role cannot drop it",
    ]);
  });
});

describe("formats", () => {
  it("warn of money and of extensions that v2 lacks", async () => {
    await both("create table a (id int, price money)");
    await server.psql(names.v1, "create extension citext");
    const { source, target, scope } = await readSides();
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
    await both(
      `create table "Animal" (id int); create table p (id int) partition by range (id); create table p1 partition of p default; create table e (id int)`,
    );
    expect(say(await checkEmptiness(await readSides()))).toEqual([
      "passed: v2's tables are empty (3 tables)",
    ]);
    await inV2(`insert into "Animal" select generate_series(1, 1234); insert into p values (1)`);
    const [result] = await checkEmptiness(await readSides());
    expect(result).toMatchObject({
      outcome: "problem",
      text: "2 tables of v2 hold rows already",
      problem: { details: ["Animal: 1,234 rows", "p: 1 row"] },
    });
    expect(result?.problem?.todo).toContain("empty them");
  });

  it("that hold the rows of a run of ours lead to resume, validate and undo", async () => {
    await both("create table a (id int)");
    await inV2("insert into a values (1)");
    await inV2(
      buildLedger() +
        buildImportEntry({
          run: "run-1",
          environment: "dev",
          dumpSha256: "x",
          tableCount: 1,
          rowCount: "1",
        }),
    );
    const sides = await readSides();
    const [result] = await checkEmptiness(sides);
    expect(result?.problem?.todo).toContain("resume data-move --env dev");
    expect(result?.problem?.todo).toContain("undo data-move --env dev");
    expect(say(await checkLedger(sides.context, sides.target))).toEqual([
      "passed: no foreign keys are waiting to be restored",
    ]);
  });

  it("must have their foreign keys, unless this very run has dropped them", async () => {
    await both("create table a (id int)");
    const key = {
      schema: "public",
      table: "a",
      name: "a_fkey",
      definition: "FOREIGN KEY (id) REFERENCES a(id)",
      validated: true,
      comment: null,
      tableKind: "r",
      referencedKind: "r",
    } as const;
    await inV2(buildLedger() + buildLedgerEntry("run-1", key));
    const { context, target } = await readSides();
    expect(say(await checkLedger(context, target))).toEqual([
      "problem: v2 is without 1 foreign key that an earlier run dropped",
    ]);
    const dropped = makePreflightContext({ folder, done: ["drop-foreign-keys"] }).context;
    expect(say(await checkLedger(dropped, target))).toEqual([
      "noted: 1 foreign key of v2 was dropped by this run",
    ]);
    const other = { ...dropped, runId: "run-2" };
    expect(problemsIn(await checkLedger(other, target))).toHaveLength(1);
  });
});

describe("the disk and the box", () => {
  it("are measured", async () => {
    await both("create table a (id int); create table never (id int)");
    await inV1(
      "insert into a select generate_series(1, 5000); analyze a; insert into never values (1)",
    );
    const sides = await readSides();
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
    expect(box).not.toContain(password);
  });
});

describe("a move of prod", () => {
  const begin = (run: string): Journal =>
    Journal.begin(join(folder, "tmp", "data-move-dev", run), {
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
    await both("create table a (id int)");
    const { context, target } = await readSides({}, { environment: "prod" });
    const check = async (): Promise<string[]> => say(await checkDevMove(context, target));
    expect(await check()).toEqual(["problem: no dev move was tested from this folder"]);
    expect((await checkDevMove(context, target))[0]).toMatchObject({
      overridable: "dev-move-tested",
      problem: {
        todo:
          "Move dev first, on the same migrations: npx movebook --project " +
          folder +
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
    await inV2("alter table a add column more int");
    expect(await check()).toEqual([
      "problem: the dev move (1) was tested on another schema than prod's v2 has now",
    ]);
  });
});
