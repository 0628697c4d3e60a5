import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compareHistory } from "../../scripts/postgres/compare-history.ts";
import type { HistoryTool } from "../../scripts/postgres/history-shapes.ts";
import { readMigrationFiles } from "../../scripts/postgres/migration-files.ts";
import type { HistoryEntry } from "../../scripts/postgres/migration-history.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "migrations-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, text = "select 1;\n"): void => {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
};
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const entry = (name: string, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  name,
  state: "applied",
  checksum: null,
  ...more,
});
const compare = async (tool: HistoryTool, entries: readonly HistoryEntry[]) =>
  compareHistory(tool, await readMigrationFiles(tool, folder), entries);
const nothing = { applied: [], pending: [], failed: [], edited: [], unknown: [] };

describe("Prisma's history", () => {
  const checksum = sha256("select 1;\n");

  it("knows applied, pending, failed and unknown migrations", async () => {
    for (const name of ["1_a", "2_b", "3_c", "4_d"]) write(`${name}/migration.sql`);
    write("migration_lock.toml", "provider = 'postgresql'");
    mkdirSync(join(folder, "empty"));
    expect(
      await compare("prisma", [
        entry("1_a", { checksum }),
        entry("2_b", { state: "failed", checksum }),
        entry("3_c", { state: "rolled-back", checksum }),
        entry("0_gone", { checksum }),
      ]),
    ).toEqual({
      applied: ["1_a"],
      pending: ["3_c", "4_d"],
      failed: ["2_b"],
      edited: [],
      unknown: ["0_gone"],
    });
  });

  it("takes a migration that was rolled back and applied again for applied", async () => {
    write("1_a/migration.sql");
    expect(
      await compare("prisma", [entry("1_a", { state: "rolled-back" }), entry("1_a", { checksum })]),
    ).toEqual({ ...nothing, applied: ["1_a"] });
  });

  it("sees that a file was edited after it was applied", async () => {
    write("1_a/migration.sql", "select 2;\n");
    expect((await compare("prisma", [entry("1_a", { checksum })])).edited).toEqual(["1_a"]);
  });

  it.each([
    ["LF", "CRLF", "select 1;\nselect 2;\n", "select 1;\r\nselect 2;\r\n"],
    ["CRLF", "LF", "select 1;\r\nselect 2;\r\n", "select 1;\nselect 2;\n"],
  ])("takes a file with %s that was applied with %s for the same", async (_, __, file, applied) => {
    write("1_a/migration.sql", file);
    const comparison = await compare("prisma", [entry("1_a", { checksum: sha256(applied) })]);
    expect(comparison).toEqual({ ...nothing, applied: ["1_a"] });
  });
});

describe("drizzle's history", () => {
  const journal = (entries: readonly (readonly [tag: string, when: number])[]): void =>
    write(
      "meta/_journal.json",
      JSON.stringify({ entries: entries.map(([tag, when], idx) => ({ idx, tag, when })) }),
    );

  it("has pending what is later than the latest entry, and nothing before it", async () => {
    journal([
      ["0000_a", 1_000],
      ["0001_late_merge", 1_500],
      ["0002_b", 2_000],
      ["0003_c", 3_000],
    ]);
    for (const name of ["0000_a", "0001_late_merge", "0002_b", "0003_c"]) write(`${name}.sql`);
    const checksum = sha256("select 1;\n");
    expect(
      await compare("drizzle", [
        entry("1000", { checksum }),
        entry("2000", { checksum: sha256("other") }),
        entry("500", { checksum }),
      ]),
    ).toEqual({
      applied: ["0000_a", "0001_late_merge", "0002_b"],
      pending: ["0003_c"],
      failed: [],
      edited: ["0002_b"],
      unknown: ["500"],
    });
  });

  it("has all of them pending when it is empty", async () => {
    journal([["0000_a", 1_000]]);
    expect(await compare("drizzle", [])).toEqual({ ...nothing, pending: ["0000_a"] });
  });

  it("is read from folders with a moment in their names where there is no journal", async () => {
    write("20250131120000_a/migration.sql");
    write("20250201120000_b/migration.sql");
    const applied = String(Date.UTC(2025, 0, 31, 12));
    expect(await compare("drizzle", [entry(applied)])).toMatchObject({
      applied: ["20250131120000_a"],
      pending: ["20250201120000_b"],
    });
  });

  it("does not guess at a damaged journal", async () => {
    write("meta/_journal.json", "{");
    await expect(compare("drizzle", [])).rejects.toThrow("JSON");
  });
});

describe("the histories that hold names or versions", () => {
  it.each([
    ["dbmate", "20250101_a.sql", "20250202_b.sql", "20250101"],
    ["rails", "20250101_a.rb", "20250202_b.rb", "20250101"],
    ["knex", "20250101_a.ts", "20250202_b.ts", "20250101_a.js"],
    ["node-pg-migrate", "1735_a.sql", "1736_b.js", "1735_a"],
  ] as const)("of %s are compared as sets", async (tool, first, second, name) => {
    write(first);
    write(second);
    write("readme.md");
    write("types.d.ts");
    expect(await compare(tool, [entry(name)])).toEqual({
      ...nothing,
      applied: [first],
      pending: [second],
    });
    expect((await compare(tool, [entry("999_gone")])).unknown).toEqual(["999_gone"]);
  });

  it("say of a folder that is missing that it is missing", async () => {
    await expect(readMigrationFiles("dbmate", join(folder, "none"))).rejects.toMatchObject({
      code: "ENOENT",
    });
  });
});
