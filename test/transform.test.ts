import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { entry, environmentOf, type Ended } from "./engine/fixtures/child-process.ts";
import { FakeWorld } from "./engine/fixtures/fake-world.ts";
import { startOnTerminal } from "./engine/fixtures/terminal.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
  writeFileSync(join(world.folder, "in.sql"), "insert\n");
});
afterEach(() => world.remove());

/** A shell line in which $MOVEBOOK is the fake runbook's command. */
function callShell(line: string): Promise<Ended> {
  const env = environmentOf({ MOVEBOOK: `${process.execPath} ${entry}` });
  const child = spawn("bash", ["--norc", "-c", line], {
    cwd: world.folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (texts.stderr += chunk.toString()));
  return new Promise((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, ...texts })),
  );
}

const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

describe("movebook transform", () => {
  test.each([
    ["a file", "$MOVEBOOK transform fake in.sql"],
    ["standard input", "cat in.sql | $MOVEBOOK transform fake"],
    ["a dash", "$MOVEBOOK transform fake - < in.sql"],
  ])("reads %s and writes to standard output, and nothing else", async (_, line) => {
    expect(await callShell(line)).toMatchObject({ code: 0, stdout: "INSERT\n", stderr: "" });
  });

  test("lets large data through, byte by byte", async () => {
    const { stdout } = await callShell(
      "head -c 30000000 /dev/zero | tr '\\0' a | $MOVEBOOK transform fake | sha256sum; head -c 30000000 /dev/zero | tr '\\0' A | sha256sum",
    );
    const [one, other] = stdout.trimEnd().split("\n");
    expect(one).toBe(other);
  });

  test("hands the flags on, files as paths, and says warnings on standard error", async () => {
    writeFileSync(join(world.folder, "d.json"), "{}");
    const ended = await callShell("$MOVEBOOK transform fake in.sql --mode lean --decisions d.json");
    expect(ended).toMatchObject({ code: 0, stdout: "decisions: {}" });
    expect(ended.stderr).toBe("! two rows were mended\n");
  });

  test("keeps the objects of --json out of the output", async () => {
    writeFileSync(join(world.folder, "d.json"), "{}");
    const { stdout, stderr } = await callShell(
      "$MOVEBOOK --json transform fake in.sql --mode lean --decisions d.json",
    );
    expect(stdout).toBe("decisions: {}");
    const events = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ type }) => type)).toEqual(["warning", "ended"]);
  });

  test("is shown by list and help", async () => {
    const { stdout } = await callShell("$MOVEBOOK list; $MOVEBOOK transform --help");
    expect(stdout).toContain("movebook transform fake: Writes all in capitals.");
    expect(stdout).toMatch(/--v2-schema <file> +the schema/);
  });
});

describe("a transform that is called wrongly", () => {
  test.each([
    ["transform fake nowhere.sql", "there is no file nowhere.sql"],
    ["transform fake .", ". is a folder, not a file"],
    ["transform fake in.sql --decisions d.json", "there is no file d.json (--decisions)"],
    ["transform fkae in.sql", "there is no runbook fkae"],
    ["transform fake in.sql --form x", "unknown option '--form'"],
    ["transform fake in.sql --env dev", "unknown option '--env'"],
  ])("%s ends with exit code 2 and an empty output", async (words, text) => {
    const { code, stdout, stderr } = await callShell(`$MOVEBOOK ${words}`);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(text);
  });

  test("at a terminal without a file says what it wants", async () => {
    const terminal = startOnTerminal(world, ["transform", "fake"]);
    expect(await terminal.ended).toBe(2);
    expect(terminal.text()).toContain("standard input is a terminal");
  });
});

describe("a transform that fails", () => {
  test("says so, without rows, and that nothing was written", async () => {
    const { code, stdout, stderr } = await callShell(
      "$MOVEBOOK transform fake in.sql --mode refuse",
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/✗ no dump\n.*it does not begin as one\n.*line 1\n.*→ Look\./);
    expect(stderr).not.toContain("Ann");
    expect(lastLine(stderr)).toBe("✗ nothing was written to the output");
  });

  test("in the middle tells in its last line that the output is short", async () => {
    const { code, stderr } = await callShell(
      "$MOVEBOOK transform fake in.sql --mode fail-later > out.sql",
    );
    expect(code).toBe(1);
    expect(readFileSync(join(world.folder, "out.sql"), "utf8")).toBe("begun\n");
    expect(lastLine(stderr)).toBe(
      "✗ the output is NOT COMPLETE: it ends after 6 bytes; do not use it",
    );
  });

  test("by a defect of ours has a stack, and the same last line", async () => {
    const { code, stderr } = await callShell("$MOVEBOOK transform fake in.sql --mode defect");
    expect(code).toBe(1);
    expect(stderr).toContain("this is a defect of movebook");
    expect(lastLine(stderr)).toContain("nothing was written");
  });

  test("because the disk is full says so", async () => {
    const { code, stderr } = await callShell(
      "$MOVEBOOK transform fake in.sql --mode endless > /dev/full",
    );
    expect(code).toBe(1);
    expect(stderr).toContain("no space is left where the output goes");
    expect(lastLine(stderr)).toContain("nothing was written");
  });

  test.each(["endless", "careless"])(
    "because nobody reads on (%s) is quiet, and does not end with 0",
    async (mode) => {
      const { stdout, stderr } = await callShell(
        `$MOVEBOOK transform fake in.sql --mode ${mode} | head -1 > first; echo \${PIPESTATUS[0]}; wc -c < first`,
      );
      expect(stderr).toBe("");
      expect(stdout).toBe("1\n10000\n");
    },
  );

  test("that is ended from outside ends with 130 and the same last line", async () => {
    const { stdout, stderr } = await callShell(
      [
        "$MOVEBOOK transform fake in.sql --mode endless > out.sql & pid=$!",
        "while [ ! -s out.sql ]; do sleep 0.1; done",
        "kill -TERM $pid; wait $pid; echo $?",
      ].join("\n"),
    );
    expect(stdout).toBe("130\n");
    expect(stderr).toContain("✗ cancelled");
    expect(lastLine(stderr)).toContain("NOT COMPLETE");
  });
});
