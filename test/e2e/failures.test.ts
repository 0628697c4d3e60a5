import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { failureCases, type FailureCase } from "./support/failure-cases.ts";
import {
  makeMove,
  questions,
  readReports,
  startPair,
  type Move,
  type Pair,
} from "./support/move.ts";

/* What an operator is told when it fails, class by class, and that v2 stays as it was. */

let pair: Pair;
let move: Move;

beforeAll(async () => {
  // the servers can speak German; they do where a test asks for it
  pair = await startPair(0, { LANGUAGE: "de" });
  for (const server of [pair.v1, pair.v2]) {
    await server.psql("postgres", "alter system set lc_messages = 'C'");
    await server.psql("postgres", "select pg_reload_conf()");
  }
});
afterAll(() => pair.stop());
afterEach(() => move.remove());

const dev = ["--env", "dev"];
const wholeRun = ["run", "data-move", ...dev];
const step = (name: string, ...more: string[]): string[] => [
  "step",
  "data-move",
  name,
  ...dev,
  ...more,
];
const rowValues = /canary|98765432|77777|Zoë|Failing row|Key \(.*\)=\(/i;

const everything = async (): Promise<string> =>
  (await Promise.all(Object.values(questions).map((sql) => move.inV2(sql)))).join("\n---\n");

async function prepare({ v1 = [], v2 }: Pick<FailureCase, "v1" | "v2">): Promise<void> {
  move = await makeMove(pair);
  for (const sql of v1) await move.inV1(sql);
  if (v2 !== undefined) await move.inV2(v2);
}

/** The failure screen alone: what went before it may name values (a table's name) by chance. */
const screenOf = (output: string): string => output.slice(output.indexOf("✗ "));

const countSamples = (report: string): number =>
  report.split("\n").filter((line) => /^ +\{"/.test(line)).length;

function expectTexts(text: string, parts: readonly (string | RegExp)[]): void {
  const isThere = (part: string | RegExp): boolean =>
    typeof part === "string" ? text.includes(part) : part.test(text);
  const missing = parts.filter((part) => !isThere(part)).map(String);
  expect(missing, text).toEqual([]);
}

function expectPrivateReports(): void {
  const folder = move.runs().at(-1) ?? "";
  const reports = readdirSync(folder).filter((name) => name.startsWith("report-"));
  expect(reports.length).toBeGreaterThan(0);
  for (const name of reports) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
}

describe.each(failureCases)("$says", (one) => {
  test.runIf(one.preflight !== undefined)("preflight refuses it by name and number", async () => {
    await prepare(one);
    const before = await everything();
    const ended = await move.movebook(wholeRun);
    expect(ended.code, ended.output).toBe(3);
    for (const text of one.preflight ?? []) expect(screenOf(ended.output)).toContain(text);
    expect(screenOf(ended.output)).toMatch(/changed +nothing\n/);
    expect(ended.output).not.toMatch(rowValues);
    expect(await everything()).toBe(before);
  });

  test("the import stops, says it on one screen, and v2 is as before", async () => {
    await prepare(one);
    const before = await everything();
    expect((await move.movebook(step("dump"))).code).toBe(0);
    const ended = await move.movebook(step("import"));
    expect(ended.code, ended.output).toBe(one.code);
    const screen = screenOf(ended.output);
    expectTexts(screen, one.screen);
    expect(screen).toContain("nothing in v2: no change of this run is in it");
    expect(ended.output).not.toMatch(rowValues);
    expect(ended.output).not.toContain("[object");
    const report = readReports(move.runs().at(-1) ?? "", "import");
    expectTexts(report, one.report);
    expect(countSamples(report)).toBe(one.samples);
    expectPrivateReports();
    expect(await everything()).toBe(before);
    expect(await move.inV2(questions.schemas)).not.toContain("movebook");
  });
});

describe("five problems at once", () => {
  test("stand in one list, with the rows of each in the report", async () => {
    await prepare({
      v1: [
        `alter type "AnimalStatus" add value 'LOST'`,
        `update "Animal" set status = 'LOST' where id <= 4;
         alter table "Contact" alter "firstName" drop not null; update "Contact" set "firstName" = null where id <= 3;
         alter table "Invoice" drop constraint "Invoice_clientPartyId_fkey"; update "Invoice" set "clientPartyId" = 987654321;
         create table "LegacyLog" (id int, note text); insert into "LegacyLog" values (1, 'canary')`,
      ],
      v2: `alter table "Organization" alter "legalName" type varchar(3)`,
    });
    const ended = await move.movebook(wholeRun);
    expect(ended.code).toBe(3);
    const screen = screenOf(ended.output.slice(ended.output.lastIndexOf("\n✗ preflight")));
    expect(screen).toContain("preflight: 5 problems");
    for (const [number, text] of [
      "table LegacyLog is in v1 and not in v2 (1 row)",
      "Animal.status: v2's enum",
      "Contact.firstName is NOT NULL in v2, and NULL in 3 rows",
      "Organization.legalName: longer than v2's character varying(3) holds: 6 rows",
      "Invoice.clientPartyId: 24 rows of v1 without a match in Party",
    ].entries())
      expect(screen).toMatch(new RegExp(`^ +${number + 1}\\. +.*${text.slice(0, 24)}`, "m"));
    expect(countSamples(readReports(move.runs().at(-1) ?? "", "preflight"))).toBe(
      1 + 4 + 3 + 6 + 10,
    );
  });
});

describe("--show-rows", () => {
  test("shows the rows on the screen too", async () => {
    await prepare({
      v1: [
        `alter table "Contact" alter "firstName" drop not null; update "Contact" set "firstName" = null, "lastName" = 'canary' where id <= 2`,
      ],
    });
    expect((await move.movebook(step("dump"))).code).toBe(0);
    const ended = await move.movebook(step("import", "--show-rows"));
    expect(ended.code).toBe(1);
    expect(ended.output.match(/"lastName":"canary"/g)).toHaveLength(2);
    expect(ended.output).toContain("DETAIL: Failing row contains");
  });
});

describe("rows that came into v2 between preflight and import", () => {
  test("are seen, counted, and left alone", async () => {
    await prepare({});
    expect((await move.movebook(["run", "data-move", ...dev, "--until", "dump"])).code).toBe(0);
    await move.inV2(
      `insert into "Tenant" (id, slug, name, "updatedAt") values (1, 'canary', 'canary', now())`,
    );
    const ended = await move.movebook(step("import"));
    expect(ended.code).toBe(3);
    expect(ended.output).toContain("Tenant: 1 row");
    expect(ended.output).not.toContain("canary");
    expect(await move.inV2(`select slug from "Tenant"`)).toBe("canary");
  });
});

describe("the connection to v2 is lost in the middle of the load", () => {
  test("that is said, with the server's reason, and the run can go on with the same dump", async () => {
    await prepare({
      v2: `create function sleepy() returns bool language sql volatile as 'select pg_sleep(0.1) is not null';
           alter table "Animal" add constraint sleepy check (sleepy())`,
    });
    const before = await everything();
    const running = move.start(wholeRun);
    let pid = "";
    while (pid === "")
      pid = await move.inV2(
        `select pid from pg_stat_progress_copy where relid = '"Animal"'::regclass`,
      );
    await pair.v2.psql("postgres", `select pg_terminate_backend(${pid})`);
    const ended = await running.ended;
    expect(ended.code, ended.output).toBe(1);
    const screen = screenOf(ended.output.slice(ended.output.lastIndexOf("\n✗ import")));
    expect(screen).toContain(
      "while it loaded Animal: the connection to v2 was lost: terminating connection due to administrator command (SQLSTATE 57P01)",
    );
    expect(screen).toContain("nothing in v2: no change of this run is in it");
    expect(screen).toMatch(/next +npx movebook resume data-move --env dev\n/);
    expect(screen).not.toMatch(rowValues);
    expect(await everything()).toBe(before);
    const resumed = await move.movebook(["resume", "data-move", ...dev]);
    expect(resumed.code, resumed.output).toBe(0);
    expect(resumed.output).toContain("RESULT: PASS");
  });
});

describe("a trigger of v2 that raises an error", () => {
  test("is silent during the move and as before afterwards", async () => {
    await prepare({
      v2: `create function no_rows() returns trigger language plpgsql as 'begin raise exception ''no''; end';
           create trigger no_rows before insert on "Party" for each row execute function no_rows()`,
    });
    const before = await move.inV2(questions.triggers);
    const ended = await move.movebook(wholeRun);
    expect(ended.code, ended.output).toBe(0);
    expect(await move.inV2(questions.triggers)).toBe(before);
  });
});

describe("a privilege that v2's role lacks", () => {
  test("a table of another owner is refused, by preflight and by the import", async () => {
    await prepare({});
    await pair.v2.psql(move.v2Database, `alter table "Expense" owner to postgres`);
    expect((await move.movebook(step("dump"))).code).toBe(0);
    for (const args of [step("import"), wholeRun]) {
      const ended = await move.movebook(args);
      expect(ended.code).toBe(3);
      expect(ended.output).toContain("table Expense belongs to postgres in v2");
    }
  });

  test("a schema that may not be made: preflight refuses, and the import ends before COMMIT", async () => {
    await prepare({});
    const before = await everything();
    await pair.v2.psql(
      move.v2Database,
      `alter database ${move.v2Database} owner to postgres; revoke create on database ${move.v2Database} from public`,
    );
    const refused = await move.movebook(wholeRun);
    expect(refused.code).toBe(3);
    expect(refused.output).toContain("v2's role may not make the schema movebook");
    expect((await move.movebook(step("dump"))).code).toBe(0);
    const ended = await move.movebook(step("import"));
    expect(ended.code).toBe(1);
    expect(screenOf(ended.output)).toContain("permission denied for database");
    expect(await everything()).toBe(before);
  });
});

describe("servers and a machine that speak another language", () => {
  test("the same is told, in our words, and the server's own stand in the report", async (context) => {
    await prepare({
      v1: [
        `alter type "AnimalStatus" add value 'LOST'`,
        `update "Animal" set status = 'LOST', name = 'canary' where id <= 12`,
      ],
    });
    for (const [server, name] of [
      [pair.v1, move.v1Database],
      [pair.v2, move.v2Database],
    ] as const)
      await server.psql(name, `alter database ${name} set lc_messages = 'C.UTF-8'`);
    const said = await move.inV2("select 1 / 0").catch((error: unknown) => String(error));
    if (!said.includes("durch Null")) context.skip("this server has no German messages");
    const german = { env: { LANGUAGE: "de", LC_ALL: "C.UTF-8" } };
    expect((await move.movebook(step("dump"), german)).code).toBe(0);
    const ended = await move.movebook(step("import"), german);
    expect(ended.code, ended.output).toBe(1);
    const screen = screenOf(ended.output);
    expect(screen).toContain(
      'while it loaded Animal: invalid input value for enum public."AnimalStatus" (SQLSTATE 22P02)',
    );
    expect(screen).toContain("table Animal, column status");
    expect(screen).toContain("LOST: 12 rows");
    expect(screen).not.toContain("canary");
    const report = readReports(move.runs().at(-1) ?? "", "import");
    expect(report).toContain('ERROR 22P02: ungültiger Eingabewert für Enum "AnimalStatus": »LOST«');
    expect(report).toMatch(/CONTEXT: COPY Animal, Zeile \d+, Spalte status: »LOST«/);
    expect(report).toMatch(/line \d+ of the dump: .*canary/);
  });
});
