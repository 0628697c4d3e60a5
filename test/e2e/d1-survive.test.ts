import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeD1Move, type D1Move } from "./support/d1-move.ts";

const minutes = 60_000;
const local = ["--env", "local"];
/** Every character of a cell, with its type. */
const whole = { maxStringLength: Infinity, maxArrayLength: Infinity, depth: 5 };
const tables = ["users", "workspaces", "workspace_members", "bases", "tables", "fields", "records"];

describe("an import that is killed", { timeout: 15 * minutes }, () => {
  let move: D1Move;
  let v2Before = "";

  beforeAll(() => {
    // long records make several parts of few rows
    move = makeD1Move({
      product: { users: 4, tablesPerUser: 2, recordsPerTable: 40, longRecords: 300 },
    });
    v2Before = move.picture("v2");
  });
  afterAll(() => move.remove());

  const manifest = (): { parts: { file: string }[] } =>
    JSON.parse(readFileSync(join(move.runs().at(-1) ?? "", "import/manifest.json"), "utf8")) as {
      parts: { file: string }[];
    };
  /** v2 without the ledger, which names run and time. */
  const product = (): string => {
    const hash = createHash("sha256");
    for (const table of tables)
      for (const row of move.cells("v2", table)) hash.update(inspect([table, row], whole));
    return hash.digest("hex");
  };

  /** Starts, waits until that is said, and a moment that nobody chose; then kill -9. */
  const killAt = async (says: string, verb: string): Promise<void> => {
    const running = move.start([verb, "d1-workspaces", ...local, "--json"]);
    await running.says(says);
    await sleep(Math.random() * 400);
    running.child.kill("SIGKILL");
    await running.ended;
  };

  it("with kill -9, again and again, ends in the same cells as one that was left alone", async () => {
    const calm = await move.movebook(["run", "d1-workspaces", ...local]);
    expect(calm.output).toContain("RESULT: PASS");
    expect(manifest().parts).toHaveLength(3);
    const expected = product();
    const back = await move.movebook(["step", "d1-workspaces", "rollback", ...local]);
    expect(back.output).toContain("v2 is as it was");
    expect(move.picture("v2")).toBe(v2Before);
    // what was taken back is imported again by a resume
    await killAt("▶ import", "resume");
    await killAt('"parts":1,', "resume");
    const status = await move.movebook(["status", "d1-workspaces", ...local]);
    expect(status.output).toMatch(/v2 holds [12] of 3 parts of this import: npx movebook resume/u);
    expect(status.code).toBe(6);
    await killAt("are in v2, counted there", "resume");
    const rest = await move.movebook(["resume", "d1-workspaces", ...local]);
    expect(rest.output).toContain("RESULT: PASS");
    expect(rest.code).toBe(0);
    expect(product()).toBe(expected);
  });

  it("is taken back after it was finished, by the step of that name", async () => {
    const { output, code } = await move.movebook(["step", "d1-workspaces", "rollback", ...local]);
    expect(output).toContain("v2 is as it was");
    expect(code).toBe(0);
    expect(move.picture("v2")).toBe(v2Before);
  });

  it("refuses a dump that was cut or changed, with v2 untouched", async () => {
    await move.movebook(["run", "d1-workspaces", ...local, "--until", "export"]);
    const dump = join(move.runs().at(-1) ?? "", "v1_dump.sql");
    const text = readFileSync(dump, "latin1");
    writeFileSync(dump, text.slice(0, text.length / 2), "latin1");
    const cut = await move.movebook(["resume", "d1-workspaces", ...local]);
    expect(cut.output).toContain("v1_dump.sql is not the file that was exported");
    expect(cut.code).toBe(3);
    const windows = join(move.folder, "windows.sql");
    writeFileSync(windows, text.replaceAll("\n", "\r\n"), "latin1");
    const filtered = await move.movebook(["transform", "d1-workspaces", windows]);
    expect(filtered.output).toMatch(/CR ?LF|line ending/iu);
    expect(filtered.code).toBe(3);
    expect(move.picture("v2")).toBe(v2Before);
  });

  it("refuses a v1, and a dump, of another product: what is missing and what is there", async () => {
    move.change("v1", "ALTER TABLE users RENAME TO people", "ALTER TABLE records RENAME TO lines");
    const asked = await move.movebook(["step", "d1-workspaces", "preflight", ...local]);
    expect(asked.output).toContain("v1 holds another product");
    expect(asked.output).toContain("users, records not there");
    expect(asked.output).toMatch(/there are: .*people/u);
    expect(asked.code).toBe(3);
    const other = join(move.folder, "other.sql");
    const shop = ["CREATE TABLE people (id TEXT);", "INSERT INTO people VALUES('p1');"];
    writeFileSync(other, `${["PRAGMA defer_foreign_keys=TRUE;", ...shop].join("\n")}\n`);
    const filtered = await move.movebook(["transform", "d1-workspaces", other]);
    expect(filtered.output).toContain("v1 has no table users");
    expect(filtered.output).toMatch(/tables there: .*people/u);
    expect(filtered.code).not.toBe(0);
  });
});
