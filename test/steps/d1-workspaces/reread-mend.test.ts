import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { lintDump } from "../../../scripts/cloudflare/lint-dump.ts";
import { mendDump } from "../../../scripts/steps/d1-workspaces/reread-mend.ts";

const folder = mkdtempSync(join(tmpdir(), "movebook-reread-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Mends a dump whose v1 answers nobody. */
async function mendAlone(dump: string): Promise<number> {
  const file = join(folder, "dump.sql");
  writeFileSync(file, dump);
  const open = (): never => {
    throw new Error("v1 is asked");
  };
  const { signal } = new AbortController();
  const report = await lintDump(file);
  const mended = await mendDump({
    dump: file,
    output: join(folder, "mended.sql"),
    report,
    open,
    signal,
  });
  return mended.length;
}

const texts = Array.from({ length: 2_000 }, () => "日本語のテキスト、ülkü, привет 🦉".repeat(20));

const writeDump = (values: readonly string[]): string =>
  [
    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);",
    ...values.map((text, row) => `INSERT INTO t VALUES(${row},'${text}');`),
  ].join("\n");

it("asks v1 nothing about text of any language that holds no U+FFFD", async () => {
  expect(await mendAlone(writeDump(texts))).toBe(0);
});

it("asks v1 as soon as one text of a column holds U+FFFD", async () => {
  await expect(mendAlone(writeDump([...texts, "\u{fffd}"]))).rejects.toThrow("v1 is asked");
});
