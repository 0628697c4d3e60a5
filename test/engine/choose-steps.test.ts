import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { narrowRunbook, verifyNamedSteps } from "../../scripts/engine/choose-steps.ts";
import { makeFakeRunbook } from "./fixtures/fake-runbook.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import { callResume, callRun, callUndo, type CallChoice } from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

const steps = { tidy: { environments: ["prod"] } };
const fake = () => makeFakeRunbook(world, steps);
const names = (environment: string) =>
  narrowRunbook(fake(), environment).steps.map(({ name }) => name);

describe("a step of one environment", () => {
  test("is there in it, and in no other", () => {
    expect(names("prod")).toEqual(["look", "fetch", "loosen", "load", "tidy", "prove"]);
    expect(names("dev")).toEqual(["look", "fetch", "loosen", "load", "prove"]);
  });

  test.each([{ only: "tidy" }, { from: "tidy" }, { until: "tidy" }])(
    "is refused elsewhere with a sentence: %j",
    (selection) => {
      expect(() => verifyNamedSteps(fake(), "dev", selection)).toThrow(
        "step tidy of fake exists with --env prod only, not with --env dev",
      );
      expect(() => verifyNamedSteps(fake(), "prod", selection)).not.toThrow();
    },
  );

  test("leaves names that no step has to the choice of steps", () =>
    expect(() => verifyNamedSteps(fake(), "dev", { only: "tydi" })).not.toThrow());

  test("is not waited for by a run without it, nor resumed, nor undone", async () => {
    const choice: CallChoice = { steps, runbook: (runbook) => narrowRunbook(runbook, "dev") };
    world.order("prove.run", { fail: { exitCode: 1, what: "broken" } });
    await callRun(world, {}, choice);
    world.order("prove.run", undefined);
    expect((await callResume(world, choice)).exitCode).toBe(0);
    expect(world.ran()).toEqual(["look", "fetch", "load", "prove", "prove"]);
    expect(world.outcomes()).toEqual(["done"]);
    await callUndo(world, { ...choice, options: { yes: true } });
    expect(world.ran("undo")).toEqual(["load"]);
  });
});
