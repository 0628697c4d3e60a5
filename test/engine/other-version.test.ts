import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { movebookVersion } from "../../scripts/engine/version.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import { callResume, callRun, callUndo, type CallChoice } from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(async () => {
  world = new FakeWorld();
  world.order("tidy.check", { fail: { exitCode: 1, what: "it broke" } });
  await callRun(world);
  world.order("tidy.check", undefined);
  const file = join(world.runs()[0] ?? "", "journal.jsonl");
  const text = readFileSync(file, "utf8").replaceAll(
    `"movebook":"${movebookVersion}"`,
    '"movebook":"0.0.7"',
  );
  writeFileSync(file, text);
  world.forget();
});
afterEach(() => world.remove());

const yes: CallChoice = { options: { yes: true } };
const withoutStep: CallChoice = {
  runbook: (fake) => ({ ...fake, steps: fake.steps.filter(({ name }) => name !== "loosen") }),
};

describe("a run that another version of movebook began", () => {
  test("goes on when steps and settings are the same; it is said, and written down", async () => {
    const { exitCode, output } = await callResume(world);
    expect(exitCode).toBe(0);
    expect(output).toContain(
      `was begun with movebook 0.0.7, and this is movebook ${movebookVersion}: its steps and settings are the same`,
    );
    const notes = world.journal().filter(({ type }) => type === "options");
    expect(notes.map(({ movebook }) => movebook)).toEqual(["0.0.7", movebookVersion]);
  });

  test("is taken back when steps and settings are the same; it is said, and written down", async () => {
    const { exitCode, output } = await callUndo(world, yes);
    expect(exitCode).toBe(0);
    expect(output).toContain("was begun with movebook 0.0.7");
    expect(world.journal()).toContainEqual(
      expect.objectContaining({ type: "options", verb: "undo", movebook: movebookVersion }),
    );
  });

  test("is refused when its steps are others, and the way with that version is named", async () => {
    for (const called of [
      await callResume(world, withoutStep),
      await callUndo(world, { ...withoutStep, ...yes }),
    ]) {
      expect(called.exitCode).toBe(3);
      expect(called.output).toContain("steps: were look, fetch, loosen, load");
      expect(called.output).toContain("was begun with movebook 0.0.7");
      expect(called.output).toMatch(/npx movebook@0\.0\.7 .*resume fake --env dev/);
      expect(called.output).toMatch(/npx movebook@0\.0\.7 .*undo fake --env dev/);
    }
    expect(world.calls()).toEqual([]);
  });

  test("is refused when a setting is another; that may be the version's doing", async () => {
    const { exitCode, output } = await callResume(world, { variables: { DEV_TARGET: "stall" } });
    expect(exitCode).toBe(3);
    expect(output).toContain("Put it back");
    expect(output).toContain("was begun with movebook 0.0.7");
  });
});
