import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Failure } from "../../scripts/engine/failure.ts";
import { Journal, listRuns } from "../../scripts/engine/journal.ts";
import { forgetSecrets, registerSecret } from "../../scripts/engine/redact.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import { callRun } from "./fixtures/in-process.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "movebook-journal-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  forgetSecrets();
});

const begin = (run = "one", identity: Record<string, string> = {}): Journal =>
  Journal.begin(join(folder, "tmp", "fake-dev", run), {
    run,
    runbook: "fake",
    environment: "dev",
    steps: ["look", "load"],
    params: { target: "shop" },
    identity,
    movebook: "0.1.0",
    operator: "ann@here",
  });
const read = (journal: Journal): string => readFileSync(Journal.file(journal.folder), "utf8");
function catchFailure(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    return error as Failure;
  }
  return expect.unreachable("it did not fail");
}
const start = { type: "step-started", step: "load", pid: 1 } as const;

describe("a journal", () => {
  test("is private: file 0600, folders 0700", () => {
    const journal = begin();
    expect(statSync(Journal.file(journal.folder)).mode & 0o777).toBe(0o600);
    expect(statSync(journal.folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "tmp")).mode & 0o777).toBe(0o700);
  });

  test("has a line on the disk when append returns", () => {
    const journal = begin();
    journal.append(start);
    expect(read(journal).trimEnd().split("\n").at(-1)).toContain('"type":"step-started"');
  });

  test("refuses a folder that is there already", () => {
    begin();
    expect(() => begin()).toThrow("EEXIST");
  });

  test("tells how far each step is", () => {
    const journal = begin();
    expect(journal.stateOf("load")).toBe("not-started");
    journal.append(start);
    expect(journal.stateOf("load")).toBe("started");
    journal.append({ type: "step-done", step: "load", ms: 1, how: "run" });
    expect(journal.stateOf("load")).toBe("done");
    journal.append({ type: "step-undoing", step: "load", pid: 1 });
    expect(journal.stateOf("load")).toBe("undoing");
    journal.append({ type: "step-undone", step: "load" });
    expect(journal.stateOf("load")).toBe("undone");
    expect(journal.stateOf("look")).toBe("not-started");
  });

  test("tells the last value of a fact, in the same call as in a later one", () => {
    const journal = begin();
    const at = new Date(0);
    journal.append({ type: "fact", key: "cursor", value: 1 });
    journal.append({ type: "fact", key: "cursor", value: { at, gone: undefined } });
    const expected = { at: "1970-01-01T00:00:00.000Z" };
    expect(journal.recall("cursor")).toEqual(expected);
    expect(Journal.open(journal.folder).recall("cursor")).toEqual(expected);
    expect(journal.recall("nothing")).toBeUndefined();
  });

  test("of other runs stays readable, oldest first", () => {
    begin("20260102T000000.000Z-aaaa").append({ type: "run-ended", outcome: "done" });
    begin("20260101T000000.000Z-bbbb");
    const runs = listRuns(folder, "fake", "dev");
    expect(runs.map(({ header, outcome }) => [header.run.slice(0, 8), outcome])).toEqual([
      ["20260101", "open"],
      ["20260102", "done"],
    ]);
    expect(listRuns(folder, "fake", "prod")).toEqual([]);
  });
});

describe("a journal that was cut by a kill", () => {
  test("is read without its last line, wherever it was cut, and the next line stands alone", () => {
    const whole = begin();
    whole.append({ type: "fact", key: "größe", value: "✓" });
    const text = readFileSync(Journal.file(whole.folder));
    const lastLine = text.lastIndexOf(0x0a, text.length - 2) + 1;
    for (let end = lastLine; end < text.length; end += 1) {
      writeFileSync(Journal.file(whole.folder), text.subarray(0, end));
      const cut = Journal.open(whole.folder);
      expect(cut.recall("größe"), `cut at byte ${end}`).toBeUndefined();
      cut.append(start);
      const again = Journal.open(whole.folder);
      expect(again.records.map(({ type }) => type)).toEqual(["run", "step-started"]);
    }
  });

  test("in its very first line is no run", () => {
    const journal = begin();
    truncateSync(Journal.file(journal.folder), 20);
    expect(listRuns(folder, "fake", "dev")).toEqual([]);
  });
});

