import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../../../scripts/engine/check.ts";
import type { GitRepository } from "../../../../scripts/engine/git.ts";
import { judgeKinship, type DatabaseIdentity } from "../../../../scripts/postgres/identity.ts";
import { judgeRoom } from "../../../../scripts/steps/data-move/preflight/disk.ts";
import { judgeGit } from "../../../../scripts/steps/data-move/preflight/git.ts";
import {
  buildIdentityBox,
  type BoxSide,
} from "../../../../scripts/steps/data-move/preflight/identity-box.ts";
import {
  judgeEncodings,
  judgeSourceStandby,
} from "../../../../scripts/steps/data-move/preflight/readiness.ts";
import {
  adviseOnConnecting,
  type ServerFacts,
} from "../../../../scripts/steps/data-move/preflight/servers.ts";
import { judgeActivity } from "../../../../scripts/steps/data-move/preflight/snapshot.ts";

const say = (results: readonly CheckResult[]): string[] =>
  results.map(({ outcome, text }) => `${outcome}: ${text}`);

describe("git", () => {
  const strict = { anyBranch: false, allowDirty: false };
  const repository = (more: Partial<GitRepository> = {}): GitRepository => ({
    kind: "repository",
    branch: "dev",
    commit: "0123456789abcdef",
    changed: [],
    prefix: "",
    ...more,
  });

  it("must be on branch dev with a clean tree", () => {
    expect(say(judgeGit(repository(), strict))).toEqual([
      "passed: On branch 'dev'",
      "passed: Working tree clean",
    ]);
    expect(say(judgeGit(repository({ branch: undefined, changed: ["a", "b"] }), strict))).toEqual([
      "problem: No branch is checked out (detached at 0123456789), not 'dev'",
      "problem: Working tree has 2 uncommitted changes",
    ]);
  });

  it("may be otherwise by a flag, which is shown", () => {
    const options = { anyBranch: true, allowDirty: true };
    expect(say(judgeGit(repository({ branch: "main", changed: ["a"] }), options))).toEqual([
      "warned: On branch 'main', not 'dev' (--any-branch)",
      "warned: Working tree has 1 uncommitted change (--allow-dirty)",
    ]);
    expect(
      say(judgeGit({ kind: "unknown", what: "git is not installed", todo: "" }, options)),
    ).toEqual(["noted: not checked (--any-branch --allow-dirty): git is not installed"]);
  });

  it("does not count the files of our own runs, but says that tmp/ should be ignored", () => {
    const changed = ["shop/tmp/data-move-dev/1/journal.jsonl"];
    expect(say(judgeGit(repository({ changed, prefix: "shop/" }), strict)).slice(1)).toEqual([
      "passed: Working tree clean",
      "warned: tmp/ is not ignored by git, and dumps with personal data are written there",
    ]);
    expect(say(judgeGit(repository({ changed: ["tmp/other.txt"] }), strict))[1]).toContain(
      "problem",
    );
  });

  it("says that env files belong into .gitignore, and names ten files at most", () => {
    const changed = [".env.v2.dev", ...Array.from({ length: 14 }, (_, at) => `f${at}`)];
    const [, result] = judgeGit(repository({ changed }), strict);
    expect(result?.problem?.todo).toContain("env files belong into .gitignore");
    expect(result?.problem?.details).toHaveLength(11);
  });
});

describe("kinship", () => {
  const identity = (more: Partial<DatabaseIdentity> = {}): DatabaseIdentity => ({
    systemIdentifier: "1",
    databaseOid: "16385",
    database: "shop",
    neonTimeline: null,
    standby: false,
    ...more,
  });
  const judge = (
    source: Partial<DatabaseIdentity>,
    target: Partial<DatabaseIdentity>,
    seen?: string,
  ) => judgeKinship({ source: identity(source), target: identity(target), seen });

  it("is decided by the lock when it is seen", () => {
    expect(judge({}, {}, "16385")).toBe("same-database");
    expect(judge({ neonTimeline: "a" }, { neonTimeline: "b" }, "16385")).toBe("same-database");
    expect(judge({ databaseOid: "5" }, {}, "16385")).toBe("same-server");
  });

  it("of a standby is that of the database itself: locks are not seen there", () => {
    expect(judge({ standby: true }, {})).toBe("standby");
    expect(judge({}, { standby: true })).toBe("standby");
    expect(judge({ standby: true, systemIdentifier: undefined }, {})).toBe("standby");
    expect(judge({ standby: true, systemIdentifier: undefined, database: "other" }, {})).toBe(
      "unrelated",
    );
    expect(judge({ standby: true }, { databaseOid: "7" })).toBe("unrelated");
    expect(judge({ standby: true }, { systemIdentifier: "2" })).toBe("unrelated");
  });

  it("of copies and branches is no identity", () => {
    expect(judge({}, {})).toBe("copy");
    expect(judge({ neonTimeline: "a" }, { neonTimeline: "b" })).toBe("copy");
    expect(judge({ systemIdentifier: "2" }, {})).toBe("unrelated");
    expect(judge({ systemIdentifier: undefined }, {})).toBe("unrelated");
  });
});

