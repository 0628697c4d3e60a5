import { join } from "node:path";
import { readFileSync } from "node:fs";
import type { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defineGate, recallAnswer, type Gate, type GateWorld } from "../../scripts/engine/gate.ts";
import { listRuns } from "../../scripts/engine/journal.ts";
import type { Probe } from "../../scripts/engine/probe.ts";
import { buildReadingContext } from "../../scripts/engine/call.ts";
import { rehearse } from "../../scripts/engine/run.ts";
import { printStatus } from "../../scripts/engine/status.ts";
import type { Runbook } from "../../scripts/engine/step.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import {
  callResume,
  callRun,
  callStep,
  callUndo,
  captureScreen,
  makeFacts,
  type CallChoice,
  type Captured,
} from "./fixtures/in-process.ts";

let world: FakeWorld;
/** Probes that do not hold, and all that were asked. */
let down: Set<string>;
let asked: string[];

beforeEach(() => {
  world = new FakeWorld();
  down = new Set();
  asked = [];
});
afterEach(() => world.remove());

const outside: GateWorld = {
  now: () => new Date("2026-11-21T12:00:00Z"),
  askProbe: async ({ title }: Probe) => {
    asked.push(title);
    return down.has(title)
      ? { holds: false, sentence: `${title} does not answer`, todo: "Look." }
      : { holds: true, sentence: `${title} answers` };
  },
  readUser: async () => "Ann Smith",
};

const probe = (title: string): Probe => ({ title, url: "http://127.0.0.1/" });

const plain: Gate = {
  name: "open-door",
  does: "Lets a person open the door.",
  needs: ["load"],
  probesBefore: () => [probe("the key")],
  checklist: () => ["Turn the key.", "Push."],
  question: "Is the door open?",
  probes: () => [probe("the wind")],
  goBack: {
    checklist: () => ["Pull.", "Turn the key back."],
    question: "Is the door closed?",
    probes: () => [probe("the lock")],
  },
};

const touch = (file: string) => ({
  title: "touch",
  program: "sh",
  args: ["-c", `echo x >> ${join(world.folder, file)}`],
});
const countRuns = (file: string): number => {
  try {
    return readFileSync(join(world.folder, file), "utf8").length / 2;
  } catch {
    return 0;
  }
};

/** The fake runbook with a gate at its end. */
const withGate = (changes: Partial<Gate> = {}, more: CallChoice = {}): CallChoice => ({
  ...more,
  runbook: (runbook: Runbook) => ({
    ...runbook,
    steps: [...runbook.steps, defineGate({ ...plain, ...changes }, outside)],
  }),
});

const answerOf = () =>
  world.journal().findLast(({ type, key }) => type === "fact" && key === "open-door-answer")?.[
    "value"
  ];

describe("a gate without anybody to ask", () => {
  test("waits with exit code 4, the checklist and the exact command that answers", async () => {
    const { exitCode, output } = await callRun(world, {}, withGate());
    expect(exitCode).toBe(4);
    expect(output).toContain("! open-door (fake dev) waiting, exit code 4");
    expect(output).toContain("open-door waits for a person: Is the door open?");
    expect(output).toMatch(/1\. Turn the key\.\n +2\. Push\./);
    expect(output).toMatch(
      /next +npx movebook --project \S+ step fake open-door --env dev --yes\n/,
    );
    expect(output).not.toMatch(/report|✗/);
    expect(world.outcomes()).toEqual(["open"]);
  });

  test("tells programs that it waits, not that something failed", async () => {
    const screen = captureScreen(true);
    await callRun(world, {}, withGate({}, { screen }));
    const events = screen
      .stdout()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.find(({ type }) => type === "waiting")).toMatchObject({
      exitCode: 4,
      step: "open-door",
    });
    expect(events.some(({ type }) => type === "failure")).toBe(false);
    expect(events.at(-1)).toMatchObject({ type: "ended", exitCode: 4 });
  });

  test("is no failure in the status either", async () => {
    await callRun(world, {}, withGate());
    const screen = captureScreen();
    await printStatus(makeFacts(world, withGate(), screen.screen));
    expect(screen.stdout()).toMatch(/· open-door: waiting for a person or a day/);
  });

  test("says 6 instead when the target must not be used as it is", async () => {
    await callStep(world, "loosen", withGate());
    const { exitCode } = await callRun(world, { from: "load" }, withGate());
    expect(exitCode).toBe(6);
  });

  test("takes --yes, and writes down who, when and how", async () => {
    const { exitCode, output } = await callRun(world, {}, withGate({}, { options: { yes: true } }));
    expect(exitCode).toBe(0);
    expect(output).toContain("✓ the wind answers");
    expect(answerOf()).toEqual({
      at: "2026-11-21T12:00:00.000Z",
      by: "Ann Smith",
      operator: expect.stringContaining("@"),
      how: "--yes",
    });
    expect(world.outcomes()).toEqual(["done"]);
  });

  test("is answered by its step with --yes, in the same run", async () => {
    await callRun(world, {}, withGate());
    const { exitCode } = await callStep(
      world,
      "open-door",
      withGate({}, { options: { yes: true } }),
    );
    expect(exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["done"]);
    expect(world.ran()).toEqual(["look", "fetch", "load", "tidy", "prove"]);
  });
});

