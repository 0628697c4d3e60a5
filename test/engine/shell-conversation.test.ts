import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Part } from "../../scripts/engine/command.ts";
import { CommandError } from "../../scripts/engine/shell.ts";
import { until } from "./fixtures/child-process.ts";
import { catchError, make, makeShell, ShellFolder } from "./fixtures/shell-folder.ts";

let shell: ShellFolder;

beforeEach(() => {
  shell = new ShellFolder();
});
afterEach(() => shell.remove());

const say = (answer: string): Part => ({ input: [{ text: `say ${answer}\n` }], answer });

describe("a conversation", () => {
  test("sends a part only after the answer to the one before", async () => {
    const log: string[] = [];
    await shell.execute(make(["converse", shell.out], { parts: [say("one"), say("two")] }), {
      onPart: (part) => log.push(`part ${part.answer}: ${shell.readOut().trim()}`),
      onAnswer: (part) => log.push(`answer ${part.answer}`),
    });
    expect(log).toEqual(["part one: ", "answer one", "part two: say one", "answer two"]);
    expect(shell.readOut()).toBe("say one\nsay two\n(end of input)\n");
  });

  test("hands lines that are no answers to the caller, whole", async () => {
    const lines: string[] = [];
    const part = { input: [{ text: "say größe ✓\nsay done\n" }], answer: "done" };
    await shell.execute(make(["converse", shell.out], { parts: [part] }), {
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(["größe ✓"]);
  });

  test("streams a stretch of a file, without the fields that are left out", async () => {
    const file = join(shell.folder, "rows");
    writeFileSync(file, "before\n1\tAnn\tx\n2\tBob\ty\nafter\n");
    const input = { file, start: 7, end: 23, skipFields: [1], title: "rows" };
    const parts = [{ input: [input, { text: "say done\n" }], answer: "done" }];
    const bytes: number[] = [];
    await shell.execute(make(["converse", shell.out], { parts }), {
      onBytes: (count) => bytes.push(count),
    });
    expect(shell.readOut()).toBe("1\tx\n2\ty\nsay done\n(end of input)\n");
    expect(bytes).toEqual([16]);
  });

  test("breaks off when a file is shorter than it should be, and sends nothing after it", async () => {
    const file = join(shell.folder, "rows");
    writeFileSync(file, "1\tAnn\n");
    const input = { file, start: 0, end: 600, title: "rows of Animal" };
    const parts = [{ input: [input, { text: "say commit\n" }], answer: "commit" }];
    const running = shell.execute(make(["converse", shell.out], { parts }));
    await expect(running).rejects.toThrow("is shorter than it should be");
    expect(shell.readOut()).not.toContain("commit");
  });

  test("breaks off when a file is not there", async () => {
    const input = { file: join(shell.folder, "missing"), start: 0, end: 6, title: "rows" };
    const parts = [{ input: [input], answer: "done" }];
    await expect(shell.execute(make(["converse", shell.out], { parts }))).rejects.toThrow("ENOENT");
  });

  test("breaks off when the caller vetoes a line", async () => {
    const parts = [{ input: [{ text: "say 5 rows\nsay done\n" }], answer: "done" }, say("commit")];
    const running = shell.execute(make(["converse", shell.out], { parts }), {
      onLine: () => {
        throw new Error("not the rows of the dump");
      },
    });
    await expect(running).rejects.toThrow("not the rows of the dump");
    expect(shell.readOut()).not.toContain("commit");
  });

  test("with a program that ends in between names the part, and the end", async () => {
    const line = "read line; echo one; read line; echo broken >&2; exit 3";
    const parts = [say("one"), say("two"), say("three")];
    const error = await catchError(shell.execute(makeShell(line, { parts })));
    expect(error).toMatchObject({ exitCode: 3, stderr: "broken\n" });
    expect(error.part?.answer).toBe("two");
  });

  test("with a program that ends in between with exit code 0 is a failure", async () => {
    const line = "read line; echo one";
    const parts = [say("one"), say("two")];
    const error = await catchError(shell.execute(makeShell(line, { parts })));
    expect(error.message).toContain("ended before it was done");
  });

  test.each([0, 4])(
    "with a program that dies in the middle of a large part tells its exit code (%i), not EPIPE",
    async (code) => {
      const file = join(shell.folder, "large");
      writeFileSync(file, "x".repeat(1 << 20).repeat(16));
      const parts = [{ input: [{ file, start: 0, end: 16 << 20, title: "rows" }], answer: "done" }];
      const error = await catchError(shell.execute(make(["leave", String(code)], { parts })));
      expect(error).toBeInstanceOf(CommandError);
      expect(error).toMatchObject({ exitCode: code, stderr: "no more, thank you\n" });
    },
  );

  test("with a program that closes its input and goes on living is ended", async () => {
    const parts = [
      { input: [{ text: "x".repeat(1 << 20) }, { text: "x".repeat(1 << 20) }], answer: "done" },
    ];
    const line = "exec 0<&-; sleep 60";
    const running = shell.execute(makeShell(line, { parts }));
    await expect(running).rejects.toThrow("the command no longer reads");
  }, 20_000);

  test("reads the end of its input when we are killed, and not the part that was to come", async () => {
    const hold = { input: [{ text: "hold\n" }], answer: "never" };
    const parent = shell.startParent(
      make(["converse", shell.out], { parts: [say("one"), hold, say("commit")] }),
    );
    await until("the part is there", () => shell.readOut().includes("hold"));
    parent.kill("SIGKILL");
    await until("the program has read the end", () => shell.readOut().includes("(end of input)"));
    expect(shell.readOut()).toBe("say one\nhold\n(end of input)\n");
  });
});
