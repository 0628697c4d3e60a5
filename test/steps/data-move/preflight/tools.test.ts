import { describe, expect, it } from "vitest";
import type { Program } from "../../../../scripts/postgres/programs.ts";
import {
  choosePrograms,
  knowsRestrict,
} from "../../../../scripts/steps/data-move/preflight/tools.ts";

const program = (version: string, path = `/usr/lib/postgresql/${version}/bin/x`): Program => ({
  path,
  version,
  major: Number.parseInt(version, 10),
  from: "PATH",
});
const say = (
  dump: readonly Program[],
  psql: readonly Program[],
  source = 15,
  target = 15,
): string[] =>
  choosePrograms({ pg_dump: dump, psql }, { source, target }, "apt-get install x").results.map(
    ({ outcome, text }) => `${outcome}: ${text}`,
  );

describe("the tools", () => {
  it("are shown with version and path", () => {
    const chosen = choosePrograms(
      { pg_dump: [program("15.18", "/bin/pg_dump")], psql: [program("15.18", "/bin/psql")] },
      { source: 15, target: 15 },
      "",
    );
    expect(chosen.results.map(({ text }) => text)).toEqual([
      "pg_dump available (15.18: /bin/pg_dump)",
      "psql available (15.18: /bin/psql)",
    ]);
    expect(chosen.paths).toEqual({ pg_dump: "/bin/pg_dump", psql: "/bin/psql" });
  });

  it("that are missing come with the command that installs them, both at once", () => {
    const { results, paths } = choosePrograms(
      { pg_dump: [], psql: [] },
      {},
      "apt-get install -y postgresql-client",
    );
    expect(results.map(({ outcome, text }) => `${outcome}: ${text}`)).toEqual([
      "problem: pg_dump is not on this machine",
      "problem: psql is not on this machine",
    ]);
    expect(results[0]?.problem?.todo).toContain("apt-get install -y postgresql-client");
    expect(paths).toBeUndefined();
  });

  it("must not be older than v1, of pg_dump", () => {
    expect(say([program("14.3")], [program("15.1")])[0]).toBe(
      "problem: pg_dump is too old: v1 is PostgreSQL 15, and pg_dump refuses a server newer than itself",
    );
  });

  it("must not be older than v2, of pg_dump: v2's schema is dumped too", () => {
    expect(say([program("16.3")], [program("16.3")], 15, 17)[0]).toBe(
      "problem: pg_dump is too old: v2 is PostgreSQL 17, and pg_dump refuses a server newer than itself",
    );
  });

  it("may be a newer copy beside the first one, which is said", () => {
    expect(say([program("14.3"), program("16.1")], [program("16.1")])).toContain(
      "noted: the first pg_dump (14.3: /usr/lib/postgresql/14.3/bin/x) is too old for these servers: not used",
    );
  });

  it("may be an older psql than v2", () => {
    expect(say([program("15.1")], [program("14.1")])).toContain(
      "noted: psql 14.1 is older than v2 (15): it works, a newer one is better",
    );
  });

  it("are noted where a dump could not be loaded by hand", () => {
    expect(say([program("17.6")], [program("16.3")], 17, 16)).toEqual([
      expect.stringContaining("passed: pg_dump"),
      expect.stringContaining("passed: psql"),
      expect.stringContaining("transaction_timeout"),
      expect.stringContaining("psql 16.3 cannot read the \\restrict lines of pg_dump 17.6"),
    ]);
  });

  it.each([
    ["17.6", true],
    ["17.5", false],
    ["16.10", true],
    ["16.9", false],
    ["15.14", true],
    ["14.19", true],
    ["13.22", true],
    ["13.21", false],
    ["12.22", false],
    ["18beta1", true],
    ["17beta1", false],
  ])("of version %s know \\restrict: %s", (version, knows) => {
    expect(knowsRestrict(program(version))).toBe(knows);
  });
});
