import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeDemoDatabases, type DemoDatabases } from "../../scripts/demo/databases.ts";
import { makeDemoProject } from "../../scripts/demo/project.ts";
import { Failure } from "../../scripts/engine/failure.ts";
import {
  runSql,
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import { preflight } from "../../scripts/steps/data-move/preflight.ts";
import { makePreflightContext, type PreflightContext } from "./preflight-context.ts";

let server: ThrowawayServer;
let other: ThrowawayServer;
let demo: DemoDatabases;
let root: string;

const makeProject = async (name: string): Promise<string> => {
  const folder = join(root, name);
  await makeDemoProject(folder, demo);
  mkdirSync(join(folder, "tmp"));
  return folder;
};

/** Runs the step and gives what it refused, as texts. */
const refusalOf = async ({ context }: PreflightContext): Promise<Failure> => {
  const thrown: unknown = await preflight.run(context, []).catch((error: unknown) => error);
  if (thrown instanceof Failure) return thrown;
  throw new Error(`not refused: ${String(thrown)}`);
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "preflight-"));
  [server, other] = await Promise.all([
    startThrowawayServer(),
    startThrowawayServer({ template: 2 }),
  ]);
  demo = await makeDemoDatabases(server, other, { scale: 0 });
});

afterAll(async () => {
  await Promise.all([server.stop(), other.stop()]);
  rmSync(root, { recursive: true });
});

describe("preflight", () => {
  it("passes in the seed's words, shows both sides and remembers what it decided", async () => {
    const made = makePreflightContext({ folder: await makeProject("good") });
    await preflight.run(made.context, []);
    await preflight.verify(made.context);
    const printed = made.printed();
    for (const line of [
      "Preflight: v1 Dev Snapshot → v2 Dev Data Migration",
      "Git checks:\n  ✓ On branch 'dev'\n  ✓ Working tree clean",
      "v1 Snapshot configuration:\n  ✓ File exists: .env.v1.dev.snapshot\n  ✓ V1_DEV_SNAPSHOT_DIRECT_URL is set",
      "v2 Dev configuration:\n  ✓ File exists: .env.v2.dev\n  ✓ DATABASE_DIRECT_URL (v2 dev) is set",
      "Tools:\n  ✓ pg_dump available",
      "  ✓ psql available",
      "│ v1: source, only read",
      "✓ All preflight checks PASSED",
    ])
      expect(printed).toContain(line);
    expect(made.context.recall("flags")).toMatchObject({
      branch: "dev",
      anyBranch: false,
      changedFiles: 0,
    });
    expect(made.context.recall("programs")).toMatchObject({
      pg_dump: expect.stringMatching(/pg_dump$/),
      psql: expect.stringMatching(/psql$/),
    });
    expect(made.context.recall("identity")).toMatchObject({ source: { database: "shop_v1" } });
    for (const url of [demo.v1Url, demo.v2Url])
      expect(printed).not.toContain(decodeURIComponent(new URL(url).password));
  });

  it("collects every problem before it refuses, once", async () => {
    const folder = await makeProject("bad");
    execFileSync("git", ["checkout", "-q", "-b", "feature"], { cwd: folder });
    writeFileSync(join(folder, "note.txt"), "x");
    mkdirSync(join(folder, "prisma/migrations/29990101000000_later"));
    writeFileSync(
      join(folder, "prisma/migrations/29990101000000_later/migration.sql"),
      "select 1;",
    );
    await runSql(demo.v2Url, `insert into "WaitlistNote" default values`).catch(() => undefined);
    await runSql(demo.v1Url, `create table "Forgotten" (id int)`);
    await runSql(demo.v2Url, `create table schema_migrations (version text primary key)`);
    try {
      const refusal = await refusalOf(makePreflightContext({ folder }));
      expect(refusal.exitCode).toBe(3);
      expect(refusal.problems.map(({ what }) => what)).toEqual([
        "On branch 'feature', not 'dev'",
        "Working tree has 2 uncommitted changes",
        "table Forgotten is in v1 and not in v2 (0 rows)",
        "v2 holds the histories of several migration tools, and nothing says which is v2's own",
      ]);
      const decided = makePreflightContext({
        folder,
        variables: { V2_MIGRATION_TOOL: "prisma", V1_LEAVE_OUT: "Forgotten" },
        options: { anyBranch: true, allowDirty: true },
      });
      const second = await refusalOf(decided);
      expect(second.problems.map(({ what }) => what)).toEqual(["1 migration pending in v2"]);
      expect(decided.printed()).toContain("! On branch 'feature', not 'dev' (--any-branch)");
      expect(decided.context.recall("flags")).toMatchObject({
        anyBranch: true,
        allowDirty: true,
        branch: "feature",
      });
    } finally {
      await runSql(demo.v1Url, `drop table "Forgotten"`);
      await runSql(demo.v2Url, "drop table schema_migrations");
    }
  });

  it("checks what it can when settings are missing and a server does not answer", async () => {
    const folder = join(root, "empty");
    mkdirSync(folder);
    const made = makePreflightContext({
      folder,
      variables: { DATABASE_DIRECT_URL: "postgresql://app:canary-77@127.0.0.1:1/shop" },
    });
    const refusal = await refusalOf(made);
    expect(refusal.problems.map(({ what }) => what)).toEqual([
      expect.stringContaining("branch and working tree are not known"),
      "File is missing: .env.v1.dev.snapshot",
      "V1_DEV_SNAPSHOT_DIRECT_URL is not set",
      "v2 cannot be reached: connect ECONNREFUSED 127.0.0.1:1",
    ]);
    expect(made.printed()).toContain("what needs both databases was not checked");
    expect(made.printed()).toContain("✓ pg_dump available");
    expect(made.printed() + JSON.stringify(refusal.problems)).not.toContain("canary-77");
  });

  it("refuses one database as v1 and v2", async () => {
    const folder = await makeProject("same");
    const variables = { V1_DEV_SNAPSHOT_DIRECT_URL: demo.v2Url.replace("127.0.0.1", "localhost") };
    const refusal = await refusalOf(makePreflightContext({ folder, variables }));
    expect(refusal.problems.map(({ what }) => what)).toContain("v1 and v2 are the same database");
  });
});
