import { readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { call, withPassingFolder } from "../../scripts/engine/call.ts";
import type { Command } from "../../scripts/engine/command.ts";
import { describeCommand } from "../../scripts/engine/execute-step.ts";
import { failed, misused } from "../../scripts/engine/failure.ts";
import { printPlan, rehearse } from "../../scripts/engine/run.ts";
import { loadCommand } from "./fixtures/fake-runbook.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import { callRun, captureScreen, makeFacts, type Called } from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

async function callRehearse(): Promise<Called> {
  const captured = captureScreen();
  const facts = makeFacts(world, { flags: ["--dry-run"] }, captured.screen);
  const exitCode = await call(facts, "run", () =>
    withPassingFolder((folder) => rehearse(facts, {}, folder)),
  );
  return { exitCode, output: captured.stdout() };
}

describe("a dry run", () => {
  test("runs the steps that only look, and prints what the others would send", async () => {
    const { exitCode, output } = await callRehearse();
    expect(exitCode).toBe(0);
    expect(world.ran()).toEqual(["look"]);
    expect(output).toContain(
      [
        "    $ sh -c 'read line; echo loaded; cat > /dev/null' 'a word'",
        "    -- Step 1/1: Load",
        "    copy",
      ].join("\n"),
    );
  });

  test("writes nothing into the project, and takes no lock", async () => {
    const before = readdirSync(world.folder).filter((name) => name !== "calls.log");
    await callRehearse();
    expect(readdirSync(world.folder).filter((name) => name !== "calls.log")).toEqual(before);
    expect(world.calls()).not.toContain("lock");
  });

  test("prints what then runs: the very commands that the real run gets", async () => {
    const { output } = await callRehearse();
    let ran: readonly Command[] = [];
    await callRun(
      world,
      {},
      { steps: { load: { run: async (_, plan) => void (ran = plan), verify: async () => {} } } },
    );
    expect(ran).toEqual([loadCommand(world.folder)]);
    for (const line of ran.flatMap(describeCommand)) expect(output).toContain(line);
  });

  test("forgets what its steps remember", async () => {
    world.hooks.set("look.run", (context) => {
      context.remember("seen", 1);
      expect(context.recall("seen")).toBe(1);
    });
    expect((await callRehearse()).exitCode).toBe(0);
    expect(world.runs()).toEqual([]);
  });

  test("says which plan cannot be known yet", async () => {
    world.hooks.set("load.plan", () => {
      throw failed("there is no dump yet");
    });
    const { exitCode, output } = await callRehearse();
    expect(exitCode).toBe(0);
    expect(output).toContain("not known yet: there is no dump yet");
  });

  test("does not take missing settings for a plan that is not known yet", async () => {
    world.hooks.set("load.plan", () => {
      throw misused("DEV_TARGET is not set");
    });
    expect((await callRehearse()).exitCode).toBe(2);
  });

  test("that is refused names itself as the next command", async () => {
    world.order("look.run", { fail: { exitCode: 3, what: "not today" } });
    const { exitCode, output } = await callRehearse();
    expect(exitCode).toBe(3);
    expect(output).toMatch(/next +.* run fake --env dev --dry-run/);
  });
});

test("plan prints the steps of a run and asks none of them", () => {
  const captured = captureScreen();
  printPlan(makeFacts(world, {}, captured.screen), {});
  expect(captured.stdout()).toContain("changes the target");
  expect(world.calls()).toEqual([]);
});
