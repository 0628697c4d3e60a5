import { describe, expect, it } from "vitest";
import type { ImportManifest } from "../../../scripts/cloudflare/import-manifest.ts";
import {
  countAfter,
  judgePart,
  listProgress,
} from "../../../scripts/steps/d1-workspaces/part-state.ts";

const part = (number: number, rows: Record<string, number>): ImportManifest["parts"][number] => ({
  part: number,
  file: `part-000${number}.sql`,
  bytes: 10,
  sha256: "a".repeat(64),
  marker: "b".repeat(64),
  rows,
});
const manifest: ImportManifest = {
  format: 1,
  source: {},
  parts: [part(1, { users: 3, tables: 2 }), part(2, { tables: 4, records: 10 }), part(3, {})],
  tables: { users: 3, tables: 6, records: 10 },
};
const judge = (index: number, hasMarker: boolean, counts: Record<string, number>): string =>
  judgePart(hasMarker, listProgress(manifest, index, new Map(Object.entries(counts))));

describe("where a part is", () => {
  it("is counted from what the parts before it bring", () => {
    expect(Object.fromEntries(countAfter(manifest, 1))).toEqual({
      users: 3,
      tables: 2,
      records: 0,
    });
    expect(Object.fromEntries(countAfter(manifest, 3))).toEqual(manifest.tables);
  });

  it.each([
    ["in: its marker and all of its rows", true, { tables: 6, records: 10 }, "in"],
    ["out: no marker, and the rows of before", false, { tables: 2, records: 0 }, "out"],
    ["partly: some of its rows", false, { tables: 6, records: 4 }, "partly"],
    ["partly: all rows without the marker", false, { tables: 6, records: 10 }, "partly"],
    ["in disorder: its marker and too few rows", true, { tables: 6, records: 9 }, "disorder"],
    ["in disorder: more rows than it brings", false, { tables: 6, records: 11 }, "disorder"],
    ["in disorder: rows of an earlier part are gone", false, { tables: 1, records: 0 }, "disorder"],
  ])("%s", (_, hasMarker, counts, state) => {
    expect(judge(1, hasMarker, counts)).toBe(state);
  });

  it("is told by the marker alone when it brings no rows", () => {
    expect([judge(2, false, {}), judge(2, true, {})]).toEqual(["out", "in"]);
  });
});
