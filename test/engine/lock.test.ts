import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeWorld } from "./fixtures/fake-world.ts";
import { callResume, callRun, callStep, callUndo, type CallChoice } from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

const yes: CallChoice = { options: { yes: true } };
const lose = (): void => world.lost.abort(new Error("the server has gone"));
/** A lock that is taken anew is another one. */
const retake = (): FakeWorld => {
  const again = new FakeWorld(world.folder);
  again.hooks.clear();
  return again;
};

describe("a lock that is lost", () => {
  test("ends the run before the next step, which has not begun; a resume goes on", async () => {
    world.hooks.set("load.verify", lose);
    const { exitCode, output } = await callRun(world);
    expect(exitCode).toBe(1);
    expect(output).toContain("the lock on the target was lost");
    expect(output).toContain("held by a session, and that was lost: the server has gone");
    expect(output).toMatch(/next +.* resume fake --env dev/);
    expect(world.ran()).toEqual(["look", "fetch", "load"]);
    expect(world.journal().at(-1)).toMatchObject({ type: "step-done", step: "load" });
    const again = retake();
    expect((await callResume(again)).exitCode).toBe(0);
    expect(again.outcomes()).toEqual(["done"]);
  });

  test("ends the commands of the step that runs, which is a failure and no cancellation", async () => {
    world.order("load.run", { sleep: true });
    world.hooks.set("load.run", () => void setTimeout(lose, 200));
    const { exitCode, output } = await callRun(world);
    expect(exitCode).toBe(1);
    expect(output).toContain("✗ load (fake dev) failed, exit code 1");
    expect(output).toContain("the lock on the target was lost");
    expect(world.journal().at(-1)).toMatchObject({
      type: "step-failed",
      step: "load",
      exitCode: 1,
    });
    world.order("load.run", undefined);
    expect((await callResume(retake())).exitCode).toBe(0);
  });

  test("is exit code 6 when it leaves the target unsafe", async () => {
    await callStep(world, "loosen");
    world.hooks.set("load.run", (context) => {
      lose();
      context.signal.throwIfAborted();
    });
    expect((await callStep(world, "load")).exitCode).toBe(6);
  });

  test("is told by what the step says, when the step failed with words of its own", async () => {
    world.order("load.run", { fail: { exitCode: 1, what: "the server was restarted" } });
    world.hooks.set("load.run", lose);
    expect((await callRun(world)).output).toContain("the server was restarted");
  });

  test("ends an undo before the next step", async () => {
    await callRun(world);
    world.hooks.set("tidy.undo", lose);
    const { exitCode, output } = await callUndo(world, yes);
    expect(exitCode).toBe(1);
    expect(output).toContain("the lock on the target was lost");
    expect(world.ran("undo")).toEqual(["tidy"]);
    expect((await callUndo(retake(), yes)).exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["undone"]);
  });

  test("after its release is nothing", async () => {
    expect((await callRun(world)).exitCode).toBe(0);
    lose();
    expect(world.outcomes()).toEqual(["done"]);
  });
});
