import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { needMemory, withMemory, writeMemory } from "./fixtures/fake-memory.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import {
  callResume,
  callRun,
  callStatus,
  callStep,
  callUndo,
  type CallChoice,
} from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

const memory = (more: CallChoice = {}): CallChoice => withMemory(world, more);
const yes = (more: CallChoice = {}): CallChoice => memory({ ...more, options: { yes: true } });
const failing = { fail: { exitCode: 1, what: "it broke" } } as const;
const newestRun = (): string => basename(world.runs().at(-1) ?? "");

/** A run on the first machine that loads and fails then; we are on the second one afterwards. */
async function leaveHalf(at = "tidy.check"): Promise<string> {
  world.order(at, failing);
  expect((await callRun(world, {}, memory())).exitCode).toBe(1);
  world.order(at, undefined);
  const run = newestRun();
  world.goTo("second");
  world.forget();
  return run;
}

describe("a run that only the target remembers", () => {
  test("is taken over by resume, announced, and finished", async () => {
    const run = await leaveHalf();
    const { exitCode, output } = await callResume(world, memory());
    expect(exitCode).toBe(0);
    expect(output).toMatch(
      new RegExp(`Run ${run} of operator \\S+, begun \\S+, is remembered by the target and not on`),
    );
    expect(output).toContain("✓ fetch: done before");
    expect(world.ran()).toEqual(["tidy", "prove"]);
    expect(newestRun()).toBe(run);
    expect(world.outcomes()).toEqual(["done"]);
  });

  test("does what only wrote files on the first machine once more, as long as it is needed", async () => {
    world.order("load.check", failing);
    await callStep(world, "look", memory());
    await callStep(world, "fetch", memory());
    await callStep(world, "loosen", memory());
    expect((await callStep(world, "load", memory())).exitCode).toBe(6);
    world.order("load.check", undefined);
    world.goTo("second");
    world.forget();
    world.take("fetch");
    const { output } = await callResume(world, memory());
    expect(output).toContain("fetch: what it wrote is gone, or not as it was; done again");
    expect(world.ran()).toEqual(["fetch", "load", "tidy", "prove"]);
  });

  test("does not repeat unasked what others would notice", async () => {
    const steps = { fetch: { disturbsOthers: true } };
    world.order("tidy.check", failing);
    await callRun(world, { until: "fetch" }, memory({ steps }));
    world.take("fetch");
    await callResume(world, memory({ steps }));
    expect(world.ran().filter((name) => name === "fetch")).toHaveLength(1);
  });

  test("comes with its files, private, and with a note that it was taken over", async () => {
    await leaveHalf();
    world.order("tidy.check", failing);
    await callResume(world, memory());
    const [folder = ""] = world.runs();
    expect(readFileSync(join(folder, "before.json"), "utf8")).toBe('{"keys":12}');
    for (const name of ["before.json", "journal.jsonl"])
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
    expect(world.journal()).toContainEqual(
      expect.objectContaining({ type: "options", verb: "take over" }),
    );
  });

  test("is taken over by undo, and taken back", async () => {
    await leaveHalf();
    expect((await callUndo(world, yes())).exitCode).toBe(0);
    expect(world.ran("undo")).toEqual(["load"]);
    expect(world.has("load")).toBe(false);
    expect(world.outcomes()).toEqual(["undone"]);
  });

  test("is joined by a step and by a part of a run", async () => {
    const run = await leaveHalf();
    expect((await callStep(world, "tidy", memory())).exitCode).toBe(0);
    expect(newestRun()).toBe(run);
    world.goTo("third");
    expect((await callRun(world, {}, memory())).exitCode).toBe(0);
  });

  test("is joined by run --from", async () => {
    const run = await leaveHalf();
    expect((await callRun(world, { from: "tidy" }, memory())).exitCode).toBe(0);
    expect(world.runs().map((folder) => basename(folder))).toEqual([run]);
  });

  test("is a reason to refuse a new one, before anything changes", async () => {
    const run = await leaveHalf();
    const { exitCode, output } = await callRun(world, {}, memory());
    expect(exitCode).toBe(3);
    expect(output).toContain(`run ${run} is open and has changed the target (load done)`);
    expect(output).toMatch(/the target remembers this run of operator \S+, begun/);
    expect(output).toMatch(/resume fake --env dev; or take it back: .* undo fake --env dev/);
    expect(world.runs()).toEqual([]);
    expect(world.ran()).toEqual([]);
  });

  test("is taken over when a call was killed while it took it over", async () => {
    const run = await leaveHalf();
    const folder = join(world.folder, "tmp", "fake-dev", run);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "before.json"), "{");
    writeFileSync(join(folder, "journal.jsonl.999999999.part"), "{");
    expect((await callResume(world, memory())).exitCode).toBe(0);
    expect(readFileSync(join(folder, "before.json"), "utf8")).toBe('{"keys":12}');
  });

  test("is none when it has not changed the target", async () => {
    await leaveHalf();
    const remembered = needMemory(world);
    const begun = remembered.journal.replaceAll(/.*"step":"load".*\n/g, "");
    writeMemory(world, { ...remembered, journal: begun });
    expect((await callRun(world, {}, memory())).exitCode).toBe(0);
  });

  test("is shown by status, which writes nothing", async () => {
    const run = await leaveHalf();
    const { exitCode, output } = await callStatus(world, memory());
    expect(exitCode).toBe(0);
    expect(output).toContain(`Run ${run} (open, on another machine, begun `);
    expect(output).toContain("load: started and not finished");
    expect(output).toContain("fetch: done");
    expect(existsSync(join(world.folder, "tmp"))).toBe(false);
    expect(world.calls()).not.toContain("lock");
  });

  test("is not taken with other settings, and nothing is written", async () => {
    await leaveHalf();
    const { exitCode, output } = await callResume(
      world,
      memory({ variables: { DEV_TARGET: "stall" } }),
    );
    expect(exitCode).toBe(3);
    expect(output).toContain('was "shop", is "stall"');
    expect(world.runs()).toEqual([]);
  });

  test("is not taken from under the hands of somebody who is at work", async () => {
    await leaveHalf();
    writeFileSync(join(world.folder, "locked"), "ann@elsewhere");
    for (const called of [await callResume(world, memory()), await callUndo(world, yes())]) {
      expect(called.exitCode).toBe(3);
      expect(called.output).toContain("locked by ann@elsewhere");
    }
    expect(world.runs()).toEqual([]);
  });

  test("of another environment is refused by its name", async () => {
    await leaveHalf();
    const prod = { environment: "prod", options: { confirm: "shop", yes: true } };
    const { exitCode, output } = await callUndo(world, memory(prod));
    expect(exitCode).toBe(3);
    expect(output).toContain("in the middle of a run of fake with --env dev");
  });

  test("makes an open run of this machine that has changed nothing give way", async () => {
    const run = await leaveHalf();
    // it began before the target remembered anything
    const before = needMemory(world);
    rmSync(join(world.folder, "ledger.json"));
    await callRun(world, { until: "fetch" }, memory());
    writeMemory(world, before);
    const { exitCode, output } = await callResume(world, memory());
    expect(exitCode).toBe(0);
    expect(output).toContain("has changed nothing, and is closed");
    expect(new Set(world.outcomes())).toEqual(new Set(["done", "superseded"]));
    expect(world.runs().map((folder) => basename(folder))).toContain(run);
  });

  test("stands against an open run of this machine that has begun to change the target", async () => {
    await leaveHalf();
    const before = needMemory(world);
    rmSync(join(world.folder, "ledger.json"));
    world.order("load.run", failing);
    await callRun(world, {}, memory());
    world.order("load.run", undefined);
    writeMemory(world, before);
    const { exitCode, output } = await callResume(world, memory());
    expect(exitCode).toBe(3);
    expect(output).toContain("the target is in the middle of another one");
    expect(output).toContain(world.runs()[0] ?? "-");
  });
});

