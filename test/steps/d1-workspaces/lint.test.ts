import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StepContext } from "../../../scripts/engine/step.ts";
import { listProblems } from "../../../scripts/engine/check.ts";
import { Failure, refused } from "../../../scripts/engine/failure.ts";
import type { Cell } from "../../../scripts/cloudflare/cell.ts";
import type { D1Database } from "../../../scripts/cloudflare/d1-database.ts";
import { readDump } from "../../../scripts/cloudflare/d1-dump.ts";
import { lintDump } from "../../../scripts/cloudflare/lint-dump.ts";
import { hazardKinds } from "../../../scripts/cloudflare/lint-kinds.ts";
import { lint } from "../../../scripts/steps/d1-workspaces/lint.ts";
import { buildLintSections } from "../../../scripts/steps/d1-workspaces/lint-sections.ts";
import { mendDump } from "../../../scripts/steps/d1-workspaces/reread-mend.ts";
import type { MendedTable } from "../../../scripts/steps/d1-workspaces/reread-mender.ts";
import {
  dumpFile,
  dumpManifestFile,
  lintFile,
  mendedFile,
} from "../../../scripts/steps/d1-workspaces/run-files.ts";
import { hazardRows, hazardStatements } from "../../cloudflare/hazards-d1.ts";
import { LocalD1 } from "../../cloudflare/local-d1.ts";
import {
  fillFile,
  fillLocalFile,
  localDatabaseFile,
  openLocalFile,
} from "../../cloudflare/local-file.ts";
import { writeMadeManifest } from "./made-manifest.ts";
import { makeStepContext, type TestContext } from "../../db/step-context.ts";

const d1 = new LocalD1();
const id = "id-of-v1";
let v1: D1Database;
let exported: string;
/** The step, run once by the real wrangler. */
let linted: ReturnType<typeof makeRun>;

beforeAll(async () => {
  fillLocalFile(d1.stateFolder, id, hazardStatements());
  v1 = d1.open("v1", true);
  const dump = join(d1.folder, "v1_dump.sql");
  await v1.exportTo(dump);
  exported = readFileSync(dump, "utf8");
  linted = makeRun(exported);
  await lint.run(linted.context, []);
  await lint.verify(linted.context);
});
afterAll(() => d1.remove());

/** A step of its own run folder, with this dump in it and v1 behind it. */
function makeRun(dump: string): TestContext & { file: (name: string) => string } {
  const test = makeStepContext({
    "source-name": "v1",
    "source-id": id,
    "source-state-folder": d1.stateFolder,
  });
  const context: StepContext = {
    ...test.context,
    environment: "local",
    execute: d1.execute,
    refuseOnProblems: (what, sections) => {
      for (const section of sections) test.context.screen.section(section);
      const problems = listProblems(sections);
      if (problems.length > 0) throw refused(what, problems);
    },
  };
  const file = (name: string): string => join(context.runFolder, name);
  writeFileSync(file(dumpFile), dump);
  writeMadeManifest(file(dumpManifestFile), dump);
  return { ...test, context, file };
}

async function readRows(file: string): Promise<Record<string, Cell[][]>> {
  const rows: Record<string, Cell[][]> = {};
  for await (const item of readDump(file))
    if (item.kind === "rows")
      (rows[item.table] ??= []).push(...item.rows.map(({ cells }) => cells as Cell[]));
  return rows;
}

/** Rows of the first that the second has not, each counted once. */
function without(
  rows: readonly (readonly Cell[])[],
  others: readonly (readonly Cell[])[],
): unknown[] {
  const left = [...others];
  return rows.filter((row) => {
    const at = left.findIndex((other) => isDeepStrictEqual([...other], [...row]));
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}

const asJson = (value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);

/** Answers as wrangler does, without its second a call. */
async function askFile(sql: string | readonly string[]): Promise<Record<string, unknown>[][]> {
  const file = openLocalFile(d1.stateFolder, id);
  try {
    return [sql]
      .flat()
      .map((one) =>
        (file.prepare(one).all() as Record<string, unknown>[]).map((row) =>
          Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asJson(value)])),
        ),
      );
  } finally {
    file.close();
  }
}

/** Mends the dump against v1 as it is now. */
async function mendAgain(
  dump: string,
): Promise<{ readonly output: string; readonly mended: readonly MendedTable[] }> {
  const { context, file } = makeRun(dump);
  const report = await lintDump(file(dumpFile));
  const output = file(mendedFile);
  const open = (): D1Database => ({ ...v1, query: askFile });
  const { signal } = context;
  const mended = await mendDump({ dump: file(dumpFile), output, report, open, signal });
  return { output, mended };
}

const changedTables = (mended: readonly MendedTable[]): string[] =>
  mended.filter(({ changed }) => changed > 0).map(({ name }) => name);

const change = (sql: string): void => fillFile(localDatabaseFile(d1.stateFolder, id), [sql]);

