import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listHazards, makeD1Move, type D1Move, type Ended } from "./support/d1-move.ts";

const minutes = 60_000;
const local = ["--env", "local"];

describe("a v1 with every hazard, moved locally", { timeout: 15 * minutes }, () => {
  let move: D1Move;
  let v1Before = "";
  let v2Before = "";
  let ended: Ended;

  beforeAll(async () => {
    move = makeD1Move({ hazards: true });
    v1Before = move.picture("v1");
    v2Before = move.picture("v2");
    ended = await move.movebook(["run", "d1-workspaces", ...local]);
  }, 15 * minutes);
  afterAll(() => move.remove());

  it("arrives, and says how many checks ran", () => {
    expect(ended.output).toContain("RESULT: PASS");
    expect(ended.output).toMatch(/(\d+) of \1 checks ran/u);
    expect(ended.code).toBe(0);
  });

  it("has the same cells in v2, read by a client of the tests' own", () => {
    for (const [table, columns] of [
      ["users", ["id", "email", "password_hash"]],
      ["records", ["id", "table_id", "data", "created_by", "created_at", "updated_at"]],
      ["fields", ["id", "table_id", "name", "options"]],
      ["hazards", ["id", "why", "value"]],
    ] as const)
      expect(move.cells("v2", table, columns), table).toEqual(move.cells("v1", table, columns));
    expect(move.cells("v2", "sessions")).toEqual([]);
  });

  it("has every hazard in v2 as it was made, in value and type", () => {
    for (const { name, meant, stored } of listHazards(move, "v2"))
      expect(stored, name).toStrictEqual(meant);
    expect(listHazards(move, "v2").length).toBeGreaterThan(12);
  });

  it("leaves v1 as it was, to the last byte", () => {
    expect(move.picture("v1")).toBe(v1Before);
  });

  it("keeps its files for the operator alone", () => {
    const [run = ""] = move.runs();
    expect(existsSync(join(run, "import/manifest.json"))).toBe(true);
    expect(readFileSync(join(run, "v1_dump.manifest.json"), "utf8")).toContain('"sha256"');
  });

  it("is seen to differ when somebody has written to v1 or v2 since, by table and count", async () => {
    move.change("v1", "UPDATE users SET name = 'canary' WHERE rowid = 1");
    move.change("v2", "UPDATE records SET data = '{\"canary\":1}' WHERE rowid = 3");
    const found = await move.movebook(["step", "d1-workspaces", "validate", ...local]);
    expect(found.code).toBe(5);
    expect(found.output).toContain("records of v2: 1 row with other values");
    expect(found.output).toContain(
      "v1 was written to since the export: users: 1 row with other values",
    );
    expect(found.output).not.toContain("canary");
  });

  it("is not taken back over rows that somebody has changed", async () => {
    const refused = await move.movebook(["undo", "d1-workspaces", ...local, "--yes"]);
    expect(refused.code).toBe(3);
    expect(refused.output).toContain("records: 1 row changed since");
  });

  it("is not moved a second time into a v2 that is filled", async () => {
    const filled = move.picture("v2");
    const again = await move.movebook(["run", "d1-workspaces", ...local]);
    expect(again.output).toContain("has changed the target (import done); it comes first");
    expect(again.code).toBe(3);
    expect(move.picture("v2")).toBe(filled);
  });

  it("is taken back over them when that is said, and v2 is as it was", async () => {
    const reason = "v2-rows=it was a test";
    const undo = ["undo", "d1-workspaces", ...local, "--yes", "--override", reason];
    const undone = await move.movebook(undo);
    expect(undone.output).toContain("v2 is as it was");
    expect(undone.code).toBe(0);
    expect(move.picture("v2")).toBe(v2Before);
  });
});

describe("what cannot be moved", { timeout: 10 * minutes }, () => {
  const hidden = "CREATE TABLE hidden (id TEXT, rowid TEXT, _rowid_ TEXT, oid TEXT)";
  let move: D1Move;
  let v2Before = "";

  beforeAll(() => {
    move = makeD1Move({ v2: [hidden, "CREATE TABLE stores (id TEXT PRIMARY KEY, value)"] });
    v2Before = move.picture("v2");
    move.change(
      "v1",
      hidden,
      "INSERT INTO hidden VALUES ('a', 'b', 'c', 'd')",
      "CREATE TABLE stores (id TEXT PRIMARY KEY, value)",
      "INSERT INTO stores VALUES ('a', 1), ('large one', replace(hex(zeroblob(1000001)), '00', 'cd'))",
      "CREATE VIRTUAL TABLE search USING fts5(body)",
    );
  });
  afterAll(() => move.remove());

  it.each([
    ["a virtual table", "D1 exports no database that has one: search", "DROP TABLE search"],
    [
      "a row over 2 MB",
      "1 × rows over 2 MB, which D1 does not store (stores)",
      "DELETE FROM stores WHERE id = 'large one'",
    ],
    [
      "a table whose columns hide its rowid",
      "the table hidden has columns rowid, _rowid_ and oid",
      "ALTER TABLE hidden RENAME COLUMN oid TO other",
    ],
  ])("is refused by name: %s", async (_what, message, mend) => {
    const { output, code } = await move.movebook(["run", "d1-workspaces", ...local]);
    expect(output).toContain(message);
    expect(output).not.toContain("large one");
    expect(output).not.toContain("search_data");
    expect(code).toBe(3);
    expect(move.picture("v2")).toBe(v2Before);
    move.change("v1", mend);
  });
});