describe("a memory that cannot be used", () => {
  test.each([
    ["a line that is none", (text: string): string => `${text}garbage\n`, "damaged at line"],
    ["nothing", (): string => "", "damaged at line 1"],
    [
      "another version's",
      (text: string): string => text.replace('"v":1', '"v":2'),
      "another version",
    ],
  ])("is refused: %s", async (_, change, says) => {
    await leaveHalf();
    const remembered = needMemory(world);
    writeMemory(world, { ...remembered, journal: change(remembered.journal) });
    const calls = [await callResume(world, memory()), await callUndo(world, yes())];
    for (const called of [...calls, await callRun(world, {}, memory())]) {
      expect(called.exitCode).toBe(3);
      expect(called.output).toContain(says);
      expect(called.output).toContain("as the target remembers it");
    }
    expect(world.runs()).toEqual([]);
  });

  test.each(["../outside.json", "/etc/outside", ".hidden", "a/b"])(
    "is refused: a file called %s",
    async (name) => {
      await leaveHalf();
      const remembered = needMemory(world);
      writeMemory(world, { ...remembered, files: { [name]: "x" } });
      expect((await callResume(world, memory())).exitCode).toBe(3);
      expect(existsSync(join(world.folder, "tmp"))).toBe(false);
    },
  );

  test("because the target cannot be reached: undo and resume say so, a run leaves it to its first step", async () => {
    world.order("target.recall", { fail: { exitCode: 1, what: "cannot connect to the target" } });
    for (const called of [await callResume(world, memory()), await callUndo(world, yes())]) {
      expect(called.exitCode).toBe(1);
      expect(called.output).toContain("cannot connect to the target");
    }
    const status = await callStatus(world, memory());
    expect(status.exitCode).toBe(1);
    expect(status.output).toContain("cannot connect to the target");
    world.order("look.run", { fail: { exitCode: 3, what: "on branch none" } });
    const called = await callRun(world, {}, memory());
    expect(called.exitCode).toBe(3);
    expect(called.output).toContain("on branch none");
  });
});

