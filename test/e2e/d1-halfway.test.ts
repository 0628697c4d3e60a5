import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeCloudflare } from "../cloudflare/fake-cloudflare.ts";
import { makeD1Move, v1Named, v2Named, type D1Move, type Ended } from "./support/d1-move.ts";

const minutes = 60_000;
const confirmed = ["--env", "remote", "--confirm", v2Named.name];

/** Journal and reports of a run, as one text. */
const readTold = (run: string): string =>
  readdirSync(run)
    .filter((name) => name === "journal.jsonl" || name.startsWith("report-"))
    .map((name) => readFileSync(join(run, name), "utf8"))
    .join("\n");

describe("a move at Cloudflare that goes wrong halfway", { timeout: 15 * minutes }, () => {
  let fake: FakeCloudflare;
  let move: D1Move;
  let v2Before = "";
  const run = ["run", "d1-workspaces", ...confirmed, "--until", "validate"];
  const records = ["id", "table_id", "data", "created_by", "created_at", "updated_at"];

  beforeAll(async () => {
    fake = await FakeCloudflare.start({ databases: [v1Named, v2Named] });
    move = makeD1Move({ fake, product: { longRecords: 0 } });
    v2Before = move.picture("v2");
  });
  afterAll(async () => {
    move.remove();
    await fake.stop();
  });

  it("by a dump whose download ended early: it is told by its rows, with v2 untouched", async () => {
    fake.order({ at: "download", does: "half", applies: "all" });
    const { output, code } = await move.movebook(run);
    expect(output).toMatch(
      /the dump does not hold what v1 holds|truncated|cut off|ends in the middle/u,
    );
    expect(output).toMatch(/Export again|export again/u);
    expect(code).not.toBe(0);
    expect(move.picture("v2")).toBe(v2Before);
    expect(fake.writesTo(v2Named.name)).toEqual([]);
    // the address under which the dump lies for an hour
    const told = readTold(move.runs().at(-1) ?? "");
    expect(told).toContain("export");
    expect(output + told).not.toContain("/signed/");
  });

  it("by a part that went in half: says so, and looks before it sends anything again", async () => {
    fake.order({
      at: "import-ingest",
      does: "cut",
      applies: "half",
      database: v2Named.name,
      after: 1,
    });
    const half = await move.movebook(run);
    expect(half.output).toContain("part 1 of 1 went in partly");
    expect(half.output).toMatch(/next +npx movebook undo d1-workspaces --env remote/u);
    expect(half.code).toBe(6);
    const sent = fake.writesTo(v2Named.name).length;
    const resumed = await move.movebook(["resume", "d1-workspaces", ...confirmed]);
    expect(resumed.output).toContain("part 1 of 1 went in partly");
    expect(resumed.code).toBe(6);
    expect(fake.writesTo(v2Named.name)).toHaveLength(sent);
  });

  it("goes back to the bookmark by undo, and a new run arrives", async () => {
    const undone = await move.movebook(["undo", "d1-workspaces", ...confirmed, "--yes"]);
    expect(undone.output).toContain("v2 was restored to the bookmark");
    expect(undone.code).toBe(0);
    expect(move.picture("v2")).toBe(v2Before);
    const again = await move.movebook(run);
    expect(again.output).toContain("RESULT: PASS");
    expect(again.code).toBe(0);
    expect(move.cells("v2", "records", records)).toEqual(move.cells("v1", "records", records));
  });

  it("is not taken back once users were sent to v2", async () => {
    const journal = join(move.runs().at(-1) ?? "", "journal.jsonl");
    const at = new Date().toISOString();
    const answer = { at, by: "Ann Smith", operator: "ann@laptop", how: "asked" };
    const line = { at, type: "fact", key: "switch-dns-answer", value: answer };
    const filled = move.picture("v2");
    appendFileSync(journal, `${JSON.stringify(line)}\n`);
    const { output, code } = await move.movebook([
      "step",
      "d1-workspaces",
      "rollback",
      ...confirmed,
    ]);
    expect(output).toContain(`users were sent to v2 on ${at} by Ann Smith`);
    expect(output).toMatch(
      /next +npx movebook undo d1-workspaces --env remote --until switch-dns/u,
    );
    expect(code).toBe(3);
    expect(move.picture("v2")).toBe(filled);
    appendFileSync(journal, `${JSON.stringify({ ...line, value: null })}\n`);
  });

  it("is emptied when Cloudflare does not know the bookmark any more", async () => {
    const journal = join(move.runs().at(-1) ?? "", "journal.jsonl");
    const at = new Date().toISOString();
    const value = "00000000-00000000-00000000-00000000000000000000000000000000";
    const line = { at, type: "fact", key: "import-bookmark", value };
    appendFileSync(journal, `${JSON.stringify(line)}\n`);
    const { output, code } = await move.movebook([
      "step",
      "d1-workspaces",
      "rollback",
      ...confirmed,
    ]);
    expect(output).toContain(
      "D1 does not take this bookmark of Time Travel: what was imported is deleted",
    );
    expect(output).toMatch(/v2 is as it was: \d+ tables emptied, the ledger removed/u);
    expect(code).toBe(0);
    expect(move.picture("v2")).toBe(v2Before);
  });

  it("lets exactly one of two operators in, and names that one to the other", async () => {
    const other = mkdtempSync(join(tmpdir(), "movebook-d1-second-"));
    try {
      for (const file of [".env.d1.remote", "d1-decisions.json"])
        copyFileSync(join(move.folder, file), join(other, file));
      const both = (words: readonly string[]): Promise<Ended[]> =>
        Promise.all([
          move.movebook(words),
          move.movebook(["--project", other, ...words], { TMPDIR: other }),
        ]);
      // the first one's run, which was rolled back, has its import files already
      const until = ["run", "d1-workspaces", ...confirmed, "--until", "transform"];
      const begun = await move.movebook(["--project", other, ...until], { TMPDIR: other });
      expect(begun.code, begun.output).toBe(0);
      const ended = await both(["step", "d1-workspaces", "import", ...confirmed]);
      expect(ended.map(({ code }) => code).toSorted((a, b) => Number(a) - Number(b))).toEqual([
        0, 3,
      ]);
      const refused = ended.find(({ code }) => code === 3)?.output;
      expect(refused).toMatch(/another (?:import|run)/u);
      expect(refused).toMatch(/begun .+ by \S+@\S+/u);
      expect(move.cells("v2", "movebook_import")).toHaveLength(1);
      expect(move.cells("v2", "records", records)).toEqual(move.cells("v1", "records", records));
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });
});
