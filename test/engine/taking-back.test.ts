import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failed } from "../../scripts/engine/failure.ts";
import { listRuns } from "../../scripts/engine/journal.ts";
import { printStatus } from "../../scripts/engine/status.ts";
import type { Step } from "../../scripts/engine/step.ts";
import { startFake } from "./fixtures/child-process.ts";
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
});
afterEach(() => world.remove());

const failing = { fail: { exitCode: 1, what: "it broke" } } as const;
const yes: CallChoice = { options: { yes: true } };

describe("undo that is refused", () => {
  test("does not make an interrupted step done", async () => {
    world.order("load.run", { dieAfter: true });
    expect((await startFake(world, ["run", "fake", "--env", "dev"]).ended).signal).toBe("SIGKILL");
    world.order("load.run", undefined);
    world.unlock();
    world.order("load.undo", { fail: { exitCode: 3, what: "somebody has written since" } });
    expect((await callUndo(world, yes)).exitCode).toBe(3);
    world.order("load.undo", undefined);
    world.take("load");
    world.forget();
    expect((await callResume(world)).exitCode).toBe(0);
    expect(world.ran()).toEqual(["load", "tidy", "prove"]);
  });

  test("after one that broke off does not make the run go on", async () => {
    world.order("tidy.run", failing);
    await callRun(world);
    world.order("tidy.run", undefined);
    world.forget();
    world.order("load.undo", failing);
    await callUndo(world, yes);
    world.order("load.undo", { fail: { exitCode: 3, what: "somebody has written since" } });
    expect((await callUndo(world, yes)).exitCode).toBe(3);
    expect((await callResume(world)).exitCode).toBe(3);
    expect(world.ran()).not.toContain("prove");
  });

  test("still knows a done step that was asked for once more and refused", async () => {
    await callRun(world);
    world.order("load.check", { fail: { exitCode: 3, what: "it is filled" } });
    expect((await callRun(world, { from: "load" })).exitCode).toBe(3);
    await callUndo(world, yes);
    expect(world.has("load")).toBe(false);
  });
});

describe("a step that takes another one back", () => {
  const revert = (world_: FakeWorld): Step => ({
    name: "revert",
    does: "Takes load back.",
    changes: "target",
    byHand: true,
    ofFinishedRun: true,
    takesBack: "load",
    interrupted: "run-again",
    run: async (context) => {
      await world_.obey("revert.run", context);
      world_.take("load");
      if (world_.readOrder("revert.run").dieAfter === true) process.kill(process.pid, "SIGKILL");
    },
    verify: async (context) => {
      await world_.obey("revert.verify", context);
      if (world_.has("load")) throw failed("load is still there");
    },
  });
  const more = (choice: CallChoice = {}): CallChoice => ({
    ...choice,
    runbook: (runbook) => ({ ...runbook, steps: [...runbook.steps, revert(world)] }),
  });
  const states = (...steps: string[]): unknown[] =>
    steps.map((step) => listRuns(world.folder, "fake", "dev").at(-1)?.stateOf(step));

  test("in an open run makes that one undone: resume does it again, and proves it", async () => {
    world.order("tidy.run", failing);
    await callRun(world, {}, more());
    expect((await callStep(world, "revert", more())).exitCode).toBe(0);
    expect(states("load", "revert")).toEqual(["undone", "done"]);
    const screen = captureScreen();
    await printStatus(makeFacts(world, more(), screen.screen));
    expect(screen.stdout()).toMatch(/· load: undone/);
    world.order("tidy.run", undefined);
    world.forget();
    expect((await callResume(world, more())).exitCode).toBe(0);
    expect(world.ran()).toEqual(["load", "tidy", "prove"]);
    expect(world.outcomes()).toEqual(["done"]);
  });

  test("of a finished run opens it again, with what was proved of it undone", async () => {
    await callRun(world, {}, more());
    await callStep(world, "revert", more());
    expect(states("load", "prove", "tidy", "look")).toEqual(["undone", "undone", "done", "done"]);
    world.forget();
    expect((await callResume(world, more())).exitCode).toBe(0);
    expect(world.ran()).toEqual(["load", "prove"]);
  });

  test("and a proof that was killed afterwards leave the run open for a resume", async () => {
    await callRun(world);
    world.order("prove.run", { die: true });
    const ended = await startFake(world, ["step", "fake", "prove", "--env", "dev"]).ended;
    expect(ended.signal).toBe("SIGKILL");
    world.order("prove.run", undefined);
    world.unlock();
    world.forget();
    expect((await callResume(world)).exitCode).toBe(0);
    expect(world.ran()).toEqual(["prove"]);
  });

  test("leaves nothing that keeps a new run from beginning", async () => {
    world.order("tidy.run", failing);
    await callRun(world, {}, more());
    await callStep(world, "revert", more());
    world.order("tidy.run", undefined);
    expect((await callRun(world, {}, more())).exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["superseded", "done"]);
  });

  test("and is refused leaves that one as it was", async () => {
    world.order("tidy.run", failing);
    await callRun(world, {}, more());
    world.order("revert.run", { fail: { exitCode: 3, what: "somebody has written since" } });
    expect((await callStep(world, "revert", more())).exitCode).toBe(3);
    expect(states("load")).toEqual(["done"]);
    world.order("tidy.run", undefined);
    world.forget();
    expect((await callResume(world, more())).exitCode).toBe(0);
    expect(world.ran()).toEqual(["tidy", "prove"]);
  });

  test("and breaks off keeps the run from going on until it, or undo, was called again", async () => {
    world.order("tidy.run", failing);
    await callRun(world, {}, more());
    world.order("revert.run", failing);
    expect((await callStep(world, "revert", more())).exitCode).toBe(1);
    for (const refused of [await callResume(world, more()), await callRun(world, {}, more())])
      expect(refused.exitCode).toBe(3);
    world.order("revert.run", undefined);
    expect((await callStep(world, "revert", more())).exitCode).toBe(0);
    expect(states("load")).toEqual(["undone"]);
  });

  test("and was taken back by undo closes the run", async () => {
    await callRun(world, {}, more());
    world.order("revert.run", failing);
    await callStep(world, "revert", more());
    expect((await callUndo(world, more(yes))).exitCode).toBe(0);
    expect(world.ran("undo")).toEqual(["tidy", "load"]);
    expect(world.outcomes()).toEqual(["undone"]);
  });

  test("where that one was never begun marks nothing", async () => {
    await callRun(world, { until: "fetch" }, more());
    expect((await callStep(world, "revert", more())).exitCode).toBe(0);
    expect(states("load")).toEqual(["not-started"]);
  });
});
