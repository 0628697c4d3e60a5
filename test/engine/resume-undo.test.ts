import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startFake } from "./fixtures/child-process.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import {
  callResume,
  callRun,
  callStep,
  callUndo,
  captureScreen,
  type CallChoice,
} from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

const failing = { fail: { exitCode: 1, what: "it broke" } } as const;
const yes: CallChoice = { options: { yes: true } };

/** Runs until a call fails there, then lets the next one go through. */
async function failAt(call: string): Promise<void> {
  world.order(call, failing);
  expect((await callRun(world)).exitCode).toBe(1);
  world.order(call, undefined);
  world.forget();
}

/** A real process, killed in the middle of a step. */
async function killAt(call: string, order: { die: true } | { dieAfter: true }): Promise<void> {
  world.order(call, order);
  const ended = await startFake(world, ["run", "fake", "--env", "dev"]).ended;
  expect(ended.signal).toBe("SIGKILL");
  world.order(call, undefined);
  world.unlock();
  world.forget();
}

describe("resume", () => {
  test("goes on where it stopped, and trusts what was done", async () => {
    await failAt("load.run");
    const { exitCode, output } = await callResume(world);
    expect(exitCode).toBe(0);
    expect(world.ran()).toEqual(["load", "tidy", "prove"]);
    expect(output).toContain("✓ fetch: done before");
    expect(world.calls()).not.toContain("fetch.verify");
    expect(world.outcomes()).toEqual(["done"]);
  });

  test("is refused when there is no open run, and says how to begin one", async () => {
    const { exitCode, output } = await callResume(world);
    expect(exitCode).toBe(3);
    expect(output).toContain("there is no open run of fake for dev");
    expect(output).toContain("run fake --env dev");
  });

  test("does not take a run of another environment", async () => {
    await failAt("load.run");
    const prod = { environment: "prod", options: { confirm: "shop" } };
    expect((await callResume(world, prod)).exitCode).toBe(3);
  });

  test("runs a step again whose check refused, without asking what it never did", async () => {
    await failAt("load.check");
    const steps = { load: { interrupted: "ask-a-person" as const } };
    expect((await callResume(world, { steps })).exitCode).toBe(0);
    expect(world.calls().slice(0, 4)).toEqual(["fetch.verify", "lock", "load.check", "load.plan"]);
  });
});

describe("a process that was killed in the middle of a step", () => {
  test("whose effect is not there: resume runs the step again", async () => {
    await killAt("load.run", { die: true });
    expect(world.journal().at(-1)).toMatchObject({ type: "command", step: "load" });
    expect((await callResume(world)).exitCode).toBe(0);
    expect(world.ran()).toEqual(["load", "tidy", "prove"]);
  });

  test("whose effect is there: resume sees it and does not do it twice", async () => {
    await killAt("load.run", { dieAfter: true });
    const { exitCode, output } = await callResume(world);
    expect(exitCode).toBe(0);
    expect(output).toContain("load: was interrupted, and its effect is there");
    expect(world.ran()).toEqual(["tidy", "prove"]);
    expect(world.journal()).toContainEqual(
      expect.objectContaining({ type: "step-done", step: "load", how: "verified" }),
    );
  });

  test("that must be undone first: undo comes before the next attempt", async () => {
    await killAt("load.run", { die: true });
    const steps = { load: { interrupted: "undo-first" as const } };
    expect((await callResume(world, { steps })).exitCode).toBe(0);
    const load = world.calls().filter((call) => call.startsWith("load."));
    expect(load.slice(0, 3)).toEqual(["load.verify", "load.undo", "load.check"]);
  });

  test("that only a person can judge: resume stops, and the step by its name goes", async () => {
    await killAt("load.run", { die: true });
    const steps = { load: { interrupted: "ask-a-person" as const } };
    const stopped = await callResume(world, { steps });
    expect(stopped.exitCode).toBe(1);
    expect(stopped.output).toContain("only a person can say whether it may run again");
    expect(stopped.output).toContain("step fake load --env dev");
    expect(world.ran()).toEqual([]);
    expect((await callStep(world, "load", { steps })).exitCode).toBe(0);
    expect((await callResume(world, { steps })).exitCode).toBe(0);
  });

  test("a step by hand that was interrupted is settled too", async () => {
    world.order("loosen.run", { dieAfter: true });
    const step = await startFake(world, ["step", "fake", "loosen", "--env", "dev"]).ended;
    expect(step.signal).toBe("SIGKILL");
    world.order("loosen.run", undefined);
    world.unlock();
    await callResume(world);
    expect(world.journal()).toContainEqual(
      expect.objectContaining({ type: "step-done", step: "loosen", how: "verified" }),
    );
  });
});

describe("a run is finished with what it began with", () => {
  test("other settings, another target and other steps are refused, all in one list", async () => {
    await failAt("load.run");
    const { exitCode, output } = await callResume(world, {
      variables: { DEV_TARGET: "stall" },
      runbook: (runbook) => ({
        ...runbook,
        steps: runbook.steps.filter(({ name }) => name !== "tidy"),
      }),
    });
    expect(exitCode).toBe(3);
    expect(output).toContain('setting target: was "shop", is "stall"');
    expect(output).toContain('identity of target: was "app@host/shop", is "app@host/stall"');
    expect(output).toContain("steps: were look, fetch, loosen, load, tidy, prove; are look, ");
    expect(world.calls()).toEqual([]);
  });

  test("what another target says is not told as this run's state", async () => {
    await failAt("load.run");
    await callResume(world, { variables: { DEV_TARGET: "stall" } });
    expect(world.calls()).not.toContain("target.look");
  });

  test("another password is no other run", async () => {
    await failAt("load.run");
    const changed = { variables: { DEV_PASSWORD: "a-new-password" } };
    expect((await callResume(world, changed)).exitCode).toBe(0);
  });

  test("a step that joins is held to it too", async () => {
    await failAt("load.run");
    const { exitCode } = await callStep(world, "load", { variables: { DEV_TARGET: "stall" } });
    expect(exitCode).toBe(3);
    expect(world.outcomes()).toEqual(["open"]);
  });
});

