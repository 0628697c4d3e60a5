import { describe, expect, it } from "vitest";
import { day, move, plainV1, type MadeV1 } from "./made-move.ts";

const workspaces = (...rows: (string | null)[][]) => ({
  sql: "CREATE TABLE workspaces (id TEXT PRIMARY KEY, name TEXT, owner_id TEXT, slug TEXT, created_at TEXT, updated_at TEXT)",
  rows: rows.map(([id = null, owner = null]) => [id, "Mine", owner, `slug-${id}`, day, day]),
});
const members = (...rows: string[][]) => ({
  sql: "CREATE TABLE workspace_members (workspace_id TEXT, user_id TEXT, role TEXT, joined_at TEXT)",
  rows: rows.map((row) => [...row, day]),
});
const bases = (...rows: string[][]) => ({
  sql: "CREATE TABLE bases (id TEXT PRIMARY KEY, workspace_id TEXT, name TEXT, created_at TEXT, updated_at TEXT)",
  rows: rows.map((row) => [...row, "Base", day, day]),
});
/** id, user, base, workspace */
const tables = (...rows: (string | null)[][]) => ({
  sql: "CREATE TABLE tables (id TEXT PRIMARY KEY, user_id TEXT, base_id TEXT, workspace_id TEXT, name TEXT, created_at TEXT, updated_at TEXT)",
  rows: rows.map((row) => [...row, "Table", day, day]),
});
const empty = {
  fields: { ...plainV1.fields, rows: [] },
  records: { ...plainV1.records, rows: [] },
};

describe("a v1 without workspaces", () => {
  it("gives each user a Default workspace, an owner membership and a base, with the user's times", async () => {
    const { rows, told } = await move(plainV1);
    expect(told).toEqual([]);
    expect(rows("workspaces", "id, name, slug, owner_id, created_at, updated_at")).toEqual([
      ["ws_u1", "Default", "default-u1", "u1", day, day],
      ["ws_u2", "Default", "default-u2", "u2", day, "2024-02-02 00:00:00"],
    ]);
    expect(rows("workspace_members")).toEqual([
      ["ws_u1", "u1", "owner", day],
      ["ws_u2", "u2", "owner", day],
    ]);
    expect(rows("bases", "id, workspace_id, name, icon, position")).toEqual([
      ["base_ws_u1", "ws_u1", "Default", "folder", 0n],
      ["base_ws_u2", "ws_u2", "Default", "folder", 0n],
    ]);
  });

  it("puts each table into its owner's base, whatever v1 calls the owner", async () => {
    for (const owner of ["user_id", "owner_id", "created_by", "creator_id"]) {
      const sql = plainV1.tables.sql.replace("user_id", owner);
      const { rows, told } = await move({ ...plainV1, tables: { ...plainV1.tables, sql } });
      expect(told).toEqual([]);
      expect(rows("tables", "id, base_id")).toEqual([
        ["t1", "base_ws_u1"],
        ["t2", "base_ws_u2"],
      ]);
    }
  });

  it("moves nothing when there are no users, and gives a user without tables a place all the same", async () => {
    const none = {
      ...plainV1,
      users: { ...plainV1.users, rows: [] },
      tables: { ...plainV1.tables, rows: [] },
      ...empty,
    };
    const { rows, told, notes } = await move(none);
    expect(told).toEqual([]);
    expect(rows("workspaces")).toEqual([]);
    expect(notes).toContain("v1 has no users");
    const lonely = await move({ ...none, users: plainV1.users });
    expect(lonely.rows("bases", "id")).toEqual([["base_ws_u1"], ["base_ws_u2"]]);
  });

  it("refuses tables whose owner is missing, until they are left out by decision", async () => {
    const v1 = {
      ...plainV1,
      tables: {
        ...plainV1.tables,
        rows: [...plainV1.tables.rows, ["t9", "gone", "X", null, "i", "blue", 0, day, day]],
      },
    };
    const refused = await move(v1);
    expect(refused.told).toEqual(["1 table of v1 has no place in v2: their owner is not there"]);
    expect(refused.problems[0]?.rows).toEqual(["tables.id = t9"]);
    expect(refused.problems[0]?.details).toEqual([
      '{"orphans":{"tables.user_id":{"leaveOut":true,"reason":"<why>"}}}',
    ]);
    const decided = await move(v1, {
      orphans: { "tables.user_id": { leaveOut: true, reason: "deleted accounts" } },
    });
    expect(decided.told).toEqual([]);
    expect(decided.rows("tables", "id")).toEqual([["t1"], ["t2"]]);
    expect(decided.decisions).toEqual([
      "orphans › tables.user_id: 1 table left out (deleted accounts)",
    ]);
  });

  it("refuses when a made id stands in v1 already", async () => {
    const v1 = { ...plainV1, workspaces: workspaces(["ws_u2", "u1"]) };
    expect((await move(v1)).told[0]).toContain("stand in v1 already");
  });
});

