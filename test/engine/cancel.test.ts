import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startFake, until } from "./fixtures/child-process.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import { startOnTerminal } from "./fixtures/terminal.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

const run = ["run", "fake", "--env", "dev"];

/** Process ids of the sleeping programs of this world. */
function listSleepers(): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      const folder = readFileSync(`/proc/${name}/environ`, "utf8");
      const isOurs = words[0] === "sleep" && folder.includes(world.folder);
      return isOurs ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

const sleeps = (): Promise<void> => until("a program sleeps", () => listSleepers().length === 1);

describe.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s", (signal) => {
  test("ends the programs, says what state the target is in and what comes next, exits with 130", async () => {
    world.order("tidy.run", { sleep: true });
    const { child, ended } = startFake(world, run);
    await sleeps();
    child.kill(signal);
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    expect(listSleepers()).toEqual([]);
    expect(stdout).toContain("✗ tidy (fake dev) cancelled, exit code 130");
    expect(stdout).toMatch(/changed +holds load/);
    expect(stdout).toMatch(/next +npx movebook resume fake --env dev/);
    expect(stderr).toBe("");
    expect(world.calls()).toContain("release");
    expect(world.journal().at(-1)).toMatchObject({ type: "step-failed", exitCode: 130 });
  });
});

test("a cancelled run can be resumed", async () => {
  world.order("tidy.run", { sleep: true });
  const { child, ended } = startFake(world, run);
  await sleeps();
  child.kill("SIGINT");
  await ended;
  world.order("tidy.run", undefined);
  expect((await startFake(world, ["resume", "fake", "--env", "dev"]).ended).code).toBe(0);
  expect(world.outcomes()).toEqual(["done"]);
});

test("an unsafe target makes it exit code 6, with the command that mends it", async () => {
  await startFake(world, ["step", "fake", "loosen", "--env", "dev"]).ended;
  world.order("load.run", { sleep: true });
  const { child, ended } = startFake(world, ["step", "fake", "load", "--env", "dev"]);
  await sleeps();
  child.kill("SIGINT");
  const { code, stdout } = await ended;
  expect(code).toBe(6);
  expect(stdout).toMatch(/next +npx movebook step fake tidy --env dev/);
});

test("the same Ctrl-C that comes twice, as from npm, is one", async () => {
  world.order("load.run", { sleep: true });
  const { child, ended } = startFake(world, run);
  await sleeps();
  child.kill("SIGINT");
  await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill("SIGINT");
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  expect(stdout).toMatch(/next +npx movebook resume/);
});

test("a second Ctrl-C exits at once, and still no program is left", async () => {
  world.order("load.run", { sleep: true });
  world.order("target.look", { sleep: true });
  const { child, ended } = startFake(world, run);
  await sleeps();
  const [first] = listSleepers();
  child.kill("SIGINT");
  await until("the target is looked at", () => {
    const sleepers = listSleepers();
    return sleepers.length === 1 && sleepers[0] !== first;
  });
  await new Promise((resolve) => setTimeout(resolve, 600));
  const began = performance.now();
  child.kill("SIGINT");
  expect((await ended).code).toBe(130);
  expect(performance.now() - began).toBeLessThan(2_000);
  await until("no program is left", () => listSleepers().length === 0);
});

describe("a second Ctrl-C while a command that hears no signal runs", () => {
  const deaf = "trap '' TERM INT; while :; do sleep 60; done";

  test("leaves at once, kills it, says that nobody looked and where to look; a resume goes on", async () => {
    world.order("load.run", { shell: deaf });
    const { child, ended } = startFake(world, run);
    await sleeps();
    child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 600));
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).toContain("the target was not looked at");
    expect(stdout).toContain("npx movebook status fake --env dev");
    await until("no program is left", () => listSleepers().length === 0);
    expect(world.calls()).not.toContain("target.look");
    world.order("load.run", undefined);
    world.unlock();
    const status = await startFake(world, ["status", "fake", "--env", "dev"]).ended;
    expect(status.stdout).toContain("load: started and not finished: interrupted, or running now");
    expect((await startFake(world, ["resume", "fake", "--env", "dev"]).ended).code).toBe(0);
  });

  test("once: it is ended by force, and the target is looked at", async () => {
    world.order("load.run", { shell: deaf });
    const { child, ended } = startFake(world, run);
    await sleeps();
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).toContain("the target is as it was");
    expect(listSleepers()).toEqual([]);
  });
});