describe("a damaged journal", () => {
  test.each(["not json", '{"type":"unknown","at":"now"}', '{"type":"step-done"}', "null"])(
    "is an error that names file and line: %s",
    (line) => {
      const journal = begin();
      appendFileSync(Journal.file(journal.folder), `${line}\n`);
      journal.append(start);
      const failure = catchFailure(() => Journal.open(journal.folder));
      expect(failure.message).toBe("the journal is damaged at line 2");
      expect(failure.problems[0]?.where).toBe(`${Journal.file(journal.folder)}:2`);
      expect(failure.exitCode).toBe(3);
    },
  );

  test("of another version of movebook says so", () => {
    const journal = begin();
    const text = read(journal).replace('"v":1', '"v":2');
    writeFileSync(Journal.file(journal.folder), text);
    const failure = catchFailure(() => Journal.open(journal.folder));
    expect(failure.problems[0]?.what).toContain("another version of movebook");
  });
});

describe("secrets", () => {
  test("are masked in every text of a line", () => {
    registerSecret("canary-0815-pass");
    const journal = begin("one", { target: "app:canary-0815-pass@host" });
    journal.append({ type: "fact", key: "k", value: { a: ["x canary-0815-pass y"] } });
    journal.append({
      type: "command",
      step: "load",
      title: "t",
      argv: ["psql", "canary-0815-pass"],
    });
    expect(read(journal)).not.toContain("canary-0815-pass");
    expect(read(journal)).toContain("x [secret] y");
  });

  test("that are movebook's own words do not change the run", () => {
    for (const word of ["step", "load", "step-started", "type", "open", "shop"])
      registerSecret(word);
    const journal = begin();
    journal.append(start);
    const again = Journal.open(journal.folder);
    expect(again.stateOf("load")).toBe("started");
    expect(again.header.steps).toEqual(["look", "load"]);
    expect(again.header.params).toEqual({ target: "shop" });
  });

  test("that are a plain word do not change a path that a later step needs", () => {
    registerSecret("postgres");
    const journal = begin();
    const path = "/usr/lib/postgresql/15/bin/psql";
    journal.append({ type: "fact", key: "programs", value: { psql: path } });
    expect(Journal.open(journal.folder).recall("programs")).toEqual({ psql: path });
  });
});

describe("while a step runs", () => {
  let world: FakeWorld;
  beforeEach(() => {
    world = new FakeWorld();
  });
  afterEach(() => world.remove());

  test("the file says that it has started, with its commands, and not that it is done", async () => {
    let inside: Record<string, unknown>[] = [];
    world.hooks.set("load.run", () => {
      inside = world.journal();
    });
    await callRun(world);
    const types = inside.filter(({ step }) => step === "load").map(({ type }) => type);
    expect(types).toEqual(["step-started", "command"]);
    const load = world.journal().filter(({ step }) => step === "load");
    expect(load.at(-1)).toMatchObject({ type: "step-done", how: "run" });
  });

  test("a fact is in the file before the deed that it protects", async () => {
    let inside: unknown;
    world.hooks.set("load.run", (context) => {
      context.remember("before", { sequences: [1, 2] });
      inside = world.journal().at(-1);
      expect(context.recall("before")).toEqual({ sequences: [1, 2] });
    });
    await callRun(world);
    expect(inside).toMatchObject({ type: "fact", key: "before", value: { sequences: [1, 2] } });
  });

  test("the first line pins runbook, steps, settings that are no secrets, and identity", async () => {
    await callRun(world);
    expect(world.journal()[0]).toMatchObject({
      type: "run",
      v: 1,
      runbook: "fake",
      environment: "dev",
      steps: ["look", "fetch", "loosen", "load", "tidy", "prove"],
      params: { target: "shop" },
      identity: { target: "app@host/shop" },
    });
  });

  test("overrides are recorded with their reason, the confirmed name is not", async () => {
    const options = { overrides: { empty: "tried by hand" }, confirm: "shop", anyBranch: true };
    await callRun(world, {}, { options });
    const recorded = world.journal().find(({ type }) => type === "options");
    expect(recorded).toMatchObject({
      verb: "run",
      options: { overrides: { empty: "tried by hand" }, anyBranch: true },
    });
    expect(JSON.stringify(recorded)).not.toContain("confirm");
  });

  test("a failure is written down without rows", async () => {
    world.order("load.run", {
      fail: { exitCode: 1, what: "it broke", rows: ["Ann Smith, ann@example.com"] },
    });
    await callRun(world);
    expect(world.journal().at(-1)).toMatchObject({
      type: "step-failed",
      step: "load",
      exitCode: 1,
      what: "it broke",
      problems: [{ what: "it broke", where: "table Animal" }],
    });
    expect(JSON.stringify(world.journal())).not.toContain("Ann Smith");
  });
});
