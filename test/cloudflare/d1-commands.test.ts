import { describe, expect, test } from "vitest";
import {
  buildBookmarkCommand,
  buildExportCommand,
  buildFileCommand,
  buildInfoCommand,
  buildListCommand,
  buildQueryCommand,
  buildRestoreCommand,
  buildWhoamiCommand,
  type D1Call,
} from "../../scripts/cloudflare/d1-commands.ts";
import { isReading } from "../../scripts/cloudflare/reading-sql.ts";
import { batchStatements } from "../../scripts/cloudflare/query-batches.ts";
import { describeCommand } from "../../scripts/engine/execute-step.ts";
import { Secret } from "../../scripts/engine/secret.ts";

const token = "canary-token-0815";
const wrangler = {
  version: "4.86.0",
  program: "node",
  args: ["wrangler.js"],
  from: "project",
} as const;
const account = { accountId: "acc", apiToken: new Secret(token), apiBaseUrl: "http://127.0.0.1:1" };
const local: D1Call = {
  wrangler,
  folder: "/run",
  address: { place: "local", name: "shop", id: "1", stateFolder: "/state" },
};
const remote: D1Call = {
  wrangler,
  folder: "/run",
  address: { place: "remote", name: "shop", id: "1", ...account },
};
const both = [
  (call: D1Call) => buildQueryCommand(call, "SELECT 1", "Look"),
  (call: D1Call) => buildFileCommand(call, "/a.sql", "Fill"),
  (call: D1Call) => buildExportCommand(call, "/a.sql"),
  (call: D1Call) => buildExportCommand(call, "/a.sql", "schema"),
];
const remoteOnly = [
  (call: D1Call) => buildBookmarkCommand(call),
  (call: D1Call) => buildRestoreCommand(call, "0001"),
  (call: D1Call) => buildInfoCommand(call),
];
const placesOf = (args: readonly string[]): string[] =>
  args.filter((word) => word === "--local" || word === "--remote");

describe("the calls of wrangler", () => {
  test("that know both places name exactly one", () => {
    for (const build of both) {
      expect(placesOf(build(local).args)).toEqual(["--local"]);
      expect(placesOf(build(remote).args)).toEqual(["--remote"]);
    }
  });

  test("that only know Cloudflare are never made for a local database", () => {
    for (const build of remoteOnly) {
      expect(() => build(local)).toThrow("about a local database");
      expect(placesOf(build(remote).args)).toEqual([]);
    }
  });

  test("name our own configuration, whatever stands in the project", () => {
    const calls = [...both, ...remoteOnly].map((build) => build(remote));
    const ofAccount = { wrangler, account, folder: "/run" };
    calls.push(buildWhoamiCommand(ofAccount), buildListCommand(ofAccount));
    for (const { args } of calls)
      expect(args[args.indexOf("--config") + 1]).toMatch(
        /^\/run\/wrangler\/(remote-1\/)?wrangler\.json$/,
      );
  });

  test("hold the token in no argument, no variable that is shown, no JSON, no description", () => {
    const command = buildQueryCommand(remote, "SELECT 1", "Look");
    expect(command.secretEnvironment?.["CLOUDFLARE_API_TOKEN"]?.()).toBe(token);
    expect(JSON.stringify(command)).not.toContain(token);
    expect(describeCommand(command)).toEqual([
      "$ node wrangler.js d1 execute shop --remote --json '--command=SELECT 1' --config /run/wrangler/remote-1/wrangler.json",
    ]);
    expect(buildQueryCommand(local, "SELECT 1", "Look").secretEnvironment).toBeUndefined();
  });
});

describe("a statement that only reads", () => {
  test.each([
    "SELECT 1",
    "-- why?\nSELECT * FROM a /* ; */ ;",
    "WITH x AS (SELECT 1) SELECT replace(a, 'DELETE', '') FROM x",
    'select "update" from [delete;]',
    "PRAGMA table_info('users')",
    "pragma foreign_key_check",
  ])("is let through: %s", (sql) => expect(isReading(sql)).toBe(true));

  test.each([
    "DELETE FROM a",
    "WITH x AS (SELECT 1) DELETE FROM a",
    "with x as (select ';') insert into a select * from x",
    "WITH x AS (SELECT 1) REPLACE INTO a SELECT * FROM x",
    "SELECT 1; DROP TABLE a",
    "PRAGMA writable_schema = 1",
    "PRAGMA optimize",
    "PRAGMA table_info(a); DELETE FROM a",
    "EXPLAIN SELECT 1",
    "ATTACH 'x' AS y",
    "/* SELECT */ VACUUM",
    "",
  ])("is not: %s", (sql) => expect(isReading(sql)).toBe(false));
});

describe("statements", () => {
  test("share a call as far as an argument is long", () => {
    expect(batchStatements(["SELECT 1;", "SELECT 2"])).toEqual([["SELECT 1", "SELECT 2"]]);
    const long = `SELECT '${"x".repeat(7_000)}'`;
    const calls = batchStatements(Array.from({ length: 20 }, () => long));
    expect(calls.map((call) => call.length)).toEqual([12, 8]);
    expect(() => batchStatements([`SELECT '${"'".repeat(60_000)}'`])).toThrow(
      "too long for one call",
    );
  });
});
