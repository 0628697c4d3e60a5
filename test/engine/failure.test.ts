import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Failure, failed, misused, UncaughtError } from "../../scripts/engine/failure.ts";
import { CommandError } from "../../scripts/engine/shell.ts";
import { FakeWorld } from "./fixtures/fake-world.ts";
import { callRun, callStep, captureScreen } from "./fixtures/in-process.ts";

let world: FakeWorld;

beforeEach(() => {
  world = new FakeWorld();
});
afterEach(() => world.remove());

const row = "Ann Smith, ann@example.com";

const listReports = (): string[] =>
  readdirSync(world.folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /report-[^/]*\.txt$/.test(name),
  );
const readReport = (): string => readFileSync(join(world.folder, listReports()[0] ?? ""), "utf8");

/** A run whose load throws. */
const throwInLoad = (thrown: unknown, options = {}) => {
  world.hooks.set("load.run", () => {
    throw thrown;
  });
  return callRun(world, {}, { options });
};

describe("a failure", () => {
  test("is one screen: what, where, what has changed, what to do, what comes next, the report", async () => {
    const { exitCode, output } = await throwInLoad(
      failed("2 rows break a key", [
        { what: "Animal_tenantId_fkey", where: "table Animal", todo: "Mend v1.", rows: [row] },
      ]),
    );
    expect(exitCode).toBe(1);
    const screen = output.slice(output.indexOf("✗"));
    expect(screen.replace(/tmp\/\S+|\/\S+/g, "…")).toMatchInlineSnapshot(`
      "✗ load (fake dev) failed, exit code 1
        what     2 rows break a key
        1.       Animal_tenantId_fkey
                 table Animal
                 → Mend v1.
        changed  the target is as it was
        next     npx movebook --project … resume fake --env dev
        report   … (mode 0600; sample rows are there, not here)
      "
    `);
  });

  test("has its rows in the report, 0600, and not on the screen", async () => {
    const { output } = await throwInLoad(failed("broken", [{ what: "a key", rows: [row] }]));
    expect(output).not.toContain("Ann Smith");
    expect(readReport()).toContain(row);
    expect(statSync(join(world.folder, listReports()[0] ?? "")).mode & 0o777).toBe(0o600);
  });

  test("shows its rows with --show-rows", async () => {
    const thrown = failed("broken", [{ what: "a key", rows: [row] }]);
    const { output } = await throwInLoad(thrown, { showRows: true });
    expect(output).toContain(row);
    expect(output).toContain("(mode 0600; the sample rows too)");
  });

  test("says where rows stand only when there are any, and which ones the report has alone", async () => {
    const { output } = await throwInLoad(failed("broken", [{ what: "a key" }]), { showRows: true });
    expect(output).toMatch(/report +\S+ \(mode 0600\)\n/);
    const many = Array.from({ length: 25 }, () => ({ what: "a key", rows: [row] }));
    const cut = await throwInLoad(failed("broken", many), { showRows: true });
    expect(cut.output).toContain("(mode 0600; all sample rows are there)");
  });

  test("with many problems shows twenty and names the report for the others", async () => {
    const problems = Array.from({ length: 25 }, (_, index) => ({ what: `problem ${index}` }));
    const { output } = await throwInLoad(failed("broken", problems));
    expect(output).toContain("… and 5 more: see the report");
    expect(readReport()).toContain("problem 24");
  });

  test("takes what has changed and what comes next from the one that knows", async () => {
    const facts = { exitCode: 1, what: "x", changed: "half of it", next: "make it so" } as const;
    const { output } = await throwInLoad(new Failure(facts));
    expect(output).toMatch(/changed +half of it\n +next +make it so/);
  });

  test("says that it does not know when the target cannot be asked", async () => {
    world.hooks.set("target.look", () => {
      throw new Error("no answer");
    });
    const { output } = await throwInLoad(failed("broken"));
    expect(output).toContain("unknown: the target could not be asked; nothing is assumed");
  });

  test("is told although the disk takes neither journal nor report", async () => {
    world.hooks.set("load.run", (context) => {
      const journal = join(context.runFolder, "journal.jsonl");
      // as root may write everywhere, a folder takes the journal's place
      execFileSync("sh", ["-c", `mv ${journal} ${journal}.moved && mkdir ${journal}`]);
      chmodSync(context.runFolder, 0o500);
      throw failed("the true reason");
    });
    const { exitCode, output } = await callRun(world);
    expect(exitCode).toBe(1);
    expect(output).toContain("the true reason");
    expect(output).toContain("the journal cannot be written");
  });
});

