import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../../scripts/engine/check.ts";
import { readContents, type Contents } from "../../../scripts/steps/d1-workspaces/contents.ts";
import { judgeSize, judgeSource } from "../../../scripts/steps/d1-workspaces/preflight-source.ts";
import {
  judgeColumns,
  judgeEmptiness,
  judgeMigrations,
  judgeTarget,
} from "../../../scripts/steps/d1-workspaces/preflight-target.ts";
import { judgeListed } from "../../../scripts/steps/d1-workspaces/preflight-wrangler.ts";
import { makeDatabase } from "./made-database.ts";

const contentsOf = (...statements: readonly string[]): Promise<Contents> =>
  readContents(makeDatabase("made", statements));

const bad = (results: readonly CheckResult[]): string[] =>
  results.filter(({ outcome }) => outcome === "problem").map(({ text }) => text);

const flat = ["users", "tables", "records"].map((name) => `CREATE TABLE ${name} (id TEXT)`);
const v2 = ["users", "workspaces", "workspace_members", "bases", "tables", "records"].map(
  (name) => `CREATE TABLE ${name} (id TEXT)`,
);

describe("v1 before its export", () => {
  it("is the product, with its rows counted", async () => {
    const contents = await contentsOf(...flat, "INSERT INTO users VALUES ('a'), ('b')");
    expect(bad(judgeSource(contents))).toEqual([]);
    expect(contents.rows.get("users")).toBe(2);
  });

  it("is refused as another product, with what is there and what is not", async () => {
    const results = judgeSource(
      await contentsOf("CREATE TABLE shops (id)", "CREATE TABLE users (id)"),
    );
    expect(bad(results)).toEqual([
      "v1 holds another product, or another state of it: tables, records not there",
    ]);
    expect(results[0]?.problem?.details).toEqual(["there are: shops, users"]);
    expect(bad(judgeSource(await contentsOf()))).toEqual(["v1 is empty: it has no tables"]);
  });

  it("is refused for a virtual table, by its name", async () => {
    const contents = await contentsOf(...flat, "CREATE VIRTUAL TABLE search USING fts5(text)");
    expect(bad(judgeSource(contents))[0]).toContain("no database that has one: search");
  });

  it("warns that a remote export keeps others out, with its size", () => {
    expect(judgeSize("remote", 12_000_000).at(-1)?.text).toBe(
      "a remote export of 12 MB lets v1 answer nobody while it runs",
    );
    expect(judgeSize("local", 12_000_000)).toHaveLength(1);
    expect(judgeSize("local", 600_000_000)[0]?.outcome).toBe("warned");
  });
});

describe("v2 before the import", () => {
  it("has the product's tables, and all of them are empty", async () => {
    const contents = await contentsOf(...v2);
    expect(bad(judgeTarget(contents, undefined))).toEqual([]);
    expect(bad(judgeEmptiness(contents))).toEqual([]);
  });

  it("names what is missing, and each table that holds rows", async () => {
    const contents = await contentsOf(...flat, "INSERT INTO users VALUES ('a')");
    expect(bad(judgeTarget(contents, undefined))[0]).toContain("no table workspaces");
    expect(bad(judgeEmptiness(contents))).toEqual(["v2 is not empty: users holds 1 row"]);
  });

  it("has no trigger that fires on an insert, unless that is overridden", async () => {
    const contents = await contentsOf(
      ...v2,
      "CREATE TRIGGER stamp AFTER INSERT ON users BEGIN UPDATE users SET id = 'x'; END",
      "CREATE TRIGGER late AFTER DELETE ON users BEGIN SELECT 1; END",
    );
    const results = judgeTarget(contents, undefined).filter(({ outcome }) => outcome === "problem");
    expect(results.map(({ text }) => text)).toEqual([
      "1 trigger of v2 would fire during the import: stamp on users",
    ]);
    expect(results[0]?.overridable).toBe("v2-triggers");
  });

  it("has all migrations of its folder", () => {
    const folder = mkdtempSync(join(tmpdir(), "movebook-migrations-"));
    for (const name of ["0001_init.sql", "0002_more.sql", "notes.md"])
      writeFileSync(join(folder, name), "");
    expect(bad(judgeMigrations(["0001_init.sql", "0002_more.sql"], folder))).toEqual([]);
    expect(bad(judgeMigrations(["0001_init.sql"], folder))).toEqual([
      "1 migration of v2 not applied: 0002_more.sql",
    ]);
    expect(bad(judgeMigrations(undefined, join(folder, "none")))[0]).toContain("is not there");
  });

  it("has no table with more columns than D1 takes", () => {
    expect(bad(judgeColumns(new Map([["wide", 101]])))).toEqual([
      "wide of v2 has 101 columns; D1 takes 100",
    ]);
  });
});

describe("a database as the account lists it", () => {
  const listed = [
    { uuid: "id-1", name: "v1" },
    { uuid: "id-2", name: "v2" },
  ];
  it.each([
    ["v1", "id-1", "passed", "v1 (id-1) is in the account"],
    ["v1", "id-2", "problem", "the id id-2 belongs to v2, not to v1"],
    ["v2", "id-9", "problem", "v2 has the id id-2, not id-9"],
    ["v3", "id-9", "problem", "the account has no database v3 (id-9)"],
  ])("%s with %s: %s", (name, id, outcome, text) => {
    const result = judgeListed("v1", { name, id }, listed);
    expect(result.outcome).toBe(outcome);
    expect(result.text).toContain(text);
  });
});