describe("other clients of v1", () => {
  const client = { pid: 1, application: "node", role: "app", state: "active", writing: false };

  it("are counted together by name", () => {
    const activity = {
      clients: [
        client,
        { ...client, pid: 2, writing: true },
        { ...client, pid: 3, application: "psql" },
      ],
      writtenRows: 1_234n,
      writingTransactions: 12n,
      milliseconds: 1_500,
    };
    expect(judgeActivity(activity, "app@h:1/d")[0]?.problem?.details).toEqual([
      "transactions that write: node (app) within 1.5 s",
      "1,234 rows written to tables within 1.5 s",
      "12 writing transactions within 1.5 s",
      "connected: 2 × node (app), psql (app)",
    ]);
  });
});

describe("servers", () => {
  const facts = (more: Partial<ServerFacts>): ServerFacts => ({
    version: "15.1",
    role: "app",
    database: "d",
    standby: false,
    encrypted: true,
    encoding: "UTF8",
    bytes: "1",
    ...more,
  });

  it.each([
    ["UTF8", "UTF8", "passed: encodings: v1 UTF8, v2 UTF8"],
    ["LATIN1", "UTF8", "passed: encodings: v1 LATIN1, v2 UTF8"],
    ["UTF8", "LATIN1", "warned: v2's encoding cannot hold all characters (v1 UTF8, v2 LATIN1)"],
    [
      "SQL_ASCII",
      "UTF8",
      "warned: v1's encoding is SQL_ASCII (v1 SQL_ASCII, v2 UTF8): bytes in it may be of any encoding",
    ],
    [
      "UTF8",
      "SQL_ASCII",
      "warned: v2's encoding is SQL_ASCII (v1 UTF8, v2 SQL_ASCII): it stores bytes without looking at them",
    ],
  ])("with the encodings %s and %s", (source, target, text) => {
    expect(
      say(
        judgeEncodings({
          source: facts({ encoding: source }),
          target: facts({ encoding: target }),
        }),
      ),
    ).toEqual([text]);
  });

  it("that are standbys may cancel a dump", () => {
    expect(judgeSourceStandby(facts({ standby: true }))[0]?.outcome).toBe("warned");
    expect(judgeSourceStandby(facts({}))).toEqual([]);
  });

  it("that are PgBouncers are recognised by what they refuse", () => {
    expect(adviseOnConnecting("unsupported startup parameter: options")).toBe(
      "A connection pooler answers: take the direct connection string.",
    );
  });
});

describe("room for the dump", () => {
  it("must be as large as the tables, and better twice", () => {
    expect(judgeRoom({ free: 300, tables: 100, replaced: 0 }, "/t")[0]?.outcome).toBe("passed");
    expect(judgeRoom({ free: 150, tables: 100, replaced: 0 }, "/t")[0]?.outcome).toBe("warned");
    expect(judgeRoom({ free: 99, tables: 100, replaced: 0 }, "/t")[0]).toMatchObject({
      outcome: "problem",
      overridable: "disk-space",
    });
  });
});

describe("the identity box", () => {
  const side = (more: Partial<BoxSide>): BoxSide => ({
    title: "v1: source",
    endpoint: { host: "a.example", port: 5432, database: "shop", user: "app" },
    role: "app",
    version: "15.1",
    tables: 3,
    rows: { count: 1_234n, isEstimate: true, unknown: 0 },
    bytes: 9_000_000,
    ...more,
  });

  it("shows both sides, and says of an estimate that it is one", () => {
    const target = side({
      title: "v2: target",
      endpoint: { host: "b.example", port: 5433, database: "shop2", user: "app2" },
      rows: { count: 0n, isEstimate: false, unknown: 0 },
    });
    expect(buildIdentityBox(side({}), target)).toEqual([
      "┌──────────┬─────────────────────────┬─────────────────────────┐",
      "│          │ v1: source              │ v2: target              │",
      "├──────────┼─────────────────────────┼─────────────────────────┤",
      "│ host     │ a.example:5432          │ b.example:5433          │",
      "│ database │ shop                    │ shop2                   │",
      "│ role     │ app                     │ app                     │",
      "│ server   │ PostgreSQL 15.1         │ PostgreSQL 15.1         │",
      "│ tables   │ 3 that move             │ 3 that move             │",
      "│ rows     │ about 1,234 (estimate)  │ 0                       │",
      "│ size     │ 9.0 MB (whole database) │ 9.0 MB (whole database) │",
      "└──────────┴─────────────────────────┴─────────────────────────┘",
    ]);
  });

  it("does not call unknown what is nothing", () => {
    const rows = { count: 0n, isEstimate: true, unknown: 2 };
    const box = buildIdentityBox(
      side({ rows }),
      side({ rows: { ...rows, count: 5n, unknown: 1 } }),
    ).join("\n");
    expect(box).toContain("not known (never analyzed)");
    expect(box).toContain("more than 5 (estimate; 1 table never analyzed)");
  });
});