describe("lint of a real export", () => {
  const run = (): ReturnType<typeof makeRun> => linted;

  it("leaves a dump with every value that v1 holds, byte for byte", async () => {
    const { file } = run();
    const rows = await readRows(file(mendedFile));
    expect(Object.keys(rows).toSorted()).toEqual(Object.keys(hazardRows).toSorted());
    for (const [table, expected] of Object.entries(hazardRows)) {
      expect(rows[table], table).toHaveLength(expected.length);
      expect(without(expected, rows[table]!), table).toEqual([]);
    }
    expect(statSync(file(mendedFile)).mode & 0o777).toBe(0o600);
    expect(statSync(file(lintFile)).mode & 0o777).toBe(0o600);
  });

  it("prints counts, tables and what is done, and no values", () => {
    const text = run().printed();
    const kinds = ["folded-json", "folded-text", "large-integer", "infinity", "long-row"] as const;
    for (const kind of kinds) expect(text).toContain(hazardKinds[kind].what);
    expect(text).toMatch(/7 tables, \d+ rows: the dump is whole/);
    expect(text).not.toMatch(/n12|same|0001_init|nul.?inside/);
  });

  it("writes the same bytes when it runs again", async () => {
    const { output } = await mendAgain(exported);
    expect(readFileSync(output).equals(readFileSync(run().file(mendedFile)))).toBe(true);
  });

  it("asks v1 nothing when the dump can be trusted", async () => {
    const before = d1.commands.length;
    const { context } = makeRun(
      "CREATE TABLE t (id TEXT PRIMARY KEY, v TEXT);\nINSERT INTO t VALUES('a','b');",
    );
    await lint.run(context, []);
    await lint.verify(context);
    expect(d1.commands.length).toBe(before);
  });

  it("refuses a dump that was cut between two statements since its export", async () => {
    const { context, file } = makeRun(exported);
    writeFileSync(file(dumpFile), exported.slice(0, exported.lastIndexOf("INSERT INTO")));
    await expect(lint.run(context, [])).rejects.toMatchObject({
      exitCode: 3,
      message: "v1_dump.sql is not the file that was exported",
    });
  });

  it("refuses what nobody can mend, all of it in one list, and leaves no mended file", async () => {
    const { context, file } = makeRun(`CREATE TABLE t (id TEXT PRIMARY KEY, v TEXT);
INSERT INTO t VALUES('secret','${"x".repeat(2_000_001)}');
CREATE VIRTUAL TABLE f USING fts5(a);`);
    const error = await lint.run(context, []).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Failure);
    const { problems } = error as Failure;
    expect(problems.map(({ where }) => where)).toEqual(["t", "f"]);
    expect(JSON.stringify(problems.map((problem) => ({ ...problem, rows: [] })))).not.toContain(
      "secret",
    );
    expect(problems[0]?.rows).toEqual(["t, id=secret, line 2"]);
    expect(() => statSync(file(mendedFile))).toThrow(/ENOENT/);
    await expect(lint.verify(context)).rejects.toThrow(/ENOENT/);
  });

  it("is not verified when rows are missing in the mended dump", async () => {
    const { context, file } = run();
    const text = readFileSync(file(mendedFile), "utf8");
    writeFileSync(file(mendedFile), text.replace(/INSERT INTO "books" VALUES\('b10'.*\n/, ""));
    await expect(lint.verify(context)).rejects.toThrow("the mended dump is not what lint wrote");
  });
});

describe("a v1 that was written to after its export", () => {
  it.each<[string, string, string, string]>([
    [
      "notes",
      "the text of a row that has to be read again",
      "UPDATE notes SET body = 'other' WHERE id = 'n3'",
      "UPDATE notes SET body = 'a real' || char(10) || 'and a literal \\n' WHERE id = 'n3'",
    ],
    [
      "notes",
      "a newline in text that was taken from the dump",
      "UPDATE notes SET body = 'two' || char(10) || 'lines' WHERE id = 'n2'",
      "UPDATE notes SET body = replace('two|real|lines', '|', char(10)) WHERE id = 'n2'",
    ],
    [
      "notes",
      "a row with U+FFFD that is gone",
      "UPDATE notes SET book_id = 'b9' WHERE id = 'n9'",
      "UPDATE notes SET book_id = 'b1' WHERE id = 'n9'",
    ],
    [
      "books",
      "3.0 that became 4",
      "UPDATE books SET loose = 4 WHERE id = 'b1'",
      "UPDATE books SET loose = 3.0 WHERE id = 'b1'",
    ],
    [
      "counted",
      "an integer in a column that holds folded text too",
      "UPDATE counted SET value = 9007199254740990 WHERE id = 3",
      "UPDATE counted SET value = 9007199254740991 WHERE id = 3",
    ],
    [
      "counted",
      "text in a column that holds integers too",
      "UPDATE counted SET value = replace('two|real|line', '|', char(10)) WHERE id = 1",
      "UPDATE counted SET value = replace('two|real|lines', '|', char(10)) WHERE id = 1",
    ],
    [
      "counters",
      "a large integer",
      "UPDATE counters SET hits = 7 WHERE id = 9007199254740993",
      "UPDATE counters SET hits = 9007199254740995 WHERE id = 9007199254740993",
    ],
    [
      "pairs",
      "a row more with both kinds of newline",
      "INSERT INTO pairs VALUES ('z', 'z', '\\n' || char(10))",
      "DELETE FROM pairs WHERE a = 'z'",
    ],
  ])("is refused in %s: %s", async (table, _what, sql, back) => {
    change(sql);
    try {
      const { mended } = await mendAgain(exported);
      expect(changedTables(mended)).toEqual([table]);
      const report = { tables: [], hazards: [], counts: [] };
      const results = buildLintSections(report, mended).flatMap((section) => section.results);
      expect(results.filter(({ outcome }) => outcome === "problem")).toMatchObject([
        {
          text: `${table}: v1 changed since the export`,
          problem: { todo: "Stop the writes to v1, then export v1 again." },
        },
      ]);
    } finally {
      change(back);
    }
    expect(changedTables((await mendAgain(exported)).mended)).toEqual([]);
  });
});
