import type { ImportManifest } from "../../cloudflare/import-manifest.ts";

/** How a table stands while its parts go in. */
export interface TableProgress {
  readonly table: string;
  /** Rows of v2 now. */
  readonly rows: number;
  /** Rows that all parts before this one bring. */
  readonly before: number;
  /** Rows that it brings itself. */
  readonly own: number;
}

/**
 * Where a part is: in (its marker and all of its rows), out (neither), partly in, or in disorder: v2 holds rows that
 * no part explains, or lacks some of an earlier one.
 */
export type PartState = "in" | "out" | "partly" | "disorder";

/** Rows of each table after the first `parts` parts. Pure. */
export function countAfter(manifest: ImportManifest, parts: number): Map<string, number> {
  const rows = new Map(Object.keys(manifest.tables).map((table) => [table, 0]));
  for (const part of manifest.parts.slice(0, parts))
    for (const [table, own] of Object.entries(part.rows))
      rows.set(table, (rows.get(table) ?? 0) + own);
  return rows;
}

/** How the tables of one part stand. @param index of the part, from zero */
export function listProgress(
  manifest: ImportManifest,
  index: number,
  counts: ReadonlyMap<string, number>,
): TableProgress[] {
  const before = countAfter(manifest, index);
  return Object.entries(manifest.parts[index]?.rows ?? {}).map(([table, own]) => ({
    table,
    rows: counts.get(table) ?? 0,
    before: before.get(table) ?? 0,
    own,
  }));
}

/** Judges a part by its marker and by what was counted. Pure. */
export function judgePart(hasMarker: boolean, tables: readonly TableProgress[]): PartState {
  if (tables.every(({ rows, before, own }) => rows === before + own)) {
    // a part without rows is out as long as its marker is
    if (hasMarker) return "in";
    return tables.every(({ own }) => own === 0) ? "out" : "partly";
  }
  if (hasMarker) return "disorder";
  if (tables.every(({ rows, before }) => rows === before)) return "out";
  const within = tables.every(({ rows, before, own }) => rows >= before && rows <= before + own);
  return within ? "partly" : "disorder";
}
