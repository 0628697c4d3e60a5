import type { D1Database } from "../../cloudflare/d1-database.ts";
import { writeMended } from "../../cloudflare/dump-mended.ts";
import type { LintReport } from "../../cloudflare/lint-dump.ts";
import { listDoubts } from "./reread-doubts.ts";
import { Mender, type MendedTable } from "./reread-mender.ts";
import { rereadRows } from "./reread-rows.ts";

export interface MendDumpOptions {
  readonly dump: string;
  readonly output: string;
  readonly report: LintReport;
  /** v1; opened only when the dump leaves something to ask. */
  readonly open: () => D1Database;
  readonly signal: AbortSignal;
}

/**
 * Writes the dump without its hazards, with v1's own values where the export lost some. What v1 does not tell is written
 * as it seems and counted as changed: the caller refuses then.
 * @throws Failure when v1 does not answer
 */
export async function mendDump({
  dump,
  output,
  report,
  open,
  signal,
}: MendDumpOptions): Promise<MendedTable[]> {
  const doubts = report.tables.flatMap((table) => {
    const doubt = listDoubts(table, report);
    return doubt === undefined ? [] : [[table, doubt] as const];
  });
  const database = doubts.length === 0 ? undefined : open();
  const exact = database === undefined ? [] : await rereadRows(database, doubts, signal);
  const mender = new Mender(doubts, exact);
  await writeMended({ dump, output, mend: mender.mend, signal });
  return database === undefined ? [] : await mender.finish(database);
}