describe("a gate at a terminal", () => {
  test("prints the checklist, asks, and goes on with yes", async () => {
    const screen = captureScreen(false, true, "y\n");
    const { exitCode, output } = await callRun(world, {}, withGate({}, { screen }));
    expect(exitCode).toBe(0);
    expect(stripVTControlCharacters(output)).toMatch(
      /1\. Turn the key\.\n +2\. Push\.\nIs the door open\? \(y\/N\)/,
    );
    expect(answerOf()).toMatchObject({ how: "asked" });
  });

  test.each(["n\n", "\n", "yes please\n"])("waits when the answer is %j", async (answers) => {
    const screen = captureScreen(false, true, answers);
    const { exitCode, output } = await callRun(world, {}, withGate({}, { screen }));
    expect(exitCode).toBe(4);
    expect(output).toContain("the answer was not yes");
  });
});

describe("the proof of a gate", () => {
  const yes = withGate({}, { options: { yes: true } });

  test("is looked for again in a resume, and nobody is asked twice", async () => {
    down.add("the wind");
    const first = await callRun(world, {}, yes);
    expect(first.exitCode).toBe(1);
    expect(first.output).toMatch(/1\. +the wind does not answer\n +→ Look\./);
    expect((await callResume(world, withGate())).exitCode).toBe(1);
    down.clear();
    const { exitCode, output } = await callResume(world, withGate());
    expect(exitCode).toBe(0);
    expect(output).toContain("its effect is there");
  });

  test("has to be there before the gate opens, too: else nothing is begun", async () => {
    down.add("the key");
    const { exitCode, output } = await callRun(world, {}, yes);
    expect(exitCode).toBe(3);
    expect(output).toContain("the key does not answer");
    expect(answerOf()).toBeUndefined();
  });

  test("needs the steps that it names", async () => {
    const { exitCode, output } = await callStep(world, "open-door", yes);
    expect(exitCode).toBe(3);
    expect(output).toContain("load is not done in this run");
    expect(output).toMatch(/step fake load --env dev/);
  });

  test("a gate that was passed is asked anew when it is called by its name", async () => {
    const more = (choice: CallChoice): CallChoice => ({
      ...choice,
      runbook: (runbook: Runbook) => {
        const gated = choice.runbook?.(runbook) ?? runbook;
        const last = { ...defineGate({ ...plain, name: "last-door" }, outside) };
        return { ...gated, steps: [...gated.steps, last] };
      },
    });
    await callRun(world, { until: "open-door" }, more(yes));
    const { exitCode } = await callStep(world, "open-door", more(withGate()));
    expect(exitCode).toBe(4);
    expect(answerOf()).toBeNull();
  });
});

describe("a gate with a command", () => {
  const commands = (more: CallChoice = {}): CallChoice =>
    withGate({ command: async () => touch("opened") }, more);

  test("runs it instead of asking", async () => {
    expect((await callRun(world, {}, commands())).exitCode).toBe(0);
    expect(countRuns("opened")).toBe(1);
    expect(answerOf()).toMatchObject({ how: "command" });
    expect(world.journal().some(({ type, title }) => type === "command" && title === "touch")).toBe(
      true,
    );
  });

  test("does not run it again for a proof that was not there yet", async () => {
    down.add("the wind");
    expect((await callRun(world, {}, commands())).exitCode).toBe(1);
    down.clear();
    expect((await callResume(world, commands())).exitCode).toBe(0);
    expect(countRuns("opened")).toBe(1);
  });

  test("fails as commands do, and is tried again by a resume", async () => {
    const broken = withGate({
      command: async () => ({ title: "fails", program: "sh", args: ["-c", "exit 7"] }),
    });
    const { exitCode, output } = await callRun(world, {}, broken);
    expect(exitCode).toBe(1);
    expect(output).toContain("exit code 7");
    expect((await callResume(world, commands())).exitCode).toBe(0);
  });

  test("shows it in a dry run, and the question of others", async () => {
    for (const [choice, text] of [
      [commands(), "$ sh -c"],
      [withGate(), "asks a person: Is the door open?"],
    ] as const) {
      const screen = captureScreen();
      await rehearse(makeFacts(world, choice, screen.screen), {}, world.folder);
      expect(screen.stdout()).toContain(text);
    }
    expect(countRuns("opened")).toBe(0);
  });
});

