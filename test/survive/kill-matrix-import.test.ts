import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeChance, pick, seed } from "./support/chance.ts";
import type { FaultName } from "./support/faults.ts";
import { attempt, describeTrial, prepare, type Trial, type TrialStage } from "./support/trial.ts";

/* Whatever dies in the import, and whenever: status tells the truth, and resume or undo ends as if nothing had been. */

let made: TrialStage;
beforeAll(async () => {
  made = await prepare([
    { from: "fresh", words: "run", to: "finished" },
    { from: "fresh", words: "step dump", to: "dumped" },
    { from: "dumped", words: "step import", to: "imported" },
  ]);
});
afterAll(() => made.stage.stop());

const ofPsql: readonly FaultName[] = [
  "kill -9 of movebook",
  "kill -9 of movebook and all its programs",
  "kill -9 of psql",
  "kill -9 of the server process",
  "the connection is cut",
  "all connections are cut",
];
const ways: readonly Trial["way"][] = ["resume", "undo", "resume elsewhere", "undo elsewhere"];
const inImport = { from: "dumped", words: "step import" } as const;

const commits: Trial[] = (["before", "after"] as const).flatMap((when) =>
  ofPsql.map((fault, index) => ({
    ...inImport,
    fault,
    program: "psql" as const,
    when,
    at: "commit",
    way: ways[index % ways.length] ?? "resume",
  })),
);

const chance = makeChance(seed);
const random: Trial[] = Array.from({ length: 14 }, (_, index) => ({
  ...inImport,
  fault: ofPsql[index % ofPsql.length] ?? "kill -9 of psql",
  program: index < 10 ? ("psql" as const) : ("movebook" as const),
  when: pick(chance, ["before", "after"] as const),
  at: 0.01 + chance() * 0.98,
  way: index % 3 === 2 ? "undo" : "resume",
}));

const inRun: Trial[] = (["kill -9 of psql", "kill -9 of the server process"] as const).map(
  (fault) => ({
    from: "fresh",
    words: "run",
    fault,
    program: "psql",
    when: "after",
    at: chance(),
    way: "resume",
  }),
);

describe.each([
  ["at the commit", commits],
  ["somewhere in the import", random],
  ["in a whole run", inRun],
])("%s", (_, trials) => {
  test.each(trials.map((trial) => [describeTrial(trial), trial] as const))(
    "%s",
    async (_name, trial) => {
      expect(await attempt(made, trial)).toEqual([]);
    },
  );
});
