import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeChance, pick, seed } from "./support/chance.ts";
import type { FaultName } from "./support/faults.ts";
import { attempt, describeTrial, prepare, type Trial, type TrialStage } from "./support/trial.ts";

/* Whatever dies in a step beside the import, or between two: status tells the truth, and there is a way on and a way back. */

let made: TrialStage;
beforeAll(async () => {
  made = await prepare([
    { from: "fresh", words: "step preflight", to: "preflighted" },
    { from: "preflighted", words: "step dump", to: "dumped" },
    { from: "dumped", words: "step import", to: "imported" },
    { from: "imported", words: "step restore-foreign-keys", to: "compared" },
    { from: "compared", words: "step postimport", to: "cleaned" },
    { from: "cleaned", words: "step validate", to: "finished" },
    { from: "finished", words: "undo", to: "undone" },
    { from: "dumped", words: "step drop-foreign-keys", to: "keys-dropped" },
    { from: "keys-dropped", words: "step import", to: "loaded" },
    { from: "loaded", words: "step restore-foreign-keys", to: "restored" },
    { from: "restored", words: "undo", to: "undone-by-hand" },
  ]);
});
afterAll(() => made.stage.stop());

const chance = makeChance(seed + 1);
const someShare = (): number => 0.01 + chance() * 0.98;
const someMoment = (): Trial["when"] => pick(chance, ["before", "after"] as const);

/** At its first message and at its last one: before it has begun, and when all is done and nothing is written down. */
const boundaries: Trial[] = (
  [
    ["fresh", "step preflight", "resume"],
    ["preflighted", "step dump", "undo"],
    ["dumped", "step import", "resume elsewhere"],
    ["imported", "step restore-foreign-keys", "undo"],
    ["compared", "step postimport", "resume"],
    ["cleaned", "step validate", "resume"],
    ["dumped", "step drop-foreign-keys", "undo"],
    ["keys-dropped", "step import", "resume"],
    ["loaded", "step restore-foreign-keys", "undo elsewhere"],
    ["finished", "undo", "undo"],
  ] as const
).flatMap(([from, words, way], index) =>
  [1, -2].map((at) => ({
    from,
    words,
    fault:
      (index + at) % 2 === 0
        ? ("kill -9 of movebook" as const)
        : ("kill -9 of movebook and all its programs" as const),
    program: "movebook" as const,
    when: at === 1 ? ("before" as const) : ("after" as const),
    at,
    way: words === "undo" && at === 1 ? ("undo" as const) : way,
  })),
);

const faultsOfSessions: readonly FaultName[] = [
  "kill -9 of the server process",
  "all connections are cut",
  "kill -9 of movebook",
];

/** Random moments in the sessions of movebook itself. */
const scatter = (
  from: string,
  words: string,
  ways: readonly Trial["way"][],
  program: Trial["program"] = "movebook",
): Trial[] =>
  ways.map((way, index) => ({
    from,
    words,
    fault: faultsOfSessions[index % faultsOfSessions.length] ?? "kill -9 of movebook",
    program,
    when: someMoment(),
    at: someShare(),
    way,
  }));

const dumps: Trial[] = (
  [
    ["kill -9 of pg_dump", 0.97],
    ["kill -9 of movebook", 0.9],
    ["the connection is cut", 0.99],
  ] as const
).map(([fault, at]) => ({
  from: "preflighted",
  words: "step dump",
  fault,
  side: "v1",
  program: "pg_dump",
  when: someMoment(),
  at,
  way: "resume",
}));

const drops: Trial[] = (
  [
    ["kill -9 of psql", "before", "undo"],
    ["kill -9 of psql", "after", "resume"],
    ["kill -9 of the server process", "after", "undo elsewhere"],
    ["kill -9 of movebook and all its programs", "after", "resume"],
  ] as const
).map(([fault, when, way]) => ({
  from: "dumped",
  words: "step drop-foreign-keys",
  fault,
  program: "psql",
  when,
  at: "commit",
  way,
}));

const byHand: Trial[] = (
  [
    ["kill -9 of psql", "before", "resume"],
    ["kill -9 of psql", "after", "resume elsewhere"],
    ["all connections are cut", "after", "undo"],
    ["kill -9 of movebook and all its programs", "after", "undo elsewhere"],
  ] as const
).map(([fault, when, way]) => ({
  from: "keys-dropped",
  words: "step import",
  fault,
  program: "psql",
  when,
  at: "commit",
  way,
}));

describe.each([
  ["at the boundaries of a step", boundaries],
  ["while v1 is dumped", dumps],
  ["while the keys are dropped by hand", drops],
  ["while rows go into v2 without its keys", byHand],
  [
    "while the keys come back",
    scatter("loaded", "step restore-foreign-keys", [
      "resume",
      "undo",
      "resume",
      "undo elsewhere",
      "resume elsewhere",
    ]),
  ],
  [
    "in postimport",
    scatter("compared", "step postimport", [
      "resume",
      "resume elsewhere",
      "undo",
      "undo elsewhere",
      "resume",
      "undo",
    ]),
  ],
  ["in validate", scatter("cleaned", "step validate", ["resume", "undo"])],
  ["in an undo", scatter("finished", "undo", ["undo", "undo", "undo", "undo elsewhere"])],
  ["in the undo of a move by hand", scatter("restored", "undo", ["undo", "undo elsewhere"])],
])("%s", (_, trials) => {
  test.each(trials.map((trial) => [describeTrial(trial), trial] as const))(
    "%s",
    async (_name, trial) => {
      expect(await attempt(made, trial)).toEqual([]);
    },
  );
});
