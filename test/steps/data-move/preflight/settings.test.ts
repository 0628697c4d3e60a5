import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSettings } from "../../../../scripts/engine/settings.ts";
import { parseConnectionUrl } from "../../../../scripts/postgres/connection-url.ts";
import { dataMoveParams } from "../../../../scripts/steps/data-move/params.ts";
import {
  checkSettings,
  comparePooled,
} from "../../../../scripts/steps/data-move/preflight/settings.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "preflight-settings-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, content: string): void => writeFileSync(join(folder, file), content);
const check = (variables: Record<string, string> = {}, environment = "dev"): string[] =>
  checkSettings(readSettings(dataMoveParams, environment, folder, variables)).flatMap(
    ({ heading, results }) => [
      heading,
      ...results.map(({ outcome, text }) => `${outcome}: ${text}`),
    ],
  );
const url = "postgresql://app:x@db.example/shop";

describe("the settings section", () => {
  it("says in the seed's words that files and variables are there", () => {
    write(".env.v1.dev.snapshot", `V1_DEV_SNAPSHOT_DIRECT_URL=${url}\n`);
    write(".env.v2.dev", `DATABASE_URL=${url}\nDATABASE_DIRECT_URL=${url}\n`);
    expect(check()).toEqual([
      "v1 Snapshot configuration:",
      "passed: File exists: .env.v1.dev.snapshot",
      "passed: V1_DEV_SNAPSHOT_DIRECT_URL is set",
      "v2 Dev configuration:",
      "passed: File exists: .env.v2.dev",
      "passed: DATABASE_DIRECT_URL (v2 dev) is set",
      "passed: DATABASE_URL (v2 dev) is set",
    ]);
  });

  it("says of every file and variable that is missing that it is, and how to make it", () => {
    expect(check({}, "prod")).toEqual([
      "v1 Snapshot configuration:",
      "problem: File is missing: .env.v1.prod.snapshot",
      "problem: V1_PROD_SNAPSHOT_DIRECT_URL is not set",
      "v2 Prod configuration:",
      "problem: File is missing: .env.v2.prod",
      "problem: DATABASE_DIRECT_URL (v2 prod) is not set",
      "noted: DATABASE_URL (v2 prod) is not set: the pooled connection is not compared",
    ]);
    const [v1] = checkSettings(readSettings(dataMoveParams, "dev", folder, {}));
    expect(v1?.results[0]?.problem?.todo).toBe(
      "cp .env.v1.dev.snapshot.example .env.v1.dev.snapshot, then set V1_DEV_SNAPSHOT_DIRECT_URL in it.",
    );
  });

  it("needs no files where the process environment has the variables", () => {
    expect(check({ V1_DEV_SNAPSHOT_DIRECT_URL: url, DATABASE_DIRECT_URL: url })).toEqual([
      "v1 Snapshot configuration:",
      "noted: .env.v1.dev.snapshot is not there and not needed: V1_DEV_SNAPSHOT_DIRECT_URL is in the process environment",
      "passed: V1_DEV_SNAPSHOT_DIRECT_URL is set (process environment)",
      "v2 Dev configuration:",
      "noted: .env.v2.dev is not there and not needed: DATABASE_DIRECT_URL is in the process environment",
      "passed: DATABASE_DIRECT_URL (v2 dev) is set (process environment)",
      "noted: DATABASE_URL (v2 dev) is not set: the pooled connection is not compared",
    ]);
  });

  it("says why a value cannot be used, without it, and warns of traps with the line", () => {
    write(".env.v1.dev.snapshot", "V1_DEV_SNAPSHOT_DIRECT_URL=mysql://app:canary-1@db/shop\n");
    write(".env.v2.dev", `\nexport DATABASE_DIRECT_URL=${url}\nV2_MIGRATION_TOOL=canary-2\n`);
    const lines = check();
    expect(lines[2]).toBe(
      "problem: V1_DEV_SNAPSHOT_DIRECT_URL cannot be used: the URL must begin with postgresql:// or postgres://",
    );
    expect(lines[5]).toMatch(/^warned: \.env\.v2\.dev:2: `export`/);
    expect(lines.at(-1)).toMatch(/^problem: V2_MIGRATION_TOOL \(v2 dev\) cannot be used/);
    expect(lines.join()).not.toContain("canary");
  });
});

describe("the pooled URL", () => {
  const compare = (direct: string, pooled: string): (readonly string[] | undefined)[] =>
    comparePooled(parseConnectionUrl(direct), parseConnectionUrl(pooled)).map(
      ({ problem }) => problem?.details,
    );

  it.each([
    ["the direct one", url, url],
    [
      "Neon's",
      "postgresql://a:x@ep-cool-1.eu.aws.neon.tech/s",
      "postgresql://a:x@ep-cool-1-pooler.eu.aws.neon.tech/s",
    ],
    [
      "Supabase's",
      "postgresql://postgres:x@db.abcd.supabase.co/postgres",
      "postgresql://postgres.abcd:x@aws-0-eu.pooler.supabase.com:6543/postgres",
    ],
  ])("may be %s", (_, direct, pooled) => {
    expect(compare(direct, pooled)).toEqual([]);
  });

  it("is warned of when it is another branch's or database's", () => {
    expect(
      compare("postgresql://a:x@ep-one.neon.tech/s", "postgresql://a:x@ep-two-pooler.neon.tech/t"),
    ).toEqual([
      ["host: ep-two-pooler.neon.tech, direct ep-one.neon.tech", "database: t, direct s"],
    ]);
  });
});
