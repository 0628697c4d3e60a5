import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { refused } from "../../scripts/engine/failure.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import {
  callResume,
  callRun,
  callStep,
  callUndo,
  captureScreen,
  type Captured,
} from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

const failing = { fail: { exitCode: 1, what: "it broke" } } as const;

describe("a run", () => {
  test("does all steps in order, except those by hand, and is then done", async () => {
    const { exitCode, output } = await callRun(world);
    expect(exitCode).toBe(0);
    expect(world.ran()).toEqual(["look", "fetch", "load", "tidy", "prove"]);
    expect(world.outcomes()).toEqual(["done"]);
    expect(output).toContain("▶ load: Does load.");
    expect(output).toMatch(/✓ load done \(\d/);
  });

  test("asks each step check, plan, run and verify, in this order", async () => {
    await callRun(world);
    const load = world.calls().filter((call) => call.startsWith("load."));
    expect(load).toEqual(["load.check", "load.plan", "load.run", "load.verify"]);
  });

  test("ends after --until, and --from goes on in the same run", async () => {
    await callRun(world, { until: "fetch" });
    expect(world.ran()).toEqual(["look", "fetch"]);
    expect(world.outcomes()).toEqual(["open"]);
    await callRun(world, { from: "load" });
    expect(world.ran()).toEqual(["look", "fetch", "load", "tidy", "prove"]);
    expect(world.outcomes()).toEqual(["done"]);
  });

  test("does a stretch from one step to another", async () => {
    await callRun(world, { from: "fetch", until: "load" });
    expect(world.ran()).toEqual(["fetch", "load"]);
  });

  test("does only the step that is asked for", async () => {
    await callRun(world, { only: "fetch" });
    expect(world.ran()).toEqual(["fetch"]);
  });

  test("does a step by hand when it is named as one end of the stretch", async () => {
    await callRun(world, { from: "loosen", until: "load" });
    expect(world.ran()).toEqual(["loosen", "load"]);
  });

  test("stops at the first step that fails", async () => {
    world.order("load.run", failing);
    const { exitCode } = await callRun(world);
    expect(exitCode).toBe(1);
    expect(world.ran()).toEqual(["look", "fetch", "load"]);
    expect(world.outcomes()).toEqual(["open"]);
  });

  test("believes a step only after its verify", async () => {
    world.order("load.verify", { fail: { exitCode: 1, what: "it is not there" } });
    const { exitCode, output } = await callRun(world);
    expect(exitCode).toBe(1);
    expect(output).toContain("it is not there");
    expect(output).not.toContain("load done");
  });

  test.each([
    [{ from: "prove", until: "fetch" }, "--from prove comes after --until fetch"],
    [{ only: "fech" }, "fake has no step fech; did you mean fetch?"],
    [{ from: "something-else" }, "its steps are look, fetch, loosen, load, tidy, prove"],
    [{ only: "load", until: "tidy" }, "--only goes alone"],
  ])("refuses %j with exit code 2 and leaves no run behind", async (selection, text) => {
    const { exitCode, output } = await callRun(world, selection);
    expect(exitCode).toBe(2);
    expect(output).toContain(text);
    expect(world.runs()).toEqual([]);
  });
});

describe("a step on its own", () => {
  test("joins the open run, and the last one makes it done", async () => {
    for (const step of ["look", "fetch", "load", "tidy"]) await callStep(world, step);
    expect(world.outcomes()).toEqual(["open"]);
    await callStep(world, "prove");
    expect(world.outcomes()).toEqual(["done"]);
  });

  test("is left out of a run in parts when it is optional, and the run is done without it", async () => {
    const steps = { fetch: { optional: true } };
    await callRun(world, { until: "look" }, { steps });
    expect((await callRun(world, { from: "load" }, { steps })).exitCode).toBe(0);
    expect(world.ran()).not.toContain("fetch");
    expect(world.outcomes()).toEqual(["done"]);
  });

  test("begins a run when there is none, and after one that is done", async () => {
    await callRun(world);
    await callStep(world, "look");
    expect(world.outcomes()).toEqual(["done", "open"]);
  });

  test("runs again although it was done", async () => {
    await callStep(world, "fetch");
    await callStep(world, "fetch");
    expect(world.ran()).toEqual(["fetch", "fetch"]);
  });

  test("is named in the next command when the lock refuses it", async () => {
    writeFileSync(join(world.folder, "locked"), "ann@elsewhere");
    const { exitCode, output } = await callStep(world, "fetch", { flags: ["--any-branch"] });
    expect(exitCode).toBe(3);
    expect(output).toContain("locked by ann@elsewhere");
    expect(output).toMatch(
      /next +npx movebook --project \S+ step fake fetch --env dev --any-branch/,
    );
  });
});

describe("a whole run", () => {
  test("supersedes an open one that changed nothing in the target", async () => {
    await callRun(world, { until: "fetch" });
    await callRun(world);
    expect(world.outcomes()).toEqual(["superseded", "done"]);
  });

  test("is refused when an open one has changed the target, and names resume and undo", async () => {
    world.order("tidy.run", failing);
    await callRun(world);
    const { exitCode, output } = await callRun(world);
    expect(exitCode).toBe(3);
    expect(output).toContain("load done");
    expect(output).toMatch(/resume fake --env dev; or take it back: .* undo fake --env dev/);
    expect(world.outcomes()).toEqual(["open"]);
  });

  test("asks a step that was interrupted whether its effect is there", async () => {
    world.order("load.run", failing);
    await callRun(world);
    world.put("load");
    expect((await callRun(world)).exitCode).toBe(3);
    world.take("load");
    world.order("load.run", undefined);
    expect((await callRun(world)).exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["superseded", "done"]);
  });

  test("does not supersede a run that is at work in another process", async () => {
    world.order("load.run", failing);
    await callRun(world);
    writeFileSync(join(world.folder, "locked"), "ann@elsewhere");
    const { exitCode, output } = await callRun(world);
    expect(exitCode).toBe(3);
    expect(output).toContain("ann@elsewhere");
    expect(world.outcomes()).toEqual(["open"]);
  });

  test("is refused when the target cannot be asked whether the open run has changed it", async () => {
    world.order("load.run", failing);
    await callRun(world);
    const { exitCode } = await callRun(
      world,
      {},
      {
        runbook: (runbook) => ({
          ...runbook,
          lock: () => Promise.reject(new Error("no answer")),
        }),
      },
    );
    expect(exitCode).toBe(1);
    expect(world.outcomes()).toEqual(["open"]);
  });

  test("stops before its first change when another call has superseded it meanwhile", async () => {
    world.hooks.set("look.run", async () => {
      world.hooks.delete("look.run");
      expect((await callRun(world, { until: "look" })).exitCode).toBe(0);
    });
    const { exitCode, output } = await callRun(world);
    expect(exitCode).toBe(3);
    expect(output).toContain("is superseded: another call has ended it");
    expect(world.ran()).not.toContain("fetch");
  });

  test("two in the same second are two runs, in their order", async () => {
    await callRun(world, { until: "look" });
    await callRun(world, { until: "look" });
    await callRun(world, { until: "look" });
    expect(world.runs()).toHaveLength(3);
    expect(world.outcomes()).toEqual(["superseded", "superseded", "open"]);
  });
});

describe("the lock", () => {
  test("is taken before the first step that changes something and given back after the last", async () => {
    await callRun(world);
    const calls = world.calls();
    expect(calls.filter((call) => call === "lock" || call === "release")).toHaveLength(2);
    expect(calls.indexOf("lock")).toBeGreaterThan(calls.indexOf("look.verify"));
    expect(calls.indexOf("lock")).toBeLessThan(calls.indexOf("fetch.check"));
    expect(calls.indexOf("release")).toBeGreaterThan(calls.indexOf("prove.verify"));
  });

  test("is given back after a failure", async () => {
    world.order("load.run", failing);
    await callRun(world);
    expect(world.calls()).toContain("release");
  });

  test("is not taken for steps that only read", async () => {
    await callStep(world, "look");
    expect(world.calls()).not.toContain("lock");
  });

  test("that breaks when it is given back does not hide what went wrong", async () => {
    world.order("load.run", failing);
    const { exitCode, output } = await callRun(
      world,
      {},
      {
        runbook: (runbook) => ({
          ...runbook,
          lock: async () => ({ release: () => Promise.reject(new Error("connection lost")) }),
        }),
      },
    );
    expect(exitCode).toBe(1);
    expect(output).toContain("it broke");
    expect(output).not.toContain("connection lost");
  });
});

describe("an environment that asks for the target's name", () => {
  const prod = (confirm?: string, screen?: Captured) => ({
    environment: "prod",
    options: { confirm },
    ...(screen === undefined ? {} : { screen }),
  });

  test("is not changed without it, and nothing is begun", async () => {
    const { exitCode, output } = await callRun(world, {}, prod());
    expect(exitCode).toBe(3);
    expect(output).toContain("prod is changed only with --confirm <target name>");
    expect(output).toContain("--confirm shop");
    expect(world.calls()).toEqual([]);
  });

  test("is not changed with another name", async () => {
    const { exitCode, output } = await callRun(world, {}, prod("shop2"));
    expect(exitCode).toBe(3);
    expect(output.match(/shop2/g)).toHaveLength(1);
    expect(output).toContain("--confirm shop2 is not the target's name");
    expect(output).toContain("the target is shop");
    expect(world.calls()).toEqual([]);
  });

  test("is changed with the right one", async () => {
    expect((await callRun(world, {}, prod("shop"))).exitCode).toBe(0);
  });

  test("asks at a terminal before the first change", async () => {
    const screen = captureScreen(false, true, "shop\n");
    const { exitCode, output } = await callRun(world, {}, prod(undefined, screen));
    expect(exitCode).toBe(0);
    expect(output).toContain("Type the target's name (shop)");
  });

  test("refuses a wrong answer at a terminal; what was only read stays read", async () => {
    const screen = captureScreen(false, true, "yes\n");
    const { exitCode } = await callRun(world, {}, prod(undefined, screen));
    expect(exitCode).toBe(3);
    expect(world.ran()).toEqual(["look", "fetch"]);
  });

  test("refuses a wrong --confirm at a terminal before anything begins", async () => {
    const screen = captureScreen(false, true);
    expect((await callRun(world, {}, prod("shop2", screen))).exitCode).toBe(3);
    expect(world.calls()).toEqual([]);
  });

  test("lets steps that only read go without", async () => {
    expect((await callStep(world, "look", { environment: "prod" })).exitCode).toBe(0);
  });

  test("asks for it in resume and undo too", async () => {
    world.order("tidy.run", failing);
    await callRun(world, {}, prod("shop"));
    expect((await callResume(world, prod())).exitCode).toBe(3);
    expect((await callUndo(world, { ...prod(), options: { yes: true } })).exitCode).toBe(3);
    world.order("tidy.run", undefined);
    expect((await callResume(world, prod("shop"))).exitCode).toBe(0);
  });
});

describe("a check that refuses", () => {
  test("before the first change: exit code 3, and the same command comes next", async () => {
    world.hooks.set("look.check", () => {
      throw refused("not today");
    });
    const { exitCode, output } = await callRun(world, {}, { flags: ["--quick"] });
    expect(exitCode).toBe(3);
    expect(output).toMatch(/next +npx movebook --project \S+ run fake --env dev --quick/);
  });

  test("later: what was done stays done, and resume comes next", async () => {
    world.hooks.set("load.check", () => {
      throw refused("the target is not empty");
    });
    const { exitCode, output } = await callRun(world);
    expect(exitCode).toBe(3);
    expect(output).toMatch(/next +.* resume fake --env dev/);
  });

  test("in a part of a run: the rest of that part comes next, and no more", async () => {
    world.order("load.run", failing);
    const { output } = await callRun(world, { until: "tidy" });
    expect(output).toMatch(/next +.* run fake --env dev --until tidy --from load/);
  });
});
