import type { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Gate } from "../../scripts/engine/gate.ts";
import { listRuns } from "../../scripts/engine/journal.ts";
import { answerOf, countRuns, down, passGate, touch, withGate } from "./fixtures/fake-gate.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import {
  callResume,
  callStep,
  callUndo,
  captureScreen,
  type Captured,
} from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
  down.clear();
});
afterEach(() => world.remove());

describe("the way back through a gate", () => {
  const yes = (changes: Partial<Gate> = {}) => withGate(changes, { options: { yes: true } });

  /** Types the second answer when the second question is there. */
  const answerBoth = (first: string, second: string): Captured => {
    const screen = captureScreen(false, true, first);
    const timer = setInterval(() => {
      if (!screen.stdout().includes("Is the door closed?")) return;
      clearInterval(timer);
      (screen.streams.stdin as unknown as PassThrough).write(second);
    }, 10);
    return screen;
  };

  test("is asked for, proved, and forgets the answer", async () => {
    await passGate(world);
    const screen = answerBoth("y\n", "y\n");
    const { exitCode, output } = await callUndo(world, withGate({}, { screen }));
    expect(exitCode).toBe(0);
    expect(stripVTControlCharacters(output)).toMatch(
      /1\. Pull\.\n +2\. Turn the key back\.\nIs the door closed\?/,
    );
    expect(output).toContain("✓ the lock answers");
    expect(answerOf(world)).toBeNull();
    expect(world.outcomes()).toEqual(["undone"]);
  });

  test("is not gone when the proof is not there", async () => {
    await passGate(world);
    down.add("the lock");
    const { exitCode, output } = await callUndo(world, yes(), "open-door");
    expect(exitCode).toBe(1);
    expect(output).toContain("open-door is not taken back");
    down.clear();
    expect((await callUndo(world, yes(), "open-door")).exitCode).toBe(0);
  });

  test("waits in a whole undo in spite of --yes, and says which command goes on", async () => {
    await passGate(world);
    const { exitCode, output } = await callUndo(world, yes());
    expect(exitCode).toBe(4);
    expect(output).toMatch(/next +npx movebook .* undo fake --env dev --until open-door --yes\n/);
    expect(world.has("load")).toBe(true);
    expect((await callUndo(world, yes(), "open-door")).exitCode).toBe(0);
    expect((await callUndo(world, yes())).exitCode).toBe(0);
    expect(world.outcomes()).toEqual(["undone"]);
    expect(world.has("load")).toBe(false);
  });

  test("of a gate whose person says no leaves it as it was", async () => {
    await passGate(world);
    const screen = answerBoth("y\n", "n\n");
    const { exitCode } = await callUndo(world, withGate({}, { screen }));
    expect(exitCode).toBe(4);
    const [journal] = listRuns(world.folder, "fake", "dev");
    expect(journal?.stateOf("open-door")).toBe("done");
  });

  test("is gone also for a gate that was answered and not proved", async () => {
    down.add("the wind");
    await passGate(world);
    const { exitCode, output } = await callUndo(world, yes(), "open-door");
    expect(exitCode).toBe(0);
    expect(output).toContain("open-door undone");
  });

  test("runs a command where there is one", async () => {
    const back = { command: async () => touch(world, "closed"), checklist: () => [] };
    await passGate(world, { goBack: back });
    expect((await callUndo(world, yes({ goBack: back }))).exitCode).toBe(0);
    expect(countRuns(world, "closed")).toBe(1);
  });

  test("goes no further than --until, and the run goes on from there", async () => {
    await passGate(world);
    const choice = yes();
    const { exitCode } = await callUndo(world, choice, "open-door");
    expect(exitCode).toBe(0);
    expect(world.has("load")).toBe(true);
    const [journal] = listRuns(world.folder, "fake", "dev");
    expect(journal?.outcome).toBe("open");
    const waits = await callResume(world, withGate());
    expect(waits.exitCode).toBe(4);
    expect((await callStep(world, "open-door", yes())).exitCode).toBe(0);
    expect(listRuns(world.folder, "fake", "dev")[0]?.outcome).toBe("done");
  });

  test("refuses an --until that is no step", async () => {
    await passGate(world);
    const { exitCode, output } = await callUndo(world, yes(), "open-dor");
    expect(exitCode).toBe(2);
    expect(output).toContain("did you mean open-door?");
  });
});
