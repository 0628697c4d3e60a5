import { PassThrough } from "node:stream";
import { afterEach, describe, expect, test, vi } from "vitest";
import { passed, problem, warned } from "../../scripts/engine/check.ts";
import { forgetSecrets, registerSecret } from "../../scripts/engine/redact.ts";
import { Screen } from "../../scripts/engine/screen.ts";
import { captureScreen } from "./fixtures/in-process.ts";

const canary = "canary-0815-pass";

afterEach(() => {
  forgetSecrets();
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe("the screen, piped", () => {
  test("prints plain lines without escape codes", () => {
    const { screen, stdout } = captureScreen();
    screen.heading("Title");
    screen.good("fine");
    screen.bad("broken");
    screen.field("next", "one\ntwo");
    // oxlint-disable-next-line no-control-regex -- that is what is looked for
    expect(stdout()).not.toMatch(/\u001b/);
    expect(stdout()).toContain("✓ fine\n✗ broken\n  next     one\n           two\n");
  });

  test("prints checks with marks; what is wrong with where and what to do", () => {
    const { screen, stdout } = captureScreen();
    screen.section({
      heading: "Git checks:",
      results: [
        passed("On branch 'dev'"),
        warned("Two tools", { details: ["a", "b"] }),
        problem("Tree dirty", { where: "a.txt", todo: "Commit it." }),
      ],
    });
    expect(stdout()).toBe(
      [
        "Git checks:",
        "  ✓ On branch 'dev'",
        "  ! Two tools",
        "      a",
        "      b",
        "  ✗ Tree dirty",
        "      a.txt",
        "      → Commit it.",
        "",
        "",
      ].join("\n"),
    );
  });

  test("shows progress as a line in ten seconds, and says when nothing has moved", () => {
    vi.useFakeTimers();
    const { screen, stdout } = captureScreen();
    screen.progress("1 of 9 rows");
    for (let seconds = 0; seconds < 9; seconds += 1) {
      vi.advanceTimersByTime(1_000);
      screen.progress(`${seconds} of 9 rows`);
    }
    expect(stdout()).toBe("");
    vi.advanceTimersByTime(1_000);
    vi.advanceTimersByTime(10_000);
    expect(stdout()).toBe("  … 8 of 9 rows\n  … 8 of 9 rows (still)\n");
    screen.settle();
    vi.advanceTimersByTime(60_000);
    expect(stdout().split("\n")).toHaveLength(3);
  });

  test("masks secrets in everything", () => {
    registerSecret(canary);
    const { screen, stdout, stderr } = captureScreen(true);
    screen.line(`x ${canary}`);
    screen.heading(canary);
    screen.field("what", canary);
    screen.section({ heading: canary, results: [problem(canary, { where: canary })] });
    screen.event("failure", { what: canary, deep: { list: [`postgres://u:${canary}@h`] } });
    screen.progress(canary, { rows: 1 });
    screen.settle();
    expect(stdout() + stderr()).not.toContain(canary);
    expect(stderr()).toContain("[secret]");
  });

  test("prints a very long line whole", () => {
    const { screen, stdout } = captureScreen();
    screen.line("x".repeat(1_000_000));
    expect(stdout()).toHaveLength(1_000_001);
  });

  test("does not ask, and does not break when its reader has gone", () => {
    const { screen, streams } = captureScreen();
    expect(screen.canAsk).toBe(false);
    const error = Object.assign(new Error("EPIPE"), { code: "EPIPE" });
    for (const stream of [streams.stdout, streams.stderr])
      expect(() => stream.emit("error", error)).not.toThrow();
  });
});

describe("with --json", () => {
  test("each line on stdout is an object with v, at and type; people's output is on stderr", () => {
    const { screen, stdout, stderr } = captureScreen(true);
    screen.line("for people");
    screen.section({ heading: "Tools:", results: [passed("psql"), problem("pg_dump")] });
    screen.progress("loading", { rows: 5, bytes: 6 });
    screen.event("ended", { exitCode: 0 });
    screen.settle();
    const events = stdout()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toMatchObject([
      { v: 1, type: "check", section: "Tools", outcome: "passed", text: "psql" },
      { v: 1, type: "check", section: "Tools", outcome: "problem", text: "pg_dump" },
      { v: 1, type: "progress", text: "loading", rows: 5, bytes: 6 },
      { v: 1, type: "ended", exitCode: 0 },
    ]);
    for (const { at } of events) expect(Date.parse(String(at))).not.toBeNaN();
    expect(stderr()).toContain("for people");
    expect(stdout()).not.toContain("for people");
  });

  test("a secret that is a word of JSON does not break the line", () => {
    for (const word of ["type", '":"', "true"]) registerSecret(word);
    const { screen, stdout } = captureScreen(true);
    screen.event("check", { isFine: true, text: 'a "quoted" text' });
    expect(JSON.parse(stdout())).toMatchObject({ v: 1, type: "check", isFine: true });
  });

  test("without it there is nothing on stdout for programs", () => {
    const { screen, stdout } = captureScreen();
    screen.event("ended", { exitCode: 0 });
    expect(stdout()).toBe("");
  });
});

describe("on a terminal", () => {
  const makeTerminal = (noColor: boolean) => {
    let text = "";
    const out = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    out.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const streams = { stdout: out, stderr: out, stdin } as never;
    return { screen: new Screen({ json: false, noColor, streams }), text: () => text };
  };

  test("there are colours, and none with NO_COLOR", () => {
    const [coloured, plain] = [makeTerminal(false), makeTerminal(true)];
    for (const { screen } of [coloured, plain]) screen.good("fine");
    expect(coloured.text()).toBe("\u001b[32m✓\u001b[39m fine\n");
    expect(plain.text()).toBe("✓ fine\n");
  });

  test("that is dumb, there are neither colours nor a spinner", () => {
    vi.stubEnv("TERM", "dumb");
    const { screen, text } = makeTerminal(false);
    screen.good("fine");
    screen.progress("loading");
    screen.settle();
    expect(text()).toBe("✓ fine\n");
    expect(screen.columns).toBe(100);
  });

  test("an answer is what was typed; the end of input is no answer", async () => {
    const { signal } = new AbortController();
    expect(await captureScreen(false, true, " shop \n").screen.ask("Name?", signal)).toBe("shop");
    const ended = captureScreen(false, true);
    const asked = ended.screen.ask("Name?", signal);
    (ended.streams.stdin as unknown as PassThrough).end();
    expect(await asked).toBe("");
  });

  test("a question ends with what the signal says", async () => {
    const controller = new AbortController();
    const asked = captureScreen(false, true).screen.ask("Name?", controller.signal);
    controller.abort(new Error("cancelled"));
    await expect(asked).rejects.toThrow("cancelled");
  });
});