describe("an error that nobody expected", () => {
  test("shows its message, and its stack in the report only", async () => {
    const { exitCode, output } = await throwInLoad(new TypeError("x is not a function"));
    expect(exitCode).toBe(1);
    expect(output).toContain("unexpected error: x is not a function");
    expect(output).toContain("a defect of movebook");
    expect(output).not.toContain("failure.test.ts");
    expect(readReport()).toContain("failure.test.ts");
  });

  test("leaves a report also before there is a run", async () => {
    const { exitCode } = await callRun(
      world,
      {},
      {
        runbook: (runbook) => ({
          ...runbook,
          identity: () => {
            throw new TypeError("no identity");
          },
        }),
      },
    );
    expect(exitCode).toBe(1);
    expect(readReport()).toContain("TypeError: no identity");
  });

  test("of the system is no defect of ours", async () => {
    world.hooks.set("load.run", () => void readFileSync(join(world.folder, "missing")));
    const { output } = await callRun(world);
    expect(output).toContain("ENOENT: no such file");
    expect(output).not.toContain("defect");
  });

  test("that no step could catch ends the run in order, and is no cancellation", async () => {
    const controller = new AbortController();
    world.hooks.set("load.run", (context) => {
      controller.abort(new UncaughtError("", { cause: new TypeError("in a timer") }));
      context.signal.throwIfAborted();
    });
    const { exitCode, output } = await callRun(world, {}, { signal: controller.signal });
    expect(exitCode).toBe(1);
    expect(output).toContain("unexpected error: in a timer");
    expect(readReport()).toContain("failure.test.ts");
  });

  test("of a program has its last words in the report, not on the screen", async () => {
    const { output } = await throwInLoad(
      new CommandError("tool", { code: 3, signal: null }, `bad row: ${row}\n`),
    );
    expect(output).toContain("tool failed (exit code 3)");
    expect(output).not.toContain("Ann");
    expect(readReport()).toContain(row);
  });
});

describe("the exit code", () => {
  test.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [5, 5],
  ] as const)("of a failure with %i is %i", async (thrown, code) => {
    const { exitCode } = await throwInLoad(new Failure({ exitCode: thrown, what: "x" }));
    expect(exitCode).toBe(code);
  });

  test.each([
    [1, 6],
    [5, 6],
    [3, 3],
    [2, 2],
  ] as const)("of a failure with %i that leaves the target unsafe is %i", async (thrown, code) => {
    await callStep(world, "loosen");
    world.hooks.set("load.run", () => {
      throw new Failure({ exitCode: thrown, what: "x" });
    });
    const { exitCode, output } = await callStep(world, "load");
    expect(exitCode).toBe(code);
    const mends = /next +.* step fake tidy --env dev/.test(output);
    expect(mends).toBe(thrown !== 2);
  });

  test("of a cancelled run is 130, and 6 when the target is unsafe", async () => {
    const cancelled = async (step: string): Promise<number> => {
      const controller = new AbortController();
      world.hooks.set(`${step}.run`, (context) => {
        controller.abort(new Error("cancelled"));
        context.signal.throwIfAborted();
      });
      return (await callStep(world, step, { signal: controller.signal })).exitCode;
    };
    expect(await cancelled("load")).toBe(130);
    expect(world.journal().at(-1)).toMatchObject({ type: "step-failed", exitCode: 130 });
    await callStep(world, "loosen");
    expect(await cancelled("load")).toBe(6);
  });

  test("of missing settings is 2, with variable and file", async () => {
    world.hooks.set("look.run", () => {
      throw misused("DEV_TARGET is not set", [{ what: "not set", where: ".env.dev" }]);
    });
    const { exitCode, output } = await callRun(world);
    expect(exitCode).toBe(2);
    expect(output).toContain(".env.dev");
  });
});

test("with --json a failure is one object, without rows and without the stack", async () => {
  world.hooks.set("load.run", () => {
    throw failed("broken", [{ what: "a key", where: "Animal", rows: [row, row] }]);
  });
  const screen = captureScreen(true);
  await callRun(world, {}, { screen });
  const events = screen
    .stdout()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.find(({ type }) => type === "failure")).toMatchObject({
    v: 1,
    step: "load",
    exitCode: 1,
    problems: [{ what: "a key", where: "Animal", sampleRows: 2 }],
  });
  expect(events.at(-1)).toMatchObject({ type: "ended", exitCode: 1 });
  expect(screen.stdout()).not.toContain("Ann");
});
