import { existsSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { call } from "../../scripts/engine/call.ts";
import {
  cleanRollbackPoints,
  listRollbackPoints,
  restoreRollbackPoint,
} from "../../scripts/engine/rollback.ts";
import { withMemory } from "./fixtures/fake-memory.ts";
import { callPoints, putPoint } from "./fixtures/fake-points.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import {
  callRun,
  callUndo,
  captureScreen,
  makeFacts,
  type CallChoice,
} from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

const yes: CallChoice = { options: { yes: true } };
const restore = (run?: string, choice: CallChoice = yes) =>
  callPoints(world, (facts, onJournal) => restoreRollbackPoint(facts, run, onJournal), choice);
const newestRun = (): string => basename(world.runs().at(-1) ?? "");

describe("the list of rollback points", () => {
  test("tells of each what it holds, its size and how long it stays, oldest first", async () => {
    putPoint(world, { run: "two", takenAt: "2026-11-02T00:00:00.000Z", isNeeded: true });
    putPoint(world, { run: "one", keptUntil: "2999-01-01T00:00:00.000Z" });
    const { exitCode, output } = await callPoints(world, listRollbackPoints);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/one +1.5 KB +kept until 2999[^]+two +1.5 KB +kept: needed/);
    expect(output).toContain("2 tables, 30 rows, taken 2026-11-02");
  });

  test("says that there is none", async () => {
    const { exitCode, output } = await callPoints(world, listRollbackPoints);
    expect(exitCode).toBe(0);
    expect(output).toContain("none");
  });

  test("is an event each for programs", async () => {
    putPoint(world, { run: "one" });
    const screen = captureScreen(true);
    await callPoints(world, listRollbackPoints, { screen });
    const lines = screen.stdout().trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ type: "rollback-point", run: "one", mayBeCleaned: true }),
    );
  });
});

describe("restoring a rollback point", () => {
  test("of a finished run puts the target back, under the lock, and closes the run", async () => {
    await callRun(world);
    const run = newestRun();
    putPoint(world, { run });
    world.forget();
    const { exitCode, output } = await restore();
    expect(exitCode).toBe(0);
    expect(output).toContain(`back at the rollback point of run ${run}`);
    expect(world.calls()).toEqual([
      "lock",
      `point.restore ${run} as ${run}`,
      "point.restore",
      "release",
    ]);
    expect(world.has("load")).toBe(false);
    expect(world.outcomes()).toEqual(["undone"]);
    expect((await callUndo(world, yes)).exitCode).toBe(3);
  });

  test("closes the finished runs that came after it too", async () => {
    await callRun(world);
    const run = newestRun();
    await callRun(world);
    putPoint(world, { run });
    expect((await restore(run)).exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["undone", "undone"]);
  });

  test("is refused while its own run is open: undo is the way", async () => {
    world.order("tidy.run", { fail: { exitCode: 1, what: "it broke" } });
    await callRun(world);
    putPoint(world, { run: newestRun() });
    const { exitCode, output } = await restore();
    expect(exitCode).toBe(3);
    expect(output).toContain("an open run has changed the target: load");
    expect(output).toMatch(/Take it back: .* undo fake --env dev; it restores this rollback point/);
    expect(world.has("load")).toBe(true);
  });

  test("is refused while another run is open that has changed the target", async () => {
    world.order("tidy.run", { fail: { exitCode: 1, what: "it broke" } });
    await callRun(world);
    putPoint(world, { run: "one" });
    const { exitCode, output } = await restore("one");
    expect(exitCode).toBe(3);
    expect(output).toMatch(/Go on with it: .* resume fake --env dev; or take it back/);
  });

  test("is refused while only the target remembers a run that has changed it", async () => {
    const memory = withMemory(world);
    world.order("tidy.check", { fail: { exitCode: 1, what: "it broke" } });
    await callRun(world, {}, memory);
    world.goTo("second");
    putPoint(world, { run: "one" });
    const { exitCode, output } = await restore("one", withMemory(world, yes));
    expect(exitCode).toBe(3);
    expect(output).toContain("the target remembers this run of operator");
    expect(world.ran("restore")).toEqual([]);
  });

  test("goes while a run is open that has not changed the target", async () => {
    await callRun(world, { until: "fetch" });
    putPoint(world, { run: "one" });
    expect((await restore()).exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["open"]);
  });

  test("needs --yes where nobody can be asked, and the target's name in production", async () => {
    putPoint(world, { run: "one" });
    const { exitCode, output } = await restore("one", {});
    expect(exitCode).toBe(3);
    expect(output).toMatch(/Say so: .* rollback restore fake --env dev one --yes/);
    expect((await restore("one", { ...yes, environment: "prod" })).exitCode).toBe(3);
    expect(world.ran("restore")).toEqual([]);
    const options = { yes: true, confirm: "shop" };
    expect((await restore("one", { environment: "prod", options })).exitCode).toBe(0);
  });

  test("takes the newest unless a run is named, and knows what there is", async () => {
    putPoint(world, { run: "one", takenAt: "2026-11-01T00:00:00.000Z" });
    putPoint(world, { run: "two", takenAt: "2026-11-02T00:00:00.000Z" });
    const newest = await restore();
    expect(newest.exitCode).toBe(0);
    expect(newest.output).toContain("the rollback point of run two");
    const unknown = await restore("three");
    expect(unknown.exitCode).toBe(3);
    expect(unknown.output).toContain("there is no rollback point of run three");
    expect(unknown.output).toContain("run one: 2 tables, 30 rows");
  });

  test("is refused for another target than the run's", async () => {
    await callRun(world);
    putPoint(world, { run: newestRun() });
    const { exitCode, output } = await restore(undefined, {
      ...yes,
      variables: { DEV_TARGET: "stall" },
    });
    expect(exitCode).toBe(3);
    expect(output).toContain('was "app@host/shop", is "app@host/stall"');
  });

  test("that fails leaves the run as it was, and releases the lock", async () => {
    await callRun(world);
    putPoint(world, { run: newestRun() });
    world.order("point.restore", { fail: { exitCode: 1, what: "it broke" } });
    expect((await restore()).exitCode).toBe(1);
    expect(world.outcomes()).toEqual(["done"]);
    expect(existsSync(join(world.folder, "locked"))).toBe(false);
  });

  test("waits for nobody: a target that is locked refuses", async () => {
    putPoint(world, { run: "one" });
    writeFileSync(join(world.folder, "locked"), "ann@elsewhere");
    expect((await restore()).exitCode).toBe(3);
    expect(world.ran("restore")).toEqual([]);
  });
});

describe("cleaning rollback points", () => {
  test("removes what no run needs and whose time is over, and says what it freed", async () => {
    const old = putPoint(world, { run: "old" });
    const needed = putPoint(world, { run: "needed", isNeeded: true });
    const young = putPoint(world, { run: "young", keptUntil: "2999-01-01T00:00:00.000Z" });
    const { exitCode, output } = await callPoints(world, cleanRollbackPoints);
    expect(exitCode).toBe(0);
    expect([old, needed, young].map(({ file }) => existsSync(file))).toEqual([false, true, true]);
    expect(output).toContain("1 rollback point removed, 1.5 KB freed");
    expect(output).toContain("stays: run needed, kept: needed");
    expect((await callPoints(world, cleanRollbackPoints)).output).toContain(
      "no rollback point may be cleaned yet",
    );
  });

  test("is a misuse where the runbook takes none", async () => {
    const facts = makeFacts(world, {}, captureScreen().screen);
    const exitCode = await call(facts, "rollback", () => cleanRollbackPoints(facts));
    expect(exitCode).toBe(2);
  });
});
