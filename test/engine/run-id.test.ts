import { basename } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { buildRunId } from "../../scripts/engine/run-id.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import { callResume, callRun, callUndo } from "./fixtures/in-process.ts";

const now = Date.parse("2026-11-21T11:55:00.042Z");

describe("the id of a run", () => {
  test("is its time and four random digits", () => {
    expect(buildRunId(now, [])).toMatch(/^20261121T115500\.042Z-[0-9a-f]{4}$/);
  });

  test("comes after all that are there, also when the clock was set back", () => {
    const newest = "20261122T000000.999Z-ffff";
    const next = buildRunId(now, ["20250101T000000.000Z-aaaa", newest, "something else"]);
    expect(next).toMatch(/^20261122T000001\.000Z-/);
    expect([next, newest].sort()).toEqual([newest, next]);
  });

  test("comes after one of the same millisecond", () => {
    const first = buildRunId(now, []);
    expect(buildRunId(now, [first]).slice(0, 20)).toBe("20261121T115500.043Z");
  });

  test("is not disturbed by folders that look like a time and are none", () => {
    expect(buildRunId(now, ["20269999T999999.999Z-ffff"])).toMatch(/^20261121T/);
  });
});

describe("when the clock is set back between two runs", () => {
  const world = new FakeWorld();
  afterEach(() => {
    vi.useRealTimers();
    world.remove();
  });

  test("the second one is the newest still: it is resumed, and it is undone", async () => {
    await callRun(world);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
    world.order("tidy.check", { fail: { exitCode: 1, what: "it broke" } });
    await callRun(world);
    world.order("tidy.check", undefined);
    const [first = "", second = ""] = world.runs();
    expect(world.outcomes()).toEqual(["done", "open"]);
    expect(basename(second) > basename(first)).toBe(true);
    expect((await callResume(world)).exitCode).toBe(0);
    const steps = world.journal(second).filter(({ type }) => type === "step-done");
    for (const { ms } of steps) expect(ms).toBeGreaterThanOrEqual(0);
    await callUndo(world, { options: { yes: true } });
    expect(world.outcomes()).toEqual(["done", "undone"]);
  });
});
