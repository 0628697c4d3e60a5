import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withMemory } from "./fixtures/fake-memory.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import {
  callResume,
  callRun,
  callStatus,
  callUndo,
  type CallChoice,
  type Called,
} from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

const nobody = 65_534;
const yes: CallChoice = { options: { yes: true } };
const failing = { fail: { exitCode: 1, what: "it broke" } } as const;
const journalOf = (run = 0): string => join(world.runs()[run] ?? "", "journal.jsonl");

async function leaveOpen(choice: CallChoice = {}): Promise<void> {
  world.order("tidy.check", failing);
  await callRun(world, {}, choice);
  world.order("tidy.check", undefined);
}

const callAll = async (choice: CallChoice = {}): Promise<Called[]> => [
  await callResume(world, choice),
  await callUndo(world, { ...choice, ...yes }),
  await callRun(world, {}, choice),
];

describe("the newest journal, damaged", () => {
  test("keeps resume, undo and run from guessing: they name file and line, and what to do", async () => {
    await leaveOpen();
    appendFileSync(journalOf(), "garbage\n");
    world.forget();
    const line = readFileSync(journalOf(), "utf8").trimEnd().split("\n").length;
    for (const { exitCode, output } of await callAll()) {
      expect(exitCode).toBe(3);
      expect(output).toContain(`the journal is damaged at line ${line}`);
      expect(output).toContain(`${journalOf()}:${line}`);
      expect(output).toContain("does not guess");
    }
    expect(world.ran()).toEqual([]);
  });

  test("does not keep status from saying what the target says", async () => {
    await leaveOpen();
    appendFileSync(journalOf(), "garbage\n");
    const { exitCode, output } = await callStatus(world);
    expect(exitCode).toBe(3);
    expect(output).toContain("holds load");
    expect(output).toContain(`${journalOf()}:`);
    world.put("loosen");
    expect((await callStatus(world)).exitCode).toBe(6);
  });

  test("can be moved away when the target remembers the run, which is then taken over", async () => {
    const memory = withMemory(world);
    await leaveOpen(memory);
    appendFileSync(journalOf(), "garbage\n");
    const [folder = ""] = world.runs();
    for (const { exitCode, output } of await callAll(memory)) {
      expect(exitCode).toBe(3);
      expect(output).toContain(`move ${folder} away (keep it), and call again`);
    }
    expect((await callStatus(world, memory)).output).toContain(`move ${folder} away`);
    rmSync(folder, { recursive: true });
    expect((await callResume(world, memory)).exitCode).toBe(0);
    expect(world.runs()).toEqual([folder]);
  });
});

describe("an older journal, damaged", () => {
  test("is warned of, and blocks nothing", async () => {
    await callRun(world);
    await callRun(world);
    appendFileSync(journalOf(0), "garbage\n");
    const called = await callRun(world);
    expect(called.exitCode).toBe(0);
    expect(called.output).toContain("of an older run that does not matter any more");
    expect(called.output.split("does not matter").length).toBe(2);
    expect(called.output).toContain(`${journalOf(0)}:`);
    expect((await callStatus(world)).exitCode).toBe(0);
    expect((await callUndo(world, yes)).exitCode).toBe(0);
  });

  test("is not passed by when an undo goes back behind a run that has changed nothing", async () => {
    await callRun(world);
    await callRun(world);
    await callRun(world, { until: "look" });
    appendFileSync(journalOf(1), "garbage\n");
    world.forget();
    const { exitCode, output } = await callUndo(world, yes);
    expect(exitCode).toBe(3);
    expect(output).toContain(`${journalOf(1)}:`);
    expect(world.ran("undo")).toEqual([]);
  });
});

describe("a journal that is", () => {
  const cases: readonly (readonly [string, (file: string) => void, string])[] = [
    ["emptied", (file) => writeFileSync(file, ""), "it is empty"],
    ["cut in its first line", (file) => truncateSync(file, 20), "it does not hold one whole line"],
    [
      "without its first line",
      (file) => writeFileSync(file, readFileSync(file, "utf8").split("\n").slice(1).join("\n")),
      "it does not begin with the run",
    ],
    [
      "binary garbage",
      (file) => writeFileSync(file, Buffer.from([0, 255, 10, 7, 128, 10, 10])),
      "a line that movebook did not write",
    ],
    [
      "binary garbage of one line",
      (file) => writeFileSync(file, Buffer.from([1, 255, 7, 128])),
      "it does not hold one whole line",
    ],
  ];
  test.each(cases)("%s is no reason to begin anew, and said so", async (_, damage, says) => {
    await leaveOpen(withMemory(world));
    damage(journalOf());
    for (const { exitCode, output } of await callAll()) {
      expect(exitCode).toBe(3);
      expect(output).toContain(says);
      expect(output).toContain(`${journalOf()}:1`);
    }
  });

  test("cut in its last line is read without it", async () => {
    await leaveOpen();
    appendFileSync(journalOf(), '{"at":"2026');
    expect((await callResume(world)).exitCode).toBe(0);
  });

  test.each(["", '{"at":"2026'])(
    "all there is of a run (%j) was killed before it did anything: warned of",
    async (text) => {
      const folder = join(world.folder, "tmp", "fake-dev", "29990101T000000.000Z-aaaa");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "journal.jsonl"), text);
      const { exitCode, output } = await callRun(world);
      expect(exitCode).toBe(0);
      expect(output).toContain(`it is no run, and ${folder} can be removed`);
      expect((await callStatus(world)).exitCode).toBe(0);
    },
  );

  test("of a newer movebook is refused by its version, and says which one to call", async () => {
    await leaveOpen();
    const text = readFileSync(journalOf(), "utf8");
    const newer = text
      .replace('"v":1', '"v":2')
      .replace(/"movebook":"[^"]+"/, '"movebook":"9.9.0"');
    writeFileSync(journalOf(), newer);
    for (const { exitCode, output } of await callAll()) {
      expect(exitCode).toBe(3);
      expect(output).toContain("written by another version, movebook 9.9.0");
      expect(output).toContain("npx movebook@9.9.0");
    }
    expect((await callStatus(world)).output).toContain("movebook 9.9.0");
  });

  test("not ours to read is refused, with the path and the reason", async () => {
    await leaveOpen();
    const folder = world.runs()[0] ?? "";
    const runs = join(folder, "..");
    giveToNobody(world.folder);
    for (const [path, before] of [
      [folder, 0o700],
      [runs, 0o700],
    ] as const) {
      chmodSync(path, 0o000);
      const { exitCode, output } = await asNobody(() => callResume(world));
      expect(exitCode).toBe(3);
      expect(output).toContain("EACCES");
      expect(output).toContain(basename(path));
      chmodSync(path, before);
    }
  });
});

function giveToNobody(path: string): void {
  if (process.geteuid?.() !== 0) return;
  chownSync(path, nobody, nobody);
  if (statSync(path).isDirectory())
    for (const name of readdirSync(path)) giveToNobody(join(path, name));
}

/** Root may read everything: as another user for a moment. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(nobody);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
