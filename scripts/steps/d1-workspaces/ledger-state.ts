import { z } from "zod";
import { readSql } from "../../engine/sql-file.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import type { D1Database } from "../../cloudflare/d1-database.ts";
import { hashImportManifest, type ImportManifest } from "../../cloudflare/import-manifest.ts";
import type { LedgerState } from "../../cloudflare/import-ledger.ts";
import { buildCount } from "./contents.ts";

/** A ledger that is there. */
export type Ledger = Extract<LedgerState, { readonly kind: "claimed" }>;

const markerRow = z.object({ part: z.number(), sha256: z.string() });
const countRow = z.object({ rows: z.number() });

/** What v2 says of parts and rows at one moment. */
export interface MarkersAndCounts {
  /** Number of a part → its marker. */
  readonly markers: ReadonlyMap<number, string>;
  readonly counts: ReadonlyMap<string, number>;
}

/** The markers and the rows of some tables, in one call. The ledger must be there. */
export async function readMarkersAndCounts(
  database: D1Database,
  tables: readonly string[],
): Promise<MarkersAndCounts> {
  const [markers = [], ...counts] = await database.query(
    [readSql("cloudflare/list-import-parts"), ...tables.map(buildCount)],
    `read the markers of ${database.name}, and count its rows`,
  );
  return {
    markers: new Map(
      markers.map((row) => {
        const { part, sha256 } = markerRow.parse(row);
        return [part, sha256];
      }),
    ),
    counts: new Map(tables.map((table, index) => [table, countRow.parse(counts[index]?.[0]).rows])),
  };
}

/** The ledger names the run of this context. */
export const isOurs = ({ runId }: Pick<StepContext, "runId">, { run }: Ledger): boolean =>
  run === runId;

/** The ledger was begun with these import files. */
export const isOfManifest = (ledger: Ledger, manifest: ImportManifest): boolean =>
  ledger.manifest === hashImportManifest(manifest);

/** `run 2026…-1f2e, 3 of 7 parts, begun 2026-11-21T15:00:00Z by anna@laptop`. */
export const describeLedger = ({ run, parts, expectedParts, started, holder }: Ledger): string =>
  `run ${run}, ${parts.length} of ${countOf(expectedParts, "part")} in, begun ${started} by ${holder}`;
