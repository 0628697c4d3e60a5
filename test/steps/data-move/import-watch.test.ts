import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Part } from "../../../scripts/engine/command.ts";
import { Failure } from "../../../scripts/engine/failure.ts";
import { Screen, type ScreenStreams } from "../../../scripts/engine/screen.ts";
import type { Database } from "../../../scripts/postgres/database.ts";
import {
  buildImportParts,
  type ImportFacts,
} from "../../../scripts/steps/data-move/import-plan.ts";
import { ImportWatch } from "../../../scripts/steps/data-move/import-watch.ts";
import { structureQuestions } from "../../../scripts/postgres/structure.ts";
import { makeFacts } from "./made-import.ts";

function makeWatch(more: Partial<ImportFacts> = {}, json = false) {
  const lines: string[] = [];
  const out = new PassThrough();
  out.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
  const other = new PassThrough().resume();
  const streams = {
    stdout: out,
    stderr: json ? other : out,
    stdin: new PassThrough(),
  } as unknown as ScreenStreams;
  const parts = buildImportParts(makeFacts(more));
  const screen = new Screen({ json, noColor: true, streams });
  const command = { title: "import", program: "psql", args: [], parts };
  const watch = new ImportWatch(screen, command, [2_000, 5]);
  return { watch, parts, printed: () => lines.join("") };
}

const key = {
  schema: "public",
  on: "Animal",
  name: "Animal_Owner_fkey",
  kind: "f",
  definition: "FOREIGN KEY (ref) REFERENCES public.Owner(id)",
  validated: true,
  deferrable: false,
  deferred: false,
  enforced: true,
  comment: null,
  owned: true,
};

/** The answers to one look at the structure, as psql prints them. */
const look = (...constraints: readonly unknown[]): string[] =>
  [constraints, ...structureQuestions.slice(1).map(() => [])].map(
    (answer) => `movebook:structure ${JSON.stringify(answer)}`,
  );

function vetoOf(watch: ImportWatch, lines: readonly string[]): Failure {
  try {
    send(watch, lines);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it let the import go on");
}

const send = (watch: ImportWatch, lines: readonly string[]): void =>
  lines.forEach((line) => watch.onLine(line));

/** Goes through the parts as the conversation does, without the answers. */
function goThrough(watch: ImportWatch, parts: readonly Part[]): void {
  for (const part of parts) watch.onPart(part);
  watch.endGroup();
}

const told = (printed: string): string[] =>
  printed.split("\n").filter((line) => /^(Step|✓)/.test(line));

describe("what an import shows", () => {
  it("is the seed's parts, each completed before the next begins", () => {
    const { watch, parts, printed } = makeWatch();
    goThrough(watch, parts);
    expect(told(printed())).toEqual([
      "Step 0/4: Keep v2's migration history (v2 holds no migration history)",
      "✓ Keep v2's migration history completed",
      "Step 1/4: Drop FK constraints (1)",
      "✓ Drop FK constraints completed",
      "Step 2/4: Import v1 data",
      "✓ Import v1 data completed",
      "Step 3/4: Restore FK constraints (1)",
      "✓ Restore FK constraints completed",
    ]);
  });

  it("does not claim that keys are back which another step restores", () => {
    const { watch, parts, printed } = makeWatch({ keys: [], droppedBefore: 3 });
    goThrough(watch, parts);
    expect(told(printed()).at(-1)).toBe(
      "Step 3/4: Restore FK constraints (left to restore-foreign-keys)",
    );
  });

  it("does not claim that a part is completed before the next one began", () => {
    const { watch, parts, printed } = makeWatch();
    for (const part of parts.slice(0, 3)) watch.onPart(part);
    expect(told(printed()).at(-1)).toBe("Step 1/4: Drop FK constraints (1)");
  });

  it("counts rows and bytes while it loads, those of the present COPY among them", async () => {
    const { watch, parts, printed } = makeWatch({}, true);
    const asked: unknown[] = [];
    const observer = {
      ask: (name: string, values: unknown) => {
        asked.push([name, values]);
        return Promise.resolve([{ rows: "3" }]);
      },
    } as unknown as Database;
    await watch.poll(observer);
    expect(asked).toEqual([]);
    for (const part of parts.slice(0, 4)) watch.onPart(part);
    send(watch, ["movebook:backend 4711", "movebook:loaded 2000"]);
    watch.onBytes(600);
    await watch.poll(observer);
    expect(asked).toEqual([["postgres/count-copied-rows", ["4711"]]]);
    const events = printed()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.at(-1)).toMatchObject({
      rows: 2_003,
      totalRows: 2_005,
      bytes: 600,
      totalBytes: 1_000,
    });
  });
});

describe("the commit", () => {
  it("may go on when rows and structure are as they must be", () => {
    const { watch } = makeWatch();
    const loaded = ["movebook:loaded 2000", "movebook:loaded 5"];
    const lines = ["movebook:backend 4711", ...look(key), ...loaded, ...look(key), "other words"];
    expect(() => send(watch, lines)).not.toThrow();
  });

  it.each([
    ["fewer rows", ["movebook:loaded 1999"], "1,999 rows taken, 2,000 rows in the dump"],
    [
      "more rows",
      ["movebook:loaded 2000", "movebook:loaded 6"],
      "6 rows taken, 5 rows in the dump",
    ],
    [
      "rows of a table that is not in the dump",
      ["movebook:loaded 2000", "movebook:loaded 5", "movebook:loaded 1"],
      "1 row taken, 0 rows in the dump",
    ],
  ])("is vetoed when the server took %s", (_, lines, what) => {
    const veto = vetoOf(makeWatch().watch, lines);
    expect(veto.message).toBe("the server took another number of rows than the dump holds");
    expect(veto.problems).toEqual([{ what }]);
  });

  it("is vetoed when rows came out of turn, though the sum is right", () => {
    expect(vetoOf(makeWatch().watch, ["movebook:loaded 5"]).problems[0]?.what).toMatch(
      /^5 rows taken/,
    );
  });

  it.each([
    ["is gone", [], /^constraint Animal_Owner_fkey on Animal: is gone/],
    ["is not validated", [{ ...key, validated: false }], /is .*\(not validated\)$/],
    ["has another comment", [{ ...key, comment: "new" }], /\(comment: new\)$/],
    ["has company", [key, { ...key, name: "second" }], /^constraint second .* is new/],
  ])("is vetoed when a key %s", (_, after, what) => {
    const { watch } = makeWatch();
    const veto = vetoOf(watch, [...look(key), ...look(...after)]);
    expect(veto.message).toBe("v2's structure is not what it was; nothing was committed");
    expect(veto.problems).toHaveLength(1);
    expect(veto.problems[0]?.what).toMatch(what);
  });

  it("is vetoed when psql does not say a number", () => {
    const { watch } = makeWatch();
    expect(vetoOf(watch, ["movebook:loaded :ROW_COUNT"]).message).toContain(
      "nothing was committed",
    );
  });

  it("waits with its judgement until all six answers are there", () => {
    const { watch } = makeWatch();
    const [last = "", ...first] = look().toReversed();
    expect(() => send(watch, [...look(key), ...first])).not.toThrow();
    expect(() => send(watch, [last])).toThrow("nothing was committed");
  });
});
