import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildReadingContext } from "../../scripts/engine/call.ts";
import { defineGate, recallAnswer, wasPassed } from "../../scripts/engine/gate.ts";
import { listRuns } from "../../scripts/engine/journal.ts";
import { rehearse } from "../../scripts/engine/run.ts";
import { printStatus } from "../../scripts/engine/status.ts";
import type { Runbook } from "../../scripts/engine/step.ts";
import {
  answerOf,
  countRuns,
  down,
  fakeOutside,
  passGate,
  plainGate,
  touch,
  withGate,
} from "./fixtures/fake-gate.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import {
  callResume,
  callRun,
  callStep,
  callUndo,
  captureScreen,
  makeFacts,
  type CallChoice,
} from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
  down.clear();
});
afterEach(() => world.remove());

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

  test("waits in a whole run in spite of --yes, and says which command takes it", async () => {
    for (const selection of [{}, { from: "open-door" }]) {
      const called = await callRun(world, selection, withGate({}, { options: { yes: true } }));
      expect(called.exitCode).toBe(4);
      expect(called.output).toContain("--yes answers only the gate that is named");
      expect(called.output).toMatch(/next +npx movebook .* step fake open-door --env dev --yes\n/);
      world.forget();
    }
    expect((await callResume(world, withGate({}, { options: { yes: true } }))).exitCode).toBe(4);
    expect(answerOf(world)).toBeUndefined();
  });

  test("takes --yes when it is named, and writes down who, when and how", async () => {
    await callRun(world, {}, withGate());
    const { exitCode, output } = await callStep(
      world,
      "open-door",
      withGate({}, { options: { yes: true } }),
    );
    expect(exitCode).toBe(0);
    expect(output).toContain("✓ the wind answers");
    expect(answerOf(world)).toEqual({
      at: "2026-11-21T12:00:00.000Z",
      by: "Ann Smith",
      operator: expect.stringContaining("@"),
      how: "--yes",
    });
    expect(world.outcomes()).toEqual(["done"]);
  });

  test("is answered in the same run", async () => {
    await passGate(world);
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
    expect(answerOf(world)).toMatchObject({ how: "asked" });
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
    const first = await passGate(world);
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
    const { exitCode, output } = await passGate(world);
    expect(exitCode).toBe(3);
    expect(output).toContain("the key does not answer");
    expect(answerOf(world)).toBeUndefined();
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
        const last = { ...defineGate({ ...plainGate, name: "last-door" }, fakeOutside) };
        return { ...gated, steps: [...gated.steps, last] };
      },
    });
    await callRun(world, { until: "prove" }, more(yes));
    await callStep(world, "open-door", more(yes));
    const { exitCode } = await callStep(world, "open-door", more(withGate()));
    expect(exitCode).toBe(4);
    expect(answerOf(world)).toBeNull();
    // whoever went through is still there
    const [journal] = listRuns(world.folder, "fake", "dev");
    const facts = makeFacts(world, more(withGate()), captureScreen().screen);
    const context = buildReadingContext(facts, journal, world.folder);
    expect(wasPassed(context, "open-door")).toBe(true);
    const undone = await callUndo(world, more(yes), "open-door");
    expect(undone.output).toContain("open-door undone");
    expect(undone.exitCode).toBe(0);
  });
});

describe("a gate with a command", () => {
  const commands = (more: CallChoice = {}): CallChoice =>
    withGate({ command: async () => touch(world, "opened") }, more);

  test("runs it instead of asking", async () => {
    expect((await callRun(world, {}, commands())).exitCode).toBe(0);
    expect(countRuns(world, "opened")).toBe(1);
    expect(answerOf(world)).toMatchObject({ how: "command" });
    expect(world.journal().some(({ type, title }) => type === "command" && title === "touch")).toBe(
      true,
    );
  });

  test("does not run it again for a proof that was not there yet", async () => {
    down.add("the wind");
    expect((await callRun(world, {}, commands())).exitCode).toBe(1);
    down.clear();
    expect((await callResume(world, commands())).exitCode).toBe(0);
    expect(countRuns(world, "opened")).toBe(1);
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
    expect(countRuns(world, "opened")).toBe(0);
  });
});

test("an answer that is no answer counts as none", async () => {
  await passGate(world);
  const [journal] = listRuns(world.folder, "fake", "dev");
  const facts = makeFacts(world, withGate(), captureScreen().screen);
  const context = buildReadingContext(facts, journal, world.folder);
  expect(recallAnswer(context, "open-door")?.how).toBe("--yes");
  context.remember("open-door-answer", { how: "by magic" });
  expect(recallAnswer(context, "open-door")).toBeUndefined();
});
