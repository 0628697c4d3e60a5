import { describe, expect, it } from "vitest";
import { move, plainV1, referenceSchema, type MadeV1 } from "./made-move.ts";

describe("what has no home in v2", () => {
  const v1: MadeV1 = {
    ...plainV1,
    users: {
      sql: plainV1.users.sql.replace("updated_at TEXT", "updated_at TEXT, theme TEXT, unused TEXT"),
      rows: plainV1.users.rows.map((row) => [...row, "dark", null]),
    },
    views: { sql: "CREATE TABLE views (id TEXT)", rows: [["v1"], ["v2"]] },
    audit_log: { sql: "CREATE TABLE audit_log (id TEXT)", rows: [] },
    sessions: { sql: "CREATE TABLE sessions (id TEXT)", rows: [["s"]] },
    d1_migrations: {
      sql: "CREATE TABLE d1_migrations (id INTEGER, name TEXT)",
      rows: [[1, "0001_init.sql"]],
    },
  };

  it("is a problem with its count, when there are values", async () => {
    const { told, notes } = await move(v1);
    expect(told).toEqual([
      "users.theme has no home in v2: 2 values that are not NULL",
      "views has no home in v2: 2 rows",
    ]);
    expect(notes).toEqual(
      expect.arrayContaining([
        "users.unused: has no home in v2, and no values",
        "audit_log: has no home in v2, and no rows",
        "sessions: 1 row not moved, people log in again",
      ]),
    );
  });

  it("is a table whose namesake in v2 shares no column with it", async () => {
    const notes: MadeV1 = {
      ...plainV1,
      notes: { sql: "CREATE TABLE notes (text TEXT)", rows: [["x"]] },
    };
    const { told, rows } = await move(
      notes,
      {},
      `${referenceSchema}CREATE TABLE notes (body TEXT DEFAULT '');`,
    );
    expect(told).toContain("notes of v1 and notes of v2 have no column in common: 1 row");
    expect(rows("notes")).toEqual([]);
  });

  it("is not a table of sessions that people train in", async () => {
    const sql = "CREATE TABLE training_sessions (id TEXT)";
    const training: MadeV1 = { ...plainV1, training_sessions: { sql, rows: [["s"]] } };
    expect((await move(training)).told).toEqual(["training_sessions has no home in v2: 1 row"]);
    expect(
      (await move(training, {}, `${referenceSchema}${sql};`)).rows("training_sessions"),
    ).toEqual([["s"]]);
  });

  it("stays behind by decision, with its reason", async () => {
    const { told, decisions, rows } = await move(v1, {
      leaveOut: {
        tables: { views: { reason: "made anew" } },
        columns: { "users.theme": { reason: "no themes" } },
      },
    });
    expect(told).toEqual([]);
    expect(decisions).toEqual([
      "leaveOut.tables › views: 2 rows left out (made anew)",
      "leaveOut.columns › users.theme: 2 values left out (no themes)",
    ]);
    expect(rows("users", "count(*)")).toEqual([[2n]]);
  });
});