describe("undo", () => {
  test("takes back what was done, last first, and nothing else", async () => {
    await failAt("tidy.run");
    const { exitCode, output } = await callUndo(world, yes);
    expect(exitCode).toBe(0);
    expect(world.ran("undo")).toEqual(["load"]);
    expect(output).toContain("load undone");
    expect(world.outcomes()).toEqual(["undone"]);
    expect(world.has("load")).toBe(false);
  });

  test("works on a run that is done, in reverse order", async () => {
    await callRun(world);
    expect((await callUndo(world, yes)).exitCode).toBe(0);
    expect(world.ran("undo")).toEqual(["tidy", "load"]);
    expect(world.outcomes()).toEqual(["undone"]);
  });

  test("takes the lock before it looks at what is there", async () => {
    await callRun(world);
    world.forget();
    await callUndo(world, yes);
    expect(world.calls()[0]).toBe("lock");
    expect(world.calls().at(-1)).toBe("release");
  });

  test("does not close a run that is at work in another process", async () => {
    await failAt("load.run");
    writeFileSync(join(world.folder, "locked"), "ann@elsewhere");
    expect((await callUndo(world, yes)).exitCode).toBe(3);
    expect(world.outcomes()).toEqual(["open"]);
  });

  test("needs --yes where nobody can be asked", async () => {
    await callRun(world);
    const { exitCode, output } = await callUndo(world);
    expect(exitCode).toBe(3);
    expect(output).toContain("it would take back: tidy, load");
    expect(output).toMatch(/undo fake --env dev --yes/);
    expect(world.ran("undo")).toEqual([]);
  });

  test.each([
    ["y\n", 0],
    ["yes\n", 0],
    ["\n", 3],
    ["n\n", 3],
  ])("asks at a terminal; %j ends with exit code %i", async (answer, code) => {
    await callRun(world);
    const screen = captureScreen(false, true, answer);
    const { exitCode, output } = await callUndo(world, { screen });
    expect(output).toContain("Undo tidy, load? (y/N)");
    expect(exitCode).toBe(code);
  });

  test("says so when there is nothing to undo", async () => {
    expect((await callUndo(world, yes)).exitCode).toBe(3);
    await callRun(world, { until: "fetch" });
    const { exitCode, output } = await callUndo(world);
    expect(exitCode).toBe(0);
    expect(output).toContain("nothing was there to take back; the run is closed");
  });

  test("of an undone run takes the one before, and a new run can begin", async () => {
    await callRun(world);
    await callUndo(world, yes);
    expect((await callUndo(world, yes)).exitCode).toBe(3);
    expect((await callRun(world)).exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["undone", "done"]);
  });

  test("that is refused leaves the run as it was", async () => {
    await failAt("tidy.run");
    world.order("load.undo", { fail: { exitCode: 3, what: "somebody has written since" } });
    expect((await callUndo(world, yes)).exitCode).toBe(3);
    world.order("load.undo", undefined);
    world.forget();
    expect((await callResume(world)).exitCode).toBe(0);
    expect(world.ran()).toEqual(["tidy", "prove"]);
  });

  test("that breaks off must be finished before the run can go on", async () => {
    await failAt("tidy.run");
    world.order("load.undo", failing);
    const broken = await callUndo(world, yes);
    expect(broken.exitCode).toBe(1);
    expect(broken.output).toMatch(/next +.* undo fake --env dev/);
    world.order("load.undo", undefined);
    for (const refused of [
      await callResume(world),
      await callStep(world, "tidy"),
      await callRun(world),
    ]) {
      expect(refused.exitCode).toBe(3);
      expect(refused.output).toContain("undo fake --env dev");
    }
    expect((await callUndo(world, yes)).exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["undone"]);
  });

  test("of a done run that breaks off makes the run open again", async () => {
    await callRun(world);
    world.order("load.undo", failing);
    expect((await callUndo(world, yes)).exitCode).toBe(1);
    expect((await callRun(world)).exitCode).toBe(3);
    world.order("load.undo", undefined);
    expect((await callUndo(world, yes)).exitCode).toBe(0);
    expect((await callRun(world)).exitCode).toBe(0);
  });

  test("is refused with other settings than the run's", async () => {
    await callRun(world);
    const other = { ...yes, variables: { DEV_TARGET: "stall" } };
    expect((await callUndo(world, other)).exitCode).toBe(3);
    expect(world.ran("undo")).toEqual([]);
  });
});

test("a killed process leaves its secret files to the next call, which takes them away", async () => {
  await killAt("load.run", { die: true });
  const [run = ""] = world.runs();
  const left = join(run, ".secret-999999999-abc");
  const { mkdirSync, existsSync } = await import("node:fs");
  mkdirSync(left);
  writeFileSync(join(left, "PASSFILE"), "pretended");
  const inUse = join(run, `.secret-${process.pid}-abc`);
  mkdirSync(inUse);
  await callResume(world);
  expect(existsSync(left)).toBe(false);
  expect(existsSync(inUse)).toBe(true);
  expect(readFileSync(join(run, "journal.jsonl"), "utf8")).not.toContain("pretended");
});
