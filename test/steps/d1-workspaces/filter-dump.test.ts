import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Scratch } from "../../../scripts/cloudflare/scratch.ts";
import { parseDecisions } from "../../../scripts/steps/d1-workspaces/decisions.ts";
import { filterDump, transformFilter } from "../../../scripts/steps/d1-workspaces/filter-dump.ts";
import { day, plainV1, referenceSchema, writeDump, type MadeV1 } from "./made-move.ts";

interface Filtered {
  readonly sql: string;
  readonly lines: readonly string[];
}

async function filter(dump: string, decisions: object = {}): Promise<Filtered> {
  const chunks: Buffer[] = [];
  const lines: string[] = [];
  const output = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk);
      done();
    },
  });
  await filterDump({
    input: Readable.from([Buffer.from(dump)]),
    output,
    v2Schema: undefined,
    decisions: parseDecisions(JSON.stringify(decisions), "d1-decisions.json"),
    folder: mkdtempSync(join(tmpdir(), "movebook-filter-test-")),
    warn: (line) => void lines.push(line),
    signal: new AbortController().signal,
  }).catch((error: unknown) => {
    if (chunks.length > 0) throw new Error("something was written", { cause: error });
    throw error;
  });
  return { sql: Buffer.concat(chunks).toString(), lines };
}

/** What v2 holds after the file. */
function importInto(sql: string): Scratch {
  const v2 = Scratch.open(":memory:");
  v2.exec(referenceSchema);
  v2.exec("PRAGMA foreign_keys = ON");
  v2.exec(sql);
  return v2;
}

const withData = (...data: string[]): MadeV1 => ({
  ...plainV1,
  records: {
    ...plainV1.records,
    rows: data.map((text, index) => [`r${index}`, "t1", text, null, day, day]),
  },
});

describe("the filter", () => {
  it("writes SQL that fills v2 as the runbook would", async () => {
    const { sql, lines } = await filter(writeDump(plainV1));
    const v2 = importInto(sql);
    expect([
      ...v2.rows(
        "SELECT t.id, b.workspace_id FROM tables t JOIN bases b ON b.id = t.base_id ORDER BY 1",
      ),
    ]).toEqual([
      ["t1", "ws_u1"],
      ["t2", "ws_u2"],
    ]);
    expect([...v2.rows("SELECT data FROM records ORDER BY id")]).toEqual([
      ['{"f1":"one"}'],
      ['{ "a" : [1,\t2] }'],
    ]);
    expect(lines).toContain("records: 2 rows of v1 → 2 rows of v2");
    expect(lines.some((line) => line.includes("reference schema"))).toBe(true);
  });

  it("writes the same bytes twice", async () => {
    expect((await filter(writeDump(plainV1))).sql).toBe((await filter(writeDump(plainV1))).sql);
  });

  it("mends JSON whose newlines the export folded", async () => {
    const folded = String.raw`replace('{\n  "a": "x\ny",\n  "b": 1\n}','\n',char(10))`;
    const { sql, lines } = await filter(writeDump(withData("MARK")).replace("'MARK'", folded));
    expect(lines).toContainEqual(expect.stringMatching(/^mended: 1 × JSON .*valid JSON in v1$/));
    expect(importInto(sql).row("SELECT data FROM records")).toEqual([
      '{\n  "a": "x\\ny",\n  "b": 1\n}',
    ]);
  });

  it("refuses by name what only v1 can tell, and writes nothing", async () => {
    const dump = writeDump(plainV1).replace("'two'", String.raw`replace('a\nb\nc','\n',char(10))`);
    await expect(filter(dump)).rejects.toMatchObject({
      exitCode: 3,
      message: "the dump has lost values that only v1 can tell",
      problems: [{ where: "tables.description" }],
    });
  });

  it("refuses no loss in tables that stay behind", async () => {
    const views = {
      sql: "CREATE TABLE views (id TEXT, n INTEGER)",
      rows: [["v", 2 ** 53]],
    } as const;
    const dump = writeDump({ ...plainV1, views });
    await expect(filter(dump)).rejects.toMatchObject({ exitCode: 3 });
    const decided = await filter(dump, {
      leaveOut: { tables: { views: { reason: "made anew" } } },
    });
    expect(decided.lines).toContain("leaveOut.tables › views: 1 row left out (made anew)");
  });

  it("refuses what v2 would, with every problem", async () => {
    const dump = writeDump({
      ...plainV1,
      views: { sql: "CREATE TABLE views (id TEXT)", rows: [["v"]] },
    });
    await expect(filter(dump)).rejects.toMatchObject({
      message: "v1 does not fit into v2 as it is: 1 problem",
      problems: [{ what: "views has no home in v2: 1 row" }],
    });
  });

  it("refuses what is no dump, or is cut", async () => {
    await expect(filter("hello")).rejects.toMatchObject({ exitCode: 3 });
    await expect(filter(writeDump(plainV1).slice(0, -40))).rejects.toMatchObject({ exitCode: 3 });
    await expect(filter(writeDump(plainV1).replaceAll("\n", "\r\n"))).rejects.toMatchObject({
      exitCode: 3,
    });
  });

  it("says that rows which are missing cannot be seen in a dump", async () => {
    const whole = writeDump(plainV1);
    const cut = whole.slice(0, whole.lastIndexOf('INSERT INTO "records"'));
    const { lines } = await filter(cut);
    expect(lines).toContain("records: 1 row of v1 → 1 row of v2");
    expect(lines.at(-1)).toContain("a dump that was cut between two statements looks whole");
  });

  it("leaves no file behind", async () => {
    const left = (): string[] =>
      readdirSync(tmpdir()).filter((name) => name.startsWith(`movebook-filter-${process.pid}-`));
    const output = new Writable({ write: (_, __, done) => done() });
    await transformFilter.run({
      input: Readable.from([Buffer.from(writeDump(plainV1))]),
      output,
      warn: () => undefined,
      signal: new AbortController().signal,
      projectFolder: tmpdir(),
      options: {},
    });
    expect(left()).toEqual([]);
    expect(output.writableEnded).toBe(true);
  });
});
