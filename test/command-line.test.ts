import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runCommandLine } from "../scripts/command-line.ts";
import { entry, environmentOf, startFake, type Ended } from "./engine/fixtures/child-process.ts";
import { makeFakeRunbook } from "./engine/fixtures/fake-runbook.ts";
import { FakeWorld } from "./engine/fixtures/fake-world.ts";
import { entry as real } from "./entry.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

const call = (...args: string[]): Promise<Ended> => startFake(world, args).ended;

/** The same in this process: a call that is wrong comes to no step. */
async function callHere(args: readonly string[]) {
  const texts = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((chunk) => {
      texts[name] += chunk.toString();
      return true;
    }),
  );
  try {
    const words = ["--project", world.folder, ...args];
    return { code: await runCommandLine(words, [makeFakeRunbook(world)]), ...texts };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const parse = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** A shell line in which $MOVEBOOK is the fake runbook's command and $REAL the real one. */
function callShell(line: string): Promise<Ended> {
  const env = environmentOf({
    MOVEBOOK: `${process.execPath} ${entry}`,
    REAL: `${process.execPath} ${real}`,
  });
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

describe("help", () => {
  test("names the commands, examples and exit codes, and ends with 0", async () => {
    const { code, stdout } = await call("--help");
    expect(code).toBe(0);
    const words = [
      "run",
      "step",
      "transform",
      "resume",
      "undo",
      "status",
      "plan",
      "list",
      "doctor",
    ];
    for (const word of words) expect(stdout).toMatch(new RegExp(`^  ${word} `, "m"));
    expect(stdout).toContain("Examples:");
    expect(stdout).toContain("3 refused, nothing changed");
    expect(stdout).not.toContain(world.folder);
  });

  test("of a command names its flags and those of all commands", async () => {
    const { stdout } = await call("run", "--help");
    for (const flag of ["--env", "--from", "--until", "--only", "--dry-run", "--confirm", "--json"])
      expect(stdout).toContain(`  ${flag} `);
  });

  test("is what a call without words gets, with exit code 2", async () => {
    const { code, stderr } = await call();
    expect(code).toBe(2);
    expect(stderr).toContain("Usage: movebook");
  });

  test("the version is that of the package", async () => {
    expect((await call("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("a call that is wrong", () => {
  test.each([
    [["rnu"], "unknown command 'rnu'"],
    [["run", "fake"], "required option '--env <name>' not specified"],
    [["run", "fake", "--env", "dev", "--form", "load"], "unknown option '--form'"],
    [["run", "--env", "dev"], "missing required argument 'runbook'"],
    [["run", "fkae", "--env", "dev"], "there is no runbook fkae; there are: fake"],
    [["run", "Fake", "--env", "dev"], "there is no runbook Fake; did you mean fake?"],
    [["run", "fake", "--env", "stage"], "--env stage: fake knows dev and prod"],
    [["run", "fake", "--env", "dev", "--override", "empty"], "--override takes <check>=<reason>"],
    [["run", "fake", "--env", "dev", "--override", "empty="], "--override takes <check>=<reason>"],
    [["step", "fake", "losen", "--env", "dev"], "fake has no step losen; did you mean loosen?"],
    [["run", "fake", "--env", "dev", "--from", "prove", "--until", "look"], "comes after"],
  ])("%j ends with exit code 2 and a sentence, without a stack", async (args, text) => {
    const { code, stdout, stderr } = await callHere(args);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(text);
    expect(stdout + stderr).not.toMatch(/^\s+at /m);
    expect(world.calls()).toEqual([]);
  });

  test.each([
    [["--json", "run", "fake"], "required option"],
    [["--json", "run", "fake", "--env", "stage"], "--env stage"],
    [["run", "fake", "--env", "dev", "--only", "lode", "--json"], "no step lode"],
    [["--json"], "no command"],
  ])("%j tells programs on stdout and people on stderr", async (args, text) => {
    const { code, stdout, stderr } = await callHere(args);
    expect(code).toBe(2);
    const events = parse(stdout);
    expect(events.find(({ type }) => type === "failure")).toMatchObject({ v: 1, exitCode: 2 });
    expect(events.at(-1)).toMatchObject({ type: "ended", exitCode: 2 });
    expect(String(events[0]?.["what"])).toContain(text);
    expect(stderr).not.toBe("");
  });
});

describe("the commands", () => {
  test("list prints runbooks and steps, also for programs", async () => {
    const { code, stdout } = await call("list");
    expect(code).toBe(0);
    expect(stdout).toContain("loosen                 Does loosen. (by hand only)");
    const [runbook] = parse((await call("--json", "list")).stdout);
    expect(runbook).toMatchObject({ v: 1, type: "runbook", name: "fake" });
  });

  test("plan prints the steps and what each changes, and asks none", async () => {
    const { code, stdout } = await call("plan", "fake", "--env", "dev");
    expect(code).toBe(0);
    expect(stdout).toMatch(/load +Does load\.\n +changes the target/);
    expect(world.calls()).toEqual([]);
  });

  test("run, step, status, undo and run again work one after the other", async () => {
    expect((await call("step", "fake", "look", "--env", "dev")).code).toBe(0);
    expect((await call("run", "fake", "--env", "dev", "--from", "fetch")).code).toBe(0);
    const status = await call("status", "fake", "--env", "dev");
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(/Run \d{8}T\S+ \(done, begun /);
    expect(status.stdout).toContain("✓ holds load, tidy");
    expect((await call("undo", "fake", "--env", "dev", "--yes")).code).toBe(0);
    expect((await call("run", "fake", "--env", "dev")).code).toBe(0);
    expect(world.outcomes()).toEqual(["undone", "done"]);
  });

  test("status of an unsafe target ends with 6 and the command that mends it", async () => {
    await call("step", "fake", "loosen", "--env", "dev");
    const { code, stdout } = await call("status", "fake", "--env", "dev");
    expect(code).toBe(6);
    expect(stdout).toMatch(/next +npx movebook step fake tidy --env dev/);
  });

  test("a dry run leaves no folder behind", async () => {
    const { code, stdout } = await call("run", "fake", "--env", "dev", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toContain("-- Step 1/1: Load");
    expect(world.runs()).toEqual([]);
  });

  test("with --json every line on stdout is an object, and the last one has the exit code", async () => {
    const { code, stdout, stderr } = await call("--json", "run", "fake", "--env", "dev");
    expect(code).toBe(0);
    const events = parse(stdout);
    for (const event of events)
      expect(event).toEqual(expect.objectContaining({ v: 1, at: expect.any(String) }));
    expect(events.map(({ type }) => type)).toEqual([
      "run",
      ...Array.from({ length: 5 }, () => ["step-started", "step-done"]).flat(),
      "ended",
    ]);
    expect(stderr).toContain("▶ load: Does load.");
  });

  test("--project works from elsewhere and stands in the next command, quoted", async () => {
    world.order("load.run", { fail: { exitCode: 1, what: "broken" } });
    const { stdout } = await callShell(
      `mkdir 'a folder'; $MOVEBOOK --project 'a folder' run fake --env dev --any-branch`,
    );
    expect(stdout).toMatch(
      /next +npx movebook --project '\S+\/a folder' resume fake --env dev --any-branch/,
    );
  });

  test("an override and its reason come back quoted in the next command", async () => {
    world.order("look.run", { fail: { exitCode: 3, what: "no" } });
    const { stdout } = await call(
      "run",
      "fake",
      "--env",
      "dev",
      "--override",
      "empty=it's only a test",
    );
    expect(stdout).toContain(`--override 'empty=it'\\''s only a test'`);
  });

  test("what is piped has no escape codes", async () => {
    const { stdout } = await call("run", "fake", "--env", "dev");
    // oxlint-disable-next-line no-control-regex -- that is what is looked for
    expect(stdout).not.toMatch(/\u001b/);
  });

  test("no secret stands in output, journal or reports", async () => {
    world.order("load.run", {
      fail: { exitCode: 1, what: "password canary-0815-pass", rows: ["canary-0815-pass"] },
    });
    const ended = await call("run", "fake", "--env", "dev", "--show-rows");
    expect(ended.stdout + ended.stderr).toContain("password [secret]");
    const found = await callShell("grep -rl canary-0815-pass tmp");
    expect(found).toMatchObject({ code: 1, stdout: "" });
  });
});

describe("a pipe whose reader goes", () => {
  test("does not break the run, nor its exit code", async () => {
    const { stdout, stderr } = await callShell(
      "$MOVEBOOK run fake --env dev | head -1 > /dev/null; echo ${PIPESTATUS[0]}",
    );
    expect(stdout).toBe("0\n");
    expect(stderr).toBe("");
    expect(world.outcomes()).toEqual(["done"]);
  });

  test("keeps the exit code of a failure", async () => {
    world.order("load.run", { fail: { exitCode: 5, what: "differences" } });
    const { stdout, stderr } = await callShell(
      "$MOVEBOOK --json run fake --env dev 2>&1 | true; echo ${PIPESTATUS[0]}",
    );
    expect(stdout).toBe("5\n");
    expect(stderr).toBe("");
  });

  test("help and list of the real command neither", async () => {
    for (const words of ["--help", "list"]) {
      const { stdout, stderr } = await callShell(`$REAL ${words} | true; echo \${PIPESTATUS[0]}`);
      expect([stdout, stderr]).toEqual(["0\n", ""]);
    }
  });
});

describe("the real command", () => {
  test("lists the data move, and its plan connects nowhere", async () => {
    expect((await callShell("$REAL list")).stdout).toContain("data-move (--env dev|prod)");
    const plan = await callShell("$REAL plan data-move --env dev");
    expect(plan.code).toBe(0);
    expect(plan.stdout).toMatch(/import +.*\n +changes the target/);
  });

  test("doctor says what this machine has", async () => {
    const { code, stdout } = await callShell("$REAL doctor");
    expect([0, 3]).toContain(code);
    expect(stdout).toMatch(/Programs:\n {2}✓ Node \d+/);
  });

  test("doctor of one runbook asks for nothing that only others need", async () => {
    const { stdout } = await callShell("$REAL doctor d1-workspaces");
    expect(stdout).toMatch(/Programs of d1-workspaces:\n {2}✓ wrangler 4\.\d+/);
    expect(stdout).not.toMatch(/pg_dump|data-move/);
  });

  test("refuses a step that exists in another environment only, with a sentence", async () => {
    const { code, stdout } = await callShell("$REAL step d1-workspaces switch-dns --env local");
    expect(code).toBe(2);
    expect(stdout).toContain(
      "step switch-dns of d1-workspaces exists with --env remote only, not with --env local",
    );
    const plan = await callShell("$REAL plan d1-workspaces --env local");
    expect(plan.stdout).not.toContain("switch-dns");
  });

  test("a damaged journal is refused with file and line", async () => {
    await call("step", "fake", "look", "--env", "dev");
    writeFileSync(join(world.runs()[0] ?? "", "journal.jsonl"), "nonsense\n");
    const { code, stdout } = await call("run", "fake", "--env", "dev");
    expect(code).toBe(3);
    expect(stdout).toContain("journal.jsonl:1");
  });
});
