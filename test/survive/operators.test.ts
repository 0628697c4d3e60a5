import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { callInProcess } from "./support/in-process.ts";
import { listDescendants } from "./support/processes.ts";
import { waitForQuiet, type Running } from "./support/stage.ts";
import { locate, prepare, type Trial, type TrialStage } from "./support/trial.ts";
import { findTruth, listDifferences } from "./support/truth.ts";

/* People: a second one at the same target, one who presses Ctrl-C, one who closes the laptop, one with other settings. */

let made: TrialStage;
beforeAll(async () => {
  made = await prepare([
    { from: "fresh", words: "step preflight", to: "preflighted" },
    { from: "preflighted", words: "step dump", to: "dumped" },
    { from: "dumped", words: "step import", to: "imported" },
    { from: "imported", words: "step restore-foreign-keys", to: "compared" },
    { from: "compared", words: "step postimport", to: "cleaned" },
    { from: "cleaned", words: "undo", to: "undone" },
    { from: "dumped", words: "step drop-foreign-keys", to: "keys-dropped" },
    { from: "keys-dropped", words: "step import", to: "loaded" },
    { from: "loaded", words: "step restore-foreign-keys", to: "restored" },
  ]);
});
afterAll(() => made.stage.stop());

// what the second operator waits for; the first one is a process of its own
vi.mock("../../scripts/postgres/lock-wait.ts", () => ({ lockWait: 500 }));

let started: Running | undefined;
afterEach(async () => {
  started?.child.kill("SIGKILL");
  await started?.ended;
  started = undefined;
});

type Place = Pick<Trial, "from" | "words" | "program" | "at"> & { readonly side?: "v1" | "v2" };
const atCommit: Place = { from: "dumped", words: "step import", program: "psql", at: "commit" };
const places: readonly Place[] = [
  { from: "preflighted", words: "step dump", program: "pg_dump", at: 0.8, side: "v1" },
  { from: "dumped", words: "step drop-foreign-keys", program: "psql", at: "commit" },
  atCommit,
  { from: "loaded", words: "step restore-foreign-keys", program: "movebook", at: "alter table" },
  { from: "compared", words: "step postimport", program: "movebook", at: 0.7 },
  { from: "cleaned", words: "undo", program: "movebook", at: 0.8 },
];

/** Begins the call in a process of its own, and does something when it is at that place. */
async function startAt(
  place: Place,
  what: (running: Running) => void | Promise<void>,
): Promise<Running> {
  const { stage } = made;
  await stage.goBackTo(place.from);
  let running: Running | undefined;
  const proxy = place.side === "v1" ? stage.toV1 : stage.toV2;
  proxy.arm(locate(made, { ...place, when: "before" }), async () => {
    if (running !== undefined) await what(running);
  });
  running = stage.start(place.words);
  started = running;
  return running;
}