describe("the way back through a gate", () => {
  const yes = (changes: Partial<Gate> = {}) => withGate(changes, { options: { yes: true } });

  /** Types the second answer when the second question is there. */
  const answerBoth = (first: string, second: string): Captured => {
    const screen = captureScreen(false, true, first);
    const timer = setInterval(() => {
      if (!screen.stdout().includes("Is the door closed?")) return;
      clearInterval(timer);
      (screen.streams.stdin as unknown as PassThrough).write(second);
    }, 10);
    return screen;
  };

  test("is asked for, proved, and forgets the answer", async () => {
    await callRun(world, {}, yes());
    const screen = answerBoth("y\n", "y\n");
    const { exitCode, output } = await callUndo(world, withGate({}, { screen }));
    expect(exitCode).toBe(0);
    expect(stripVTControlCharacters(output)).toMatch(
      /1\. Pull\.\n +2\. Turn the key back\.\nIs the door closed\?/,
    );
    expect(output).toContain("✓ the lock answers");
    expect(answerOf()).toBeNull();
    expect(world.outcomes()).toEqual(["undone"]);
  });

  test("is not gone when the proof is not there", async () => {
    await callRun(world, {}, yes());
    down.add("the lock");
    const { exitCode, output } = await callUndo(world, yes());
    expect(exitCode).toBe(1);
    expect(output).toContain("open-door is not taken back");
    down.clear();
    expect((await callUndo(world, yes())).exitCode).toBe(0);
  });

  test("of a gate whose person says no leaves it as it was", async () => {
    await callRun(world, {}, yes());
    const screen = answerBoth("y\n", "n\n");
    const { exitCode } = await callUndo(world, withGate({}, { screen }));
    expect(exitCode).toBe(4);
    const [journal] = listRuns(world.folder, "fake", "dev");
    expect(journal?.stateOf("open-door")).toBe("done");
  });

  test("is gone also for a gate that was answered and not proved", async () => {
    down.add("the wind");
    await callRun(world, {}, yes());
    const { exitCode, output } = await callUndo(world, yes());
    expect(exitCode).toBe(0);
    expect(output).toContain("open-door undone");
  });

  test("runs a command where there is one", async () => {
    const back = { command: async () => touch("closed"), checklist: () => [] };
    await callRun(world, {}, yes({ goBack: back }));
    expect((await callUndo(world, yes({ goBack: back }))).exitCode).toBe(0);
    expect(countRuns("closed")).toBe(1);
  });

  test("goes no further than --until, and the run goes on from there", async () => {
    await callRun(world, {}, yes());
    const choice = yes();
    const { exitCode } = await callUndo(world, choice, "open-door");
    expect(exitCode).toBe(0);
    expect(world.has("load")).toBe(true);
    const [journal] = listRuns(world.folder, "fake", "dev");
    expect(journal?.outcome).toBe("open");
    const waits = await callResume(world, withGate());
    expect(waits.exitCode).toBe(4);
    expect((await callResume(world, yes())).exitCode).toBe(0);
    expect(listRuns(world.folder, "fake", "dev")[0]?.outcome).toBe("done");
  });

  test("refuses an --until that is no step", async () => {
    await callRun(world, {}, yes());
    const { exitCode, output } = await callUndo(world, yes(), "open-dor");
    expect(exitCode).toBe(2);
    expect(output).toContain("did you mean open-door?");
  });
});

test("an answer that is no answer counts as none", async () => {
  await callRun(world, {}, withGate({}, { options: { yes: true } }));
  const [journal] = listRuns(world.folder, "fake", "dev");
  const facts = makeFacts(world, withGate(), captureScreen().screen);
  const context = buildReadingContext(facts, journal, world.folder);
  expect(recallAnswer(context, "open-door")?.how).toBe("--yes");
  context.remember("open-door-answer", { how: "by magic" });
  expect(recallAnswer(context, "open-door")).toBeUndefined();
});
