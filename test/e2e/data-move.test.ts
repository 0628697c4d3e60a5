import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { makeMove, questions, startPair, type Move, type Pair } from "./support/move.ts";

let pair: Pair;
let move: Move;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());
afterEach(() => move.remove());

const dev = ["--env", "dev"];
const wholeRun = ["run", "data-move", ...dev];
const step = (name: string): string[] => ["step", "data-move", name, ...dev];

/** Rows of every table on one side, as text, to compare both. */
const contents = `select table_schema, table_name, (xpath('/table/row/n/text()', query_to_xml(format('select count(*) as n from %I.%I', table_schema, table_name), true, false, '')))[1]
  from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema', 'movebook') and table_name not like '%migrations%' order by 1, 2`;

async function lookAtV2(): Promise<Record<string, string>> {
  const entries = Object.entries(questions).map(
    async ([name, sql]) => [name, await move.inV2(sql)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

describe("the whole run", () => {
  test("moves every row and leaves v2's keys, triggers and history as they were", async () => {
    move = await makeMove(pair);
    const before = await lookAtV2();
    const v1 = await move.inV1(contents);
    const ended = await move.movebook(wholeRun);
    expect(ended.output).toContain("RESULT: PASS - All integrity checks passed");
    expect(ended.code).toBe(0);
    const after = await lookAtV2();
    expect({ ...after, rows: "" }).toEqual({ ...before, rows: "" });
    expect(await move.inV1(contents)).toBe(v1);
    const inV2 = new Map(
      (await move.inV2(contents)).split("\n").map((line) => [line.replace(/\|\d+$/, ""), line]),
    );
    for (const line of v1.split("\n")) expect(inV2.get(line.replace(/\|\d+$/, ""))).toBe(line);
  });

  test("keeps journal, dump and manifest in a private folder of the run", async () => {
    move = await makeMove(pair);
    expect((await move.movebook(wholeRun)).code).toBe(0);
    const [run = ""] = move.runs();
    expect(statSync(run).mode & 0o777).toBe(0o700);
    for (const name of ["journal.jsonl", "v1_data.manifest.json", "structure-before.json"]) {
      expect(statSync(join(run, name)).mode & 0o077, name).toBe(0);
    }
    expect(statSync(join(run, "v1_data.sql")).mode & 0o077).toBe(0);
  });

  test("with --json prints one object a line on stdout and people's output on stderr", async () => {
    move = await makeMove(pair);
    const ended = await move.movebook(["--json", ...wholeRun]);
    expect(ended.code).toBe(0);
    const events = ended.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { v: number; type: string });
    expect(events.every(({ v }) => v === 1)).toBe(true);
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["run", "step-started", "check", "step-done", "validation", "ended"]),
    );
    expect(ended.stderr).toContain("RESULT: PASS");
  });

  test("piped, it prints no escape codes", async () => {
    move = await makeMove(pair);
    const ended = await move.movebook(wholeRun);
    // oxlint-disable-next-line no-control-regex -- that is what is looked for
    expect(ended.output).not.toMatch(/\u001b\[/);
  });
});

describe("validate once more", () => {
  test("a finished run is joined: it knows what v2 was like, and a difference opens it again", async () => {
    move = await makeMove(pair);
    expect((await move.movebook(wholeRun)).code).toBe(0);
    const again = await move.movebook(step("validate"));
    expect(again.output).toContain("constraints as before");
    expect(again.code).toBe(0);
    expect(move.runs()).toHaveLength(1);
    await move.inV2(`update "Party" set name = name || '!' where id = 1`);
    const changed = await move.movebook(step("validate"));
    expect(changed.code).toBe(5);
    await move.inV2(
      `update "Party" set name = rtrim(name, '!'), "updatedAt" = "updatedAt" where id = 1`,
    );
    expect((await move.movebook(["resume", "data-move", ...dev])).code).not.toBe(3);
  });
});

describe("step by step", () => {
  test("each npm script's step works alone and joins one run; status tells where it stands", async () => {
    move = await makeMove(pair);
    const before = await lookAtV2();
    expect((await move.movebook(step("preflight"))).code).toBe(0);
    expect((await move.movebook(step("dump"))).code).toBe(0);
    expect((await move.movebook(step("rollback-point"))).code).toBe(0);
    const dropped = await move.movebook(step("drop-foreign-keys"));
    expect(dropped.code).toBe(0);
    expect(dropped.output).toContain("restore-foreign-keys");
    const status = await move.movebook(["status", "data-move", ...dev]);
    expect(status.code).toBe(6);
    expect(status.output).toMatch(/without \d+ foreign keys/);
    expect((await move.movebook(step("import"))).code).toBe(0);
    const early = await move.movebook(step("postimport"));
    expect(early.code).toBe(3);
    expect(early.output).toContain("restore-foreign-keys");
    for (const name of ["restore-foreign-keys", "postimport", "validate"]) {
      const ended = await move.movebook(step(name));
      expect(ended.code, `${name}: ${ended.output}`).toBe(0);
    }
    expect({ ...(await lookAtV2()), rows: "" }).toEqual({ ...before, rows: "" });
    expect(move.runs()).toHaveLength(1);
    const journal = readFileSync(join(move.runs()[0] ?? "", "journal.jsonl"), "utf8");
    expect(journal).toContain('"outcome":"done"');
  });

  test("a dry run prints what would be sent and changes nothing", async () => {
    move = await makeMove(pair);
    const before = await lookAtV2();
    const ended = await move.movebook([...wholeRun, "--dry-run"]);
    expect(ended.code).toBe(0);
    expect(ended.output).toContain("--data-only");
    expect(ended.output).toContain('alter table "public"."Animal" drop constraint');
    expect(ended.output).toContain("commit;");
    expect(await lookAtV2()).toEqual(before);
    expect(() => move.runs()).toThrow("ENOENT");
  });
});

describe("undo", () => {
  test("empties v2 again and a new run then works", async () => {
    move = await makeMove(pair);
    const before = await lookAtV2();
    const sequences = await move.inV2(
      "select schemaname, sequencename, last_value from pg_sequences order by 1, 2",
    );
    expect((await move.movebook(wholeRun)).code).toBe(0);
    const unconfirmed = await move.movebook(["undo", "data-move", ...dev]);
    expect(unconfirmed.code).toBe(3);
    const undone = await move.movebook(["undo", "data-move", ...dev, "--yes"]);
    expect(undone.code, undone.output).toBe(0);
    expect(await lookAtV2()).toEqual(before);
    expect(
      await move.inV2(
        "select schemaname, sequencename, last_value from pg_sequences order by 1, 2",
      ),
    ).toBe(sequences);
    expect((await move.movebook(wholeRun)).code).toBe(0);
  });

  test("of a run step by step brings keys back too, and leaves no ledger", async () => {
    move = await makeMove(pair);
    const before = await lookAtV2();
    for (const name of ["dump", "drop-foreign-keys", "import"])
      expect((await move.movebook(step(name))).code).toBe(0);
    const undone = await move.movebook(["undo", "data-move", ...dev, "--yes"]);
    expect(undone.code, undone.output).toBe(0);
    expect(await lookAtV2()).toEqual(before);
  });

  test("is refused when somebody has written to v2 since", async () => {
    move = await makeMove(pair);
    expect((await move.movebook(wholeRun)).code).toBe(0);
    await move.inV2(
      `insert into "Tenant" select (json_populate_record(t, '{"id": 99999, "slug": "new"}')).* from "Tenant" t limit 1`,
    );
    const ended = await move.movebook(["undo", "data-move", ...dev, "--yes"]);
    expect(ended.code).toBe(3);
    expect(ended.output).toContain("Tenant");
  });
});

describe("prod", () => {
  const prodUrls = () => ({
    V1_PROD_SNAPSHOT_DIRECT_URL: move.v1Url,
    DATABASE_DIRECT_URL: move.v2Url,
  });
  const prodRun = (...more: string[]) =>
    move.movebook(["run", "data-move", "--env", "prod", ...more], { env: prodUrls() });

  test("needs the target's name", async () => {
    move = await makeMove(pair);
    for (const more of [[], ["--confirm", "another"]]) {
      const ended = await prodRun(...more);
      expect(ended.code).toBe(3);
      expect(ended.output).toContain(move.v2Database);
    }
    expect(await move.inV2(questions.rows)).toBe("0|0|0");
  });

  test("needs a validated dev move with the same schema, or a reason", async () => {
    move = await makeMove(pair);
    const untested = await prodRun("--confirm", move.v2Database);
    expect(untested.code).toBe(3);
    expect(untested.output).toContain("dev-move-tested");
    const overridden = await prodRun(
      "--confirm",
      move.v2Database,
      "--override",
      "dev-move-tested=tested by hand on a copy",
    );
    expect(overridden.output).toContain("tested by hand on a copy");
    expect(overridden.code).toBe(0);
  });

  test("goes after a validated dev move", async () => {
    move = await makeMove(pair);
    expect((await move.movebook(wholeRun)).code).toBe(0);
    const undone = await move.movebook(["undo", "data-move", ...dev, "--yes"]);
    expect(undone.code, undone.output).toBe(0);
    // the dev run that counts is one that was validated and stands
    expect((await move.movebook(wholeRun)).code).toBe(0);
    await move.inV2(
      `truncate ${await move.inV2(`select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables where schemaname in ('public', 'audit') and tablename <> '_prisma_migrations'`)}`,
    );
    const ended = await prodRun("--confirm", move.v2Database);
    expect(ended.output).toContain("RESULT: PASS");
    expect(ended.code).toBe(0);
  });
});

describe("dumps", () => {
  test("those of superseded runs are removed, and said so; their journals stay", async () => {
    move = await makeMove(pair);
    expect((await move.movebook([...wholeRun, "--until", "dump"])).code).toBe(0);
    const again = await move.movebook([...wholeRun, "--until", "dump"]);
    expect(again.output).toContain("removed the dump of a run that is over");
    const [first = "", second = ""] = move.runs();
    expect(readdirSync(first)).toContain("journal.jsonl");
    expect(readdirSync(first)).not.toContain("v1_data.sql");
    expect(readdirSync(second)).toContain("v1_data.sql");
  });
});

describe("a decision that preflight asks for", () => {
  test("lets the next call of the same step begin anew with it", async () => {
    move = await makeMove(pair);
    await move.inV1(
      `alter table "Party" add column fax text; update "Party" set fax = '1' where id < 4`,
    );
    const undecided = await move.movebook(step("preflight"));
    expect(undecided.code).toBe(3);
    expect(undecided.output).toContain("V1_LEAVE_OUT=Party.fax");
    const decided = { env: { V1_LEAVE_OUT: "Party.fax" } };
    expect((await move.movebook(step("preflight"), decided)).code).toBe(0);
    const ended = await move.movebook(wholeRun, decided);
    expect(ended.output).toContain("RESULT: PASS");
    expect(ended.code).toBe(0);
  });
});

describe("a rounding that was decided", () => {
  test("goes through with a reason, and the contents are compared as v2 keeps them", async () => {
    move = await makeMove(pair);
    await move.inV2(`alter table "Party" alter column "createdAt" type timestamp(0)`);
    const undecided = await move.movebook(wholeRun);
    expect(undecided.code).toBe(3);
    expect(undecided.output).toContain('--override rounding:Party.createdAt="<reason>"');
    const ended = await move.movebook([
      ...wholeRun,
      "--override",
      "rounding:Party.createdAt=seconds are enough",
    ]);
    expect(ended.output).toContain("RESULT: PASS");
    expect(ended.code).toBe(0);
  });
});
