import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exitCodes, Failure } from "../../scripts/engine/failure.ts";
import {
  readManifest,
  writeManifest,
  type DumpManifest,
} from "../../scripts/postgres/dump-manifest.ts";

const manifest: DumpManifest = {
  v: 1,
  runbook: "data-move",
  environment: "dev",
  run: "r1",
  source: { host: "db.example", port: "5432", database: "shop" },
  tools: { pg_dump: "/usr/bin/pg_dump" },
  startedAt: "2024-05-01T01:00:00.000Z",
  finishedAt: "2024-05-01T01:00:09.000Z",
  file: "v1_data.sql",
  bytes: 4_200,
  sha256: "ab".repeat(32),
  rows: 12,
  sections: [
    {
      table: { schema: "public", name: 'Ani"mal' },
      columns: ["id", "tenantId"],
      start: 100,
      end: 900,
      rows: 12,
      line: 7,
    },
  ],
  leftOut: [
    { table: "_prisma_migrations", reason: "migration history" },
    { table: "Animal", column: "old", reason: "not loaded by decision" },
  ],
};

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "movebook-manifest-"));
  file = join(folder, "manifest.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

function refusalOf(read: () => unknown): Failure {
  try {
    read();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("the manifest beside a dump", () => {
  it("is read as it was written", () => {
    writeManifest(file, manifest);
    expect(readManifest(file)).toEqual(manifest);
  });

  it("is for its owner only, ends with a line break, and leaves nothing half-written behind", () => {
    writeManifest(file, manifest);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).toMatch(/\}\n$/);
    expect(readdirSync(folder)).toEqual(["manifest.json"]);
  });

  it("takes the place of an older one", () => {
    writeManifest(file, manifest);
    writeManifest(file, { ...manifest, run: "r2" });
    expect(readManifest(file).run).toBe("r2");
  });

  it("that is missing means that nothing was dumped (exit 3)", () => {
    const refusal = refusalOf(() => readManifest(file));
    expect(refusal.exitCode).toBe(exitCodes.refused);
    expect(refusal.message).toBe("there is no dump in this run");
    expect(refusal.problems).toEqual([
      { what: "no dump was made in this run", where: file, todo: "Dump first." },
    ]);
  });

  it.each([
    ["is empty", ""],
    ["was cut", JSON.stringify(manifest).slice(0, 200)],
    ["lacks a member", JSON.stringify({ ...manifest, sha256: undefined })],
    ["has text where a number stands", JSON.stringify({ ...manifest, rows: "12" })],
    ["is of another version", JSON.stringify({ ...manifest, v: 2 })],
    ["is something else", "[]"],
  ])("is not trusted when it %s (exit 3)", (_, text) => {
    writeFileSync(file, text);
    const refusal = refusalOf(() => readManifest(file));
    expect(refusal.exitCode).toBe(exitCodes.refused);
    expect(refusal.message).toBe("the dump's manifest is damaged");
    expect(refusal.problems[0]).toMatchObject({ what: "the manifest cannot be read", where: file });
  });
});
