import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { failed } from "../../engine/failure.ts";
import type { LintReport } from "../../cloudflare/lint-dump.ts";
import type { MendedTable } from "./reread-mender.ts";

const schema = z.object({
  format: z.literal(1),
  /** Rows of each table in the dump. */
  rows: z.record(z.string(), z.number()),
});

/** Writes what lint found and did, whole or not at all, mode 0600: the samples name rows. */
export function writeLintFile(
  file: string,
  report: LintReport,
  mended: readonly MendedTable[],
): void {
  const rows = Object.fromEntries(report.tables.map((table) => [table.name, table.rows]));
  const { counts, hazards } = report;
  const content = { format: 1, rows, counts, hazards, mended };
  const unfinished = `${file}.part`;
  writeFileSync(unfinished, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}

/** Rows of each table, as the dump has them. @throws Failure when lint did not come to its end */
export function readLintedRows(file: string): ReadonlyMap<string, number> {
  try {
    return new Map(Object.entries(schema.parse(JSON.parse(readFileSync(file, "utf8"))).rows));
  } catch (error) {
    throw failed(
      "lint did not come to its end",
      [{ what: "its findings are not there", where: file }],
      {
        cause: error,
      },
    );
  }
}
