import { describe, expect, it } from "vitest";
import type { LedgerState } from "../../../scripts/cloudflare/import-ledger.ts";
import { describeTarget } from "../../../scripts/steps/d1-workspaces/target-state.ts";

const context = {
  runId: "run-1",
  commandLine: (verb: string) => `npx movebook ${verb} d1-workspaces --env local`,
};
const ledger = (run: string, parts: number): LedgerState => ({
  kind: "claimed",
  run,
  manifest: "m",
  holder: "anna@laptop",
  started: "2026-01-01T00:00:00Z",
  expectedParts: 3,
  parts: Array.from({ length: parts }, (_, index) => ({ part: index + 1, sha256: "s", rows: 1 })),
  piecesLeft: 0,
});

describe("what is told of v2", () => {
  it("nothing in it, as long as there is no ledger", () => {
    expect(describeTarget(context, { kind: "none" }).unsafe).toBe(false);
  });

  it("half filled is unsafe, with the command that goes on", () => {
    expect(describeTarget(context, ledger("run-1", 2))).toEqual({
      sentence:
        "v2 holds 2 of 3 parts of this import: npx movebook resume d1-workspaces --env local",
      unsafe: true,
    });
  });

  it("filled is safe", () => {
    expect(describeTarget(context, ledger("run-1", 3))).toEqual({
      sentence: "v2 holds all 3 parts of this import",
      unsafe: false,
    });
  });

  it("another run's is named with its holder", () => {
    const { sentence } = describeTarget(context, ledger("run-0", 1));
    expect(sentence).toContain("another import: run run-0, 1 of 3 parts in");
    expect(sentence).toContain("by anna@laptop");
  });
});