/** @returns in what v2 differs from what it should be after the call */
async function finish(words: "resume" | "undo"): Promise<readonly string[]> {
  const { code, output } = await made.stage.call(words);
  const wanted = words === "undo" ? made.untouched : made.finished;
  // the first operator's own undo has gone through
  const isOver =
    words === "undo" && output.includes("there is no run of data-move for dev to undo");
  return code === 0 || isOver ? listDifferences(wanted, await made.stage.picture()) : [output];
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(places)("in $words", (place) => {
  test("a second operator on another machine is told who is at work, and changes nothing", async () => {
    const { stage } = made;
    const told: { code: number; output: string }[] = [];
    const running = await startAt(place, async () => {
      for (const words of ["run", "resume", "undo"])
        told.push(await stage.call(words, stage.elsewhere));
    });
    const ended = await running.ended;
    expect(ended.code, ended.output).toBe(0);
    for (const { code, output } of told) {
      const isIdle = output.includes("nothing was there to take back");
      expect(isIdle ? [0] : [1, 3, 6], output).toContain(code);
      expect(output).not.toContain("defect of movebook");
    }
    expect(told[0]?.output).toMatch(
      /locked by movebook .* since \d{4}-\d\d-\d\d|held by movebook .* since \d{4}|without \d+ foreign key|of operator \S+@\S+, begun/u,
    );
    expect(await finish(place.words === "undo" ? "undo" : "resume")).toEqual([]);
  });

  test("Ctrl-C ends the programs, says what state v2 is in, and the run goes on later", async () => {
    const { stage } = made;
    const children: number[] = [];
    const running = await startAt(place, async ({ child, pid }) => {
      children.push(...listDescendants(pid));
      child.kill("SIGINT");
      await pause(300);
    });
    const ended = await running.ended;
    await waitForQuiet(stage.v2);
    const { missing } = await findTruth(stage, made.before);
    expect(ended.code, ended.output).toBe(missing.length > 0 ? 6 : 130);
    expect(ended.output).toMatch(/changed {2}\S/u);
    expect(children.filter(isAlive)).toEqual([]);
    expect((await stage.call("status")).code).toBe(missing.length > 0 ? 6 : 0);
    expect(await finish(place.words === "undo" ? "undo" : "resume")).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("Ctrl-C twice", () => {
  test.each(places.slice(0, 4))(
    "in $words leaves at once, with no program behind",
    async (place) => {
      const { stage } = made;
      const children: number[] = [];
      const running = await startAt(place, async ({ child, pid }) => {
        children.push(...listDescendants(pid));
        // it stands still: only the second one gets through
        for (const _ of [1, 2]) {
          child.kill("SIGINT");
          await pause(600);
        }
      });
      const ended = await running.ended;
      await waitForQuiet(stage.v2);
      await waitForQuiet(stage.v1);
      expect([6, 130], ended.output).toContain(ended.code);
      expect(children.filter(isAlive)).toEqual([]);
      const truth = await findTruth(stage, made.before);
      expect((await stage.call("status")).code).toBe(truth.missing.length > 0 ? 6 : 0);
      expect(await finish("resume")).toEqual([]);
    },
  );
});

describe("the laptop sleeps, and its connections are gone when it wakes up", () => {
  test.each(places)("in $words", async (place) => {
    const { stage } = made;
    const running = await startAt(place, async ({ child }) => {
      child.kill("SIGSTOP");
      stage.toV2.cutAll();
      await waitForQuiet(stage.v2);
      child.kill("SIGCONT");
    });
    const ended = await running.ended;
    await waitForQuiet(stage.v2);
    expect(ended.output).not.toContain("defect of movebook");
    const truth = await findTruth(stage, made.before);
    expect(ended.code === 6, ended.output).toBe(truth.missing.length > 0);
    expect((await stage.call("status")).code).toBe(truth.missing.length > 0 ? 6 : 0);
    expect(await finish(place.words === "undo" ? "undo" : "resume")).toEqual([]);
  });

  test("and another one has taken the import back meanwhile: nothing more is done to v2", async () => {
    const { stage } = made;
    const place: Place = {
      from: "imported",
      words: "step postimport",
      program: "movebook",
      at: 0.6,
    };
    await stage.goBackTo("imported");
    let taken: { code: number; output: string } | undefined;
    let running: Running | undefined;
    stage.toV2.arm(
      {
        program: "movebook",
        k: locate(made, { ...place, from: "compared", when: "before" }).k,
        when: "before",
      },
      async () => {
        running?.child.kill("SIGSTOP");
        stage.toV2.cutAll();
        await waitForQuiet(stage.v2);
        taken = await stage.call("undo", stage.elsewhere);
        running?.child.kill("SIGCONT");
      },
    );
    running = stage.start(place.words);
    started = running;
    const ended = await running.ended;
    expect(taken?.code, taken?.output).toBe(0);
    expect([1, 3], ended.output).toContain(ended.code);
    expect(listDifferences(made.untouched, await stage.picture())).toEqual([]);
    // the one who slept may look, and may not go on as if nothing had been
    expect((await stage.call("status")).output).not.toContain("v2 holds the rows of this run");
  });
});

describe("a resume with other settings", () => {
  const here = (variable: string): string => {
    const file = variable.startsWith("V1") ? ".env.v1.dev.snapshot" : ".env.v2.dev";
    const text = readEnv(file);
    return new RegExp(`^${variable}="(?<value>.*)"$`, "mu").exec(text)?.groups?.["value"] ?? "";
  };
  const readEnv = (file: string): string =>
    readFileSync(join(made.stage.here.folder, file), "utf8");
  const changed = (variable: string, change: (url: URL) => void): Record<string, string> => {
    const url = new URL(here(variable));
    change(url);
    return { [variable]: url.toString() };
  };

  test.each([
    ["another list of what stays in v1", () => ({ V1_LEAVE_OUT: "audit" }), ["leave-out"]],
    [
      "another database as v2",
      () => changed("DATABASE_DIRECT_URL", (url) => (url.pathname = "/dumped")),
      ["target", "/dumped"],
    ],
    [
      "another role in v2",
      () => changed("DATABASE_DIRECT_URL", (url) => (url.username = "somebody")),
      ["target", "somebody@"],
    ],
    [
      "another server as v2",
      () => changed("DATABASE_DIRECT_URL", (url) => (url.port = "1")),
      ["target", ":1/"],
    ],
    [
      "another v1",
      () => changed("V1_DEV_SNAPSHOT_DIRECT_URL", (url) => (url.pathname = "/postgres")),
      ["source", "/postgres"],
    ],
    ["another migration tool", () => ({ V2_MIGRATION_TOOL: "knex" }), ["migration-tool", "knex"]],
  ] as const)("%s is refused, with what differs", async (_, change, words) => {
    const { stage } = made;
    for (const from of ["imported", "keys-dropped"]) {
      await stage.goBackTo(from);
      const before = await stage.picture();
      for (const verb of ["resume", "undo"]) {
        const { code, output } = await callInProcess(stage.here.folder, verb, {
          variables: change(),
        });
        expect(code, output).toBe(3);
        for (const word of words) expect(output).toContain(word);
      }
      expect(listDifferences(before, await stage.picture())).toEqual([]);
    }
    expect(await finish("undo")).toEqual([]);
  });
});