test("a process that was stopped for a while, as a machine that slept, goes on", async () => {
  world.order("load.run", { progress: { text: "loading", lines: ["one", "two", "three"] } });
  const { child, ended } = startFake(world, run);
  await until("it loads", () => world.calls().includes("load.run"));
  child.kill("SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  child.kill("SIGCONT");
  expect((await ended).code).toBe(0);
});

test("an error that nobody catches ends the run in order, with a report and without a stack", async () => {
  world.order("load.run", { throwLater: true, sleep: true });
  const { code, stdout, stderr } = await startFake(world, run).ended;
  expect(code).toBe(1);
  expect(stdout).toContain("unexpected error: thrown in a timer");
  expect(stdout + stderr).not.toContain("fake-world.ts");
  expect(stdout).toMatch(/report +tmp\//);
  expect(listSleepers()).toEqual([]);
});

describe("on a terminal", () => {
  test("a spinner turns while lines are printed whole", async () => {
    const lines = ["the first line", "the second line", "the third line"];
    world.order("load.run", { progress: { text: "5 of 9 rows", lines } });
    const terminal = startOnTerminal(world, run);
    expect(await terminal.ended).toBe(0);
    expect(terminal.text()).toContain("5 of 9 rows");
    expect(terminal.text()).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    for (const line of lines) expect(terminal.text()).toMatch(new RegExp(`${line}\r\n`));
    expect(terminal.text()).toContain("\u001b[32m✓\u001b[39m load done");
    // the cursor was hidden and is back
    expect(terminal.text().lastIndexOf("\u001b[?25h")).toBeGreaterThan(
      terminal.text().lastIndexOf("\u001b[?25l"),
    );
  });

  test("the spinner turns also where a variable CI is set", async () => {
    world.order("load.run", { progress: { text: "5 of 9 rows", lines: ["a line"] } });
    const terminal = startOnTerminal(world, run, { CI: "true" });
    expect(await terminal.ended).toBe(0);
    expect(terminal.text()).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
  });

  test("NO_COLOR leaves the colours out", async () => {
    const terminal = startOnTerminal(world, ["list"], { NO_COLOR: "1" });
    expect(await terminal.ended).toBe(0);
    expect(terminal.text()).not.toContain("\u001b[3");
  });

  test("Ctrl-C ends the programs and shows the cursor again", async () => {
    world.order("load.run", { progress: { text: "loading", lines: ["x"] }, sleep: true });
    const terminal = startOnTerminal(world, run);
    await sleeps();
    terminal.type("\u0003");
    expect(await terminal.ended).toBe(130);
    expect(terminal.text()).toContain("cancelling: ending the commands");
    expect(terminal.text()).toContain("npx movebook resume fake --env dev");
    expect(terminal.text().lastIndexOf("\u001b[?25h")).toBeGreaterThan(
      terminal.text().lastIndexOf("\u001b[?25l"),
    );
    expect(listSleepers()).toEqual([]);
  });

  test("the target's name is asked for and taken", async () => {
    const terminal = startOnTerminal(world, ["run", "fake", "--env", "prod"]);
    await terminal.shows("Type the target's name (shop)");
    terminal.type("shop\r");
    expect(await terminal.ended).toBe(0);
  });

  test("Ctrl-C at a question cancels", async () => {
    const terminal = startOnTerminal(world, ["run", "fake", "--env", "prod"]);
    await terminal.shows("Type the target's name (shop)");
    terminal.type("\u0003");
    expect(await terminal.ended).toBe(130);
    expect(terminal.text()).toContain("cancelled, exit code 130");
    expect(world.ran()).toEqual(["look", "fetch"]);
  });

  test("Ctrl-D at a question is no answer", async () => {
    const terminal = startOnTerminal(world, ["run", "fake", "--env", "prod"]);
    await terminal.shows("Type the target's name (shop)");
    terminal.type("\u0004");
    expect(await terminal.ended).toBe(3);
  });

  test("a window that is closed ends the run in order", async () => {
    world.order("load.run", { sleep: true });
    const terminal = startOnTerminal(world, run);
    await sleeps();
    terminal.close();
    await terminal.ended;
    await until("the failure is written down", () =>
      world.journal().some(({ type, step }) => type === "step-failed" && step === "load"),
    );
    expect(listSleepers()).toEqual([]);
    expect(world.calls()).toContain("release");
  });
});
