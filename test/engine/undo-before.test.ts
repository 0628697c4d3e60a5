import { basename } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeWorld } from "./fixtures/fake-world.ts";
import {
  callResume,
  callRun,
  callUndo,
  captureScreen,
  type CallChoice,
} from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

const yes: CallChoice = { options: { yes: true } };

describe("undo after a run that was refused before it changed anything", () => {
  /** A finished run, and a later one whose first change was refused. */
  async function refuseSecond(): Promise<[first: string, second: string]> {
    await callRun(world);
    world.order("load.check", { fail: { exitCode: 3, what: "the target is not empty" } });
    expect((await callRun(world)).exitCode).toBe(3);
    world.order("load.check", undefined);
    const [first = "", second = ""] = world.runs().map((run) => basename(run));
    return [first, second];
  }

  test("closes that run, says which one it goes on with, and takes it back", async () => {
    const [first, second] = await refuseSecond();
    const { exitCode, output } = await callUndo(world, yes);
    expect(exitCode).toBe(0);
    expect(output).toContain(`Run ${second} has changed nothing, and is closed.`);
    expect(output).toContain(`The run before it is taken back: ${first} (done, begun `);
    expect(world.ran("undo")).toEqual(["tidy", "load"]);
    expect(world.outcomes()).toEqual(["undone", "undone"]);
  });

  test("does so only when it is confirmed, with the run's name in the question", async () => {
    const [first] = await refuseSecond();
    const silent = await callUndo(world);
    expect(silent.exitCode).toBe(3);
    expect(silent.output).toContain(`it would take back: tidy, load of run ${first}`);
    expect(world.ran("undo")).toEqual([]);
    expect(world.outcomes()).toEqual(["done", "undone"]);
    const screen = captureScreen(false, true, "y\n");
    expect((await callUndo(world, { screen })).exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["undone", "undone"]);
  });

  test("asks at a terminal in the same call", async () => {
    const [first] = await refuseSecond();
    const screen = captureScreen(false, true, "n\n");
    const { exitCode, output } = await callUndo(world, { screen });
    expect(exitCode).toBe(3);
    expect(output).toContain(`Undo tidy, load of run ${first}? (y/N)`);
    expect(world.ran("undo")).toEqual([]);
  });

  test("goes back to --until in it, and leaves it open as the one that a resume finds", async () => {
    await refuseSecond();
    expect((await callUndo(world, yes, "tidy")).exitCode).toBe(0);
    expect(world.ran("undo")).toEqual(["tidy"]);
    world.forget();
    expect((await callResume(world)).exitCode).toBe(0);
    expect(world.ran()).toEqual(["tidy"]);
  });

  test("leaves a run alone that began with other settings, or was taken back", async () => {
    await refuseSecond();
    const other = { ...yes, variables: { DEV_TARGET: "stall" } };
    expect((await callRun(world, { until: "fetch" }, other)).exitCode).toBe(0);
    const { exitCode, output } = await callUndo(world, other);
    expect(exitCode).toBe(0);
    expect(output).toContain("nothing was there to take back; the run is closed");
    expect(world.ran("undo")).toEqual([]);
    expect(world.has("load")).toBe(true);
  });

  test("does not go on after a run that was taken back itself", async () => {
    await callRun(world);
    world.take("load");
    world.take("tidy");
    await callRun(world);
    await callUndo(world, yes);
    await callRun(world, { until: "fetch" });
    world.forget();
    const { output } = await callUndo(world, yes);
    expect(output).toContain("nothing was there to take back; the run is closed");
    expect(world.ran("undo")).toEqual([]);
  });
});