describe("a run that is on this machine, and that the target remembers too", () => {
  test("goes on from here when this machine is as far", async () => {
    await leaveHalf();
    world.goTo("first");
    const { exitCode, output } = await callResume(world, memory());
    expect(exitCode).toBe(0);
    expect(output).not.toContain("taken over");
  });

  test("that went on elsewhere is taken over again, and the older journal is kept", async () => {
    const run = await leaveHalf();
    // the second machine comes one step further: tidy begins, and breaks off
    world.order("tidy.run", failing);
    expect((await callResume(world, memory())).exitCode).toBe(1);
    world.order("tidy.run", undefined);
    world.goTo("first");
    const status = await callStatus(world, memory());
    expect(status.output).toContain("it went on on another machine");
    const { exitCode, output } = await callResume(world, memory());
    expect(exitCode).toBe(0);
    expect(output).toContain("went on elsewhere, as the target remembers: taken over");
    expect(newestRun()).toBe(run);
    const kept = readdirSync(world.runs()[0] ?? "").filter((name) => name.includes("until"));
    expect(kept).toHaveLength(1);
  });

  test("that went on here and there is refused, and both places are named", async () => {
    await leaveHalf();
    world.order("tidy.run", failing);
    await callResume(world, memory());
    world.order("tidy.run", undefined);
    world.goTo("first");
    // here somebody has begun to take it back, without the target's knowledge
    const journal = join(world.runs()[0] ?? "", "journal.jsonl");
    const at = new Date().toISOString();
    const undoing = JSON.stringify({ at, type: "step-undoing", step: "load", pid: 1 });
    writeFileSync(journal, `${readFileSync(journal, "utf8")}${undoing}\n`);
    for (const called of [await callResume(world, memory()), await callUndo(world, yes())]) {
      expect(called.exitCode).toBe(3);
      expect(called.output).toContain("here it went on otherwise than there");
      expect(called.output).toContain(world.runs()[0] ?? "-");
      expect(called.output).toContain("the target remembers it as not finished");
      expect(called.output).toContain("move the folder away");
    }
  });

  test("and that others went on with while we waited for the lock is left alone", async () => {
    await leaveHalf();
    world.goTo("first");
    world.hooks.set("target.recall", () => {
      if (!world.calls().includes("lock")) return;
      const remembered = needMemory(world);
      const at = new Date().toISOString();
      const more = { at, type: "step-started", step: "tidy", pid: 1 };
      const done =
        remembered.journal + `{"at":"${at}","type":"step-done","step":"load","ms":1,"how":"run"}\n`;
      writeMemory(world, { ...remembered, journal: `${done}${JSON.stringify(more)}\n` });
    });
    const { exitCode, output } = await callResume(world, memory());
    expect(exitCode).toBe(3);
    expect(output).toContain("went on elsewhere meanwhile");
    expect(world.ran()).toEqual([]);
  });
});
