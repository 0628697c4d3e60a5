import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Runbook } from "../../scripts/engine/step.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import { callResume, callRun, callStep, callUndo, type CallChoice } from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

const yes: CallChoice = { options: { yes: true } };
const failing = { fail: { exitCode: 1, what: "it broke" } } as const;

describe("a call that did all it was to do, and leaves the target unsafe", () => {
  test("is exit code 6 for a run, with the sentence and the next command", async () => {
    const { exitCode, output } = await callRun(world, { from: "loosen", until: "load" });
    expect(exitCode).toBe(6);
    expect(world.ran()).toEqual(["loosen", "load"]);
    expect(output).toContain("what was called is done, and the target is not safe: holds loosen");
    expect(output).toMatch(/next +.* step fake tidy --env dev/);
    expect(world.outcomes()).toEqual(["open"]);
  });

  test("is exit code 6 for a resume, and the run stays open until it is mended", async () => {
    await callStep(world, "loosen");
    expect((await callResume(world)).exitCode).toBe(6);
    expect(world.ran()).toEqual(["loosen", "look", "fetch", "load", "tidy", "prove"]);
    expect((await callStep(world, "prove")).exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["open"]);
    world.hooks.set("tidy.run", () => world.take("loosen"));
    expect((await callStep(world, "tidy")).exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["done"]);
  });

  test("is exit code 0 and a warning for a step by its name: that was asked for", async () => {
    const { exitCode, output } = await callStep(world, "loosen");
    expect(exitCode).toBe(0);
    expect(output).toMatch(/! holds loosen; that is mended by .* step fake tidy --env dev/);
  });

  test("is exit code 6 for an undo, and a warning for a part of one", async () => {
    await callRun(world, { from: "loosen", until: "load" });
    const part = await callUndo(world, yes, "load");
    expect(part.exitCode).toBe(0);
    expect(part.output).toContain("! holds loosen");
    const steps = { loosen: { undo: async () => undefined } };
    expect((await callUndo(world, { ...yes, steps })).exitCode).toBe(6);
  });

  test("is not looked for where no step can leave it unsafe, or none has worked on it", async () => {
    await callRun(world, { until: "fetch" });
    await callRun(world, {}, { runbook: withoutUnsafeSteps });
    expect(world.calls()).not.toContain("target.look");
  });
});

const withoutUnsafeSteps = (fake: Runbook): Runbook => ({
  ...fake,
  steps: fake.steps.filter(({ leavesUnsafe }) => leavesUnsafe !== true),
});

describe("a target that cannot be asked after a failure", () => {
  const breakOff = async (step: string): Promise<{ exitCode: number; output: string }> => {
    world.order("target.look", { fail: { exitCode: 1, what: "no connection" } });
    world.order(`${step}.run`, failing);
    return callStep(world, step);
  };

  test("is unsafe when by the journal it was left so: exit code 6, and it says how it knows", async () => {
    await callStep(world, "loosen");
    const { exitCode, output } = await breakOff("load");
    expect(exitCode).toBe(6);
    expect(output).toMatch(
      /changed +the target could not be asked; by the journal loosen was done at 20/,
    );
  });

  test("is unsafe also when the step that fails is the first one, or the one that loosens", async () => {
    await callStep(world, "loosen");
    expect((await breakOff("look")).exitCode).toBe(6);
    const other = new FakeWorld();
    other.order("target.look", { fail: { exitCode: 1, what: "no connection" } });
    other.order("loosen.run", failing);
    const { exitCode, output } = await callStep(other, "loosen");
    expect(exitCode).toBe(6);
    expect(output).toContain("by the journal loosen was begun at");
    other.remove();
  });

  test("is unsafe also when all that was called is done", async () => {
    world.order("target.look", { fail: { exitCode: 1, what: "no connection" } });
    const { exitCode, output } = await callRun(world, { from: "loosen", until: "load" });
    expect(exitCode).toBe(6);
    expect(output).toContain("by the journal loosen was done");
  });

  test("is not when by the journal it was made safe, or taken back", async () => {
    await callRun(world, { from: "loosen", until: "tidy" });
    expect((await breakOff("load")).exitCode).toBe(1);
    world.order("target.look", undefined);
    world.order("load.run", undefined);
    await callUndo(world, yes);
    await callStep(world, "loosen");
    await callUndo(world, yes);
    expect((await breakOff("load")).exitCode).toBe(1);
  });

  test("is unknown when the journal says nothing of that", async () => {
    const { exitCode, output } = await breakOff("load");
    expect(exitCode).toBe(1);
    expect(output).toContain("unknown: the target could not be asked; nothing is assumed");
  });
});