describe("a v1 that has workspaces already", () => {
  const mixed: MadeV1 = {
    users: {
      ...plainV1.users,
      rows: [...plainV1.users.rows, ["u3", "c@example.com", "Cid", "h3", "editor", 1, day, day]],
    },
    workspaces: workspaces(["w1", "u1"], ["w2", "u1"]),
    workspace_members: members(["w1", "u1", "owner"], ["w1", "u2", "editor"]),
    bases: bases(["b1", "w1"], ["b2", "w1"]),
    tables: tables(
      ["in-base", "u1", "b2", null],
      ["in-both", "u1", "b1", "w1"],
      ["in-workspace", "u1", null, "w1"],
      ["in-empty-workspace", "u1", null, "w2"],
      ["in-nothing", "u1", null, null],
      ["of-member", "u2", null, null],
    ),
    ...empty,
  };

  it("keeps them and wraps only users who own none; who is only a member gets a Default too", async () => {
    const { rows, told, notes } = await move(mixed);
    expect(told).toEqual([]);
    expect(rows("workspaces", "id, name, owner_id")).toEqual([
      ["w1", "Mine", "u1"],
      ["w2", "Mine", "u1"],
      ["ws_u2", "Default", "u2"],
      ["ws_u3", "Default", "u3"],
    ]);
    expect(notes).toContain("v1 has 2 workspaces already: kept, and not wrapped again");
  });

  it("keeps memberships, and adds the owner's where a workspace has none", async () => {
    const { rows } = await move(mixed);
    expect(rows("workspace_members", "workspace_id, user_id, role")).toEqual([
      ["w1", "u1", "owner"],
      ["w1", "u2", "editor"],
      ["w2", "u1", "owner"],
      ["ws_u2", "u2", "owner"],
      ["ws_u3", "u3", "owner"],
    ]);
  });

  it("leaves tables in their base, else puts them into the workspace's first or made base, else at home", async () => {
    const { rows } = await move(mixed);
    expect(rows("tables", "id, base_id")).toEqual([
      ["in-base", "b2"],
      ["in-both", "b1"],
      ["in-workspace", "b1"],
      ["in-empty-workspace", "base_w2"],
      ["in-nothing", "b1"],
      ["of-member", "base_ws_u2"],
    ]);
    expect(rows("bases", "id")).toEqual([
      ["b1"],
      ["b2"],
      ["base_w2"],
      ["base_ws_u2"],
      ["base_ws_u3"],
    ]);
  });

  it("knows an owner by the membership when the workspace itself does not say", async () => {
    const v1: MadeV1 = {
      ...mixed,
      workspaces: { ...workspaces(["w1"]), rows: [["w1", "Mine", null, "s", day, day]] },
      bases: bases(["b1", "w1"]),
      tables: tables(["in-nothing", "u1", null, null]),
    };
    const { rows, told } = await move(v1);
    expect(told).toEqual([]);
    expect(rows("workspaces", "id, owner_id")).toEqual([
      ["w1", "u1"],
      ["ws_u2", "u2"],
      ["ws_u3", "u3"],
    ]);
    expect(rows("tables", "base_id")).toEqual([["b1"]]);
  });

  it("tells bases of a missing workspace and tables of a missing base or workspace", async () => {
    const v1: MadeV1 = {
      ...mixed,
      bases: bases(["b1", "w1"], ["lost", "nowhere"]),
      tables: tables(["a", "u1", "no-base", null], ["b", "u1", null, "nowhere"]),
    };
    expect((await move(v1)).told).toEqual([
      "1 table of v1 has no place in v2: their workspace is not there",
      "1 row of bases refers to a row of workspaces that is not there",
      "1 row of tables refers to a row of bases that is not there",
    ]);
  });

  it("warns of workspaces whose owner is a member with another role", async () => {
    const { warnings } = await move({
      ...mixed,
      workspace_members: members(["w1", "u1", "editor"]),
    });
    expect(warnings.map(({ what }) => what)).toEqual([
      "1 workspace of v1 has no member whose role is owner",
    ]);
  });

  it("stops when a table's owner is told by nothing else in v2", async () => {
    const v1: MadeV1 = { ...mixed, tables: tables(["t", "u2", "b1", null]) };
    const { told } = await move(v1);
    expect(told).toEqual(["tables.user_id has no home in v2: 1 value that is not NULL"]);
  });

  it("gives the same answer for its own outcome: a second move wraps nothing", async () => {
    const first = await move(plainV1);
    const v1: MadeV1 = {
      ...plainV1,
      workspaces: workspaces(
        ...first.rows("workspaces", "id, owner_id").map((row) => row.map(String)),
      ),
      workspace_members: members(
        ...first
          .rows("workspace_members", "workspace_id, user_id, role")
          .map((row) => row.map(String)),
      ),
      bases: bases(...first.rows("bases", "id, workspace_id").map((row) => row.map(String))),
      tables: tables(
        ...first
          .rows("tables", "id, NULL, base_id, NULL")
          .map((row) => row.map((cell) => (typeof cell === "string" ? cell : null))),
      ),
    };
    const second = await move(v1);
    expect(second.told).toEqual([]);
    for (const [table, columns] of [
      ["workspaces", "id, owner_id"],
      ["workspace_members", "workspace_id, user_id, role"],
      ["bases", "id, workspace_id"],
      ["tables", "id, base_id"],
    ] as const)
      expect(second.rows(table, columns)).toEqual(first.rows(table, columns));
  });
});
