import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeWorld } from "./fixtures/fake-world.ts";
import { callResume, callRun, callStatus, callStep } from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

describe("a step that is done, and is called once more and refused before it begins", () => {
  beforeEach(async () => {
    await callRun(world, { until: "load" });
    world.order("load.check", { fail: { exitCode: 3, what: "it is there already" } });
    await callStep(world, "load");
  });

  test("stays done: resume goes on behind it", async () => {
    expect((await callStep(world, "load")).exitCode).toBe(3);
    const { exitCode, output } = await callResume(world);
    expect(output).toContain("✓ load: done before");
    expect(exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["done"]);
  });

  test("is told as done by status, with the call that was refused", async () => {
    expect((await callStatus(world)).output).toMatch(
      /✓ load: done; a later call of it was refused/,
    );
  });
});
