import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeD1Move, type D1Move } from "./support/d1-move.ts";

const minutes = 60_000;
const local = ["--env", "local"];

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

  it("with kill -9 goes on with the parts that are missing, and brings the same bytes", async () => {
    const first = move.start(["run", "d1-workspaces", ...local, "--json"]);
    // the first part is in, the second one is on its way
    await first.says('"parts":1,');
    first.child.kill("SIGKILL");
    await first.ended;
    expect(manifest().parts.length).toBeGreaterThan(2);
    const status = await move.movebook(["status", "d1-workspaces", ...local]);
    expect(status.output).toMatch(/v2 holds [12] of \d parts of this import: npx movebook resume/u);
    expect(status.code).toBe(6);
    const rest = await move.movebook(["resume", "d1-workspaces", ...local]);
    expect(rest.output).toContain("RESULT: PASS");
    expect(rest.code).toBe(0);
    for (const [table, columns] of [
      ["users", ["id", "email", "password_hash"]],
      ["records", ["id", "table_id", "data", "created_by"]],
    ] as const)
      expect(move.cells("v2", table, columns)).toEqual(move.cells("v1", table, columns));
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
    expect(cut.code).not.toBe(0);
    writeFileSync(dump, text.replaceAll("\n", "\r\n"), "latin1");
    const windows = await move.movebook(["resume", "d1-workspaces", ...local]);
    expect(windows.output).toMatch(/CR ?LF|line ending/iu);
    expect(windows.code).not.toBe(0);
    expect(move.picture("v2")).toBe(v2Before);
  });
});
