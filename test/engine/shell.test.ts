import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { describeCommand } from "../../scripts/engine/execute-step.ts";
import { forgetSecrets, registerSecret } from "../../scripts/engine/redact.ts";
import { CommandError } from "../../scripts/engine/shell.ts";
import { isRunning, until } from "./fixtures/child-process.ts";
import { catchError, make, makeShell, ShellFolder } from "./fixtures/shell-folder.ts";

const canary = "canary-0815-pass";
let shell: ShellFolder;

beforeEach(() => {
  shell = new ShellFolder();
});
afterEach(() => {
  shell.remove();
  vi.unstubAllEnvs();
  forgetSecrets();
});

describe("a command", () => {
  test("gets its arguments as they are: blanks, quotes, newlines, dollars, nothing", async () => {
    const words = ["a b", `it's "so"`, "two\nlines", "$HOME `id` $(id)", "", "ü✓", "-x", "*", "\\"];
    await shell.execute(make(["write", shell.out, ...words]));
    expect(JSON.parse(shell.readOut())).toEqual(words);
  });

  test("may have many arguments: those of a dump that names thousands of tables", async () => {
    const words = Array.from({ length: 5_000 }, (_, at) => `--table="public"."measurement_${at}"`);
    await shell.execute(make(["write", shell.out, ...words]));
    expect(JSON.parse(shell.readOut())).toEqual(words);
  });

  test("that fails is an error with its exit code and its last words", async () => {
    const error = await catchError(shell.execute(make(["fail", "3", "ERROR: no such thing\n"])));
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ exitCode: 3, endedBy: null, stderr: "ERROR: no such thing\n" });
    expect(error.message).toBe(`${process.execPath} failed (exit code 3)`);
  });

  test("that is not there is an error too", async () => {
    const error = await catchError(shell.execute({ ...make([]), program: "no-such-program" }));
    expect(error).toMatchObject({ exitCode: 127 });
    expect(error.stderr).toContain("no-such-program");
  });

  test("that was killed says by what", async () => {
    const line = "kill -9 $$";
    const error = await catchError(shell.execute(makeShell(line)));
    expect(error).toMatchObject({ endedBy: "SIGKILL" });
    expect(error.message).toContain("ended by SIGKILL");
  });

  test("keeps of a long standard error its end, redacted", async () => {
    registerSecret(canary);
    const text = `${"noise ".repeat(20_000)}password ${canary} is wrong\n`;
    writeFileSync(join(shell.folder, "text"), text);
    const line = `cat ${join(shell.folder, "text")} >&2; exit 1`;
    const { stderr } = await catchError(shell.execute(makeShell(line)));
    expect(stderr.length).toBeLessThan(70_000);
    expect(stderr).toContain("password [secret] is wrong");
    expect(stderr).not.toContain(canary);
  });

  test("with warnings on standard error and exit code 0 is fine", async () => {
    const running = shell.execute(make(["fail", "0", "pg_dump: warning: circular\n"]));
    await expect(running).resolves.toBeUndefined();
  });

  test("without parts finds its standard input closed", async () => {
    await shell.execute(makeShell(`cat > ${shell.out}; echo end >> ${shell.out}`));
    expect(shell.readOut()).toBe("end\n");
  });

  test("has a minimal environment: nothing of PG*, ZX_*, NODE_OPTIONS, nor secrets", async () => {
    for (const name of ["PGPASSWORD", "PGHOST", "DATABASE_URL", "ZX_VERBOSE", "BASH_ENV", "ENV"])
      vi.stubEnv(name, canary);
    vi.stubEnv("NODE_OPTIONS", "--no-warnings");
    await shell.execute(
      make(["environment", shell.out], { environment: { PGCLIENTENCODING: "UTF8" } }),
    );
    const environment = JSON.parse(shell.readOut()) as Record<string, string>;
    expect(Object.keys(environment).filter((name) => /^(PG|ZX_|NODE_)/.test(name))).toEqual([
      "PGCLIENTENCODING",
    ]);
    expect(JSON.stringify(environment)).not.toContain(canary);
    expect(environment["PATH"]).toBe(process.env["PATH"]);
  });

  test("is not touched by the start files of the operator's shell", async () => {
    for (const name of [".bashrc", ".bash_profile", ".profile"])
      writeFileSync(join(shell.folder, name), "export PGHOST=elsewhere; echo hello; exit 7\n");
    vi.stubEnv("HOME", shell.folder);
    const lines: string[] = [];
    const onLine = (line: string): void => void lines.push(line);
    await shell.execute(make(["environment", shell.out]), { onLine });
    expect(JSON.parse(shell.readOut())).not.toHaveProperty("PGHOST");
    expect(lines).toEqual([]);
  });

  test("is not begun when the run was cancelled before", async () => {
    const signal = AbortSignal.abort(new Error("cancelled"));
    await expect(shell.execute(make(["write", shell.out]), {}, signal)).rejects.toThrow(
      "cancelled",
    );
    expect(existsSync(shell.out)).toBe(false);
  });
});

describe("secret variables", () => {
  const secretEnvironment = { API_TOKEN: () => canary };

  test("reach the program, and stand in no argument and no description", async () => {
    const command = make(["environment", shell.out], { secretEnvironment });
    await shell.execute(command);
    expect(JSON.parse(shell.readOut())).toMatchObject({ API_TOKEN: canary });
    expect(JSON.stringify(command)).not.toContain(canary);
    expect(describeCommand(command).join()).not.toContain(canary);
  });

  test("are made when the program starts, and not before", async () => {
    const never = { API_TOKEN: () => expect.unreachable("it was made") };
    const command = make(["environment", shell.out], { secretEnvironment: never });
    describeCommand(command);
    const signal = AbortSignal.abort(new Error("cancelled"));
    await expect(shell.execute(command, {}, signal)).rejects.toThrow("cancelled");
  });

  test("are masked where the program prints them as it fails", async () => {
    registerSecret(canary);
    const line = 'echo "bad token $API_TOKEN" >&2; exit 1';
    const { stderr } = await catchError(shell.execute(makeShell(line, { secretEnvironment })));
    expect(stderr).toBe("bad token [secret]\n");
  });
});

describe("secret files", () => {
  const secretFiles = { PASSFILE: () => canary };
  const leftOver = (): string[] =>
    readdirSync(shell.folder).filter((name) => name.startsWith(".secret"));

  test("are 0600, named by a variable, gone afterwards; no argument holds the secret", async () => {
    await shell.execute(make(["secret", shell.out], { secretFiles }));
    const seen = JSON.parse(shell.readOut()) as { path: string; mode: string; args: string[] };
    expect(seen).toMatchObject({ mode: "600", text: canary });
    expect(seen.args.join(" ")).not.toContain(canary);
    expect(existsSync(seen.path)).toBe(false);
    expect(leftOver()).toEqual([]);
  });

  test("are gone after a failure", async () => {
    await catchError(shell.execute(make(["fail", "1", ""], { secretFiles })));
    expect(leftOver()).toEqual([]);
  });

  test("are gone when one of them cannot be made", async () => {
    const broken = {
      ...secretFiles,
      OTHER: () => {
        throw new Error("no certificate");
      },
    };
    await expect(
      shell.execute(make(["write", shell.out], { secretFiles: broken })),
    ).rejects.toThrow("no certificate");
    expect(leftOver()).toEqual([]);
    expect(existsSync(shell.out)).toBe(false);
  });

  test("are gone when the command was killed", async () => {
    const line = "kill -9 $$";
    await catchError(shell.execute(makeShell(line, { secretFiles })));
    expect(leftOver()).toEqual([]);
  });

  test("are gone when our process exits at once", async () => {
    const command = make(["wait", join(shell.folder, "never")]);
    const parent = shell.startParent(command);
    await until("the secret file", () => leftOver().length === 1);
    parent.kill("SIGUSR2");
    await until("the parent has ended", () => parent.exitCode !== null);
    expect(leftOver()).toEqual([]);
  });
});

describe("output", () => {
  test("of half a gigabyte does not stay in memory", async () => {
    const before = process.memoryUsage().rss;
    let most = 0;
    let lines = 0;
    await shell.execute(make(["flood", "512"]), {
      onLine: () => {
        lines += 1;
        if (lines % 10_000 === 0) most = Math.max(most, process.memoryUsage().rss);
      },
    });
    expect(lines).toBe(512 * 1_024);
    expect(most - before).toBeLessThan(300 << 20);
  });

  test("with a line of many megabytes is read in good time", async () => {
    const lengths: number[] = [];
    await shell.execute(make(["longLine", "32"]), { onLine: (line) => lengths.push(line.length) });
    expect(lengths).toEqual([32 << 20, 3]);
  });
});

describe("cancelling", () => {
  const family = async (ignores: string): Promise<number[]> => {
    const controller = new AbortController();
    const running = shell.execute(make(["family", shell.out, ignores]), {}, controller.signal);
    running.catch(() => undefined);
    await until("the family is there", () => shell.readOut().includes("]"));
    const pids = JSON.parse(shell.readOut()) as number[];
    expect(pids.map(isRunning)).toEqual([true, true]);
    controller.abort(new Error("cancelled"));
    await expect(running).rejects.toThrow("cancelled");
    return pids;
  };

  test("ends a child that ignores SIGTERM by force, and its child with it", async () => {
    const pids = await family("ignores");
    await until("both are gone", () => !pids.some(isRunning));
    expect(pids).toHaveLength(2);
  }, 20_000);

  test("ends a grandchild that ignores SIGTERM and holds the pipes of a child that is gone", async () => {
    const pids = await family("obeys");
    await until("both are gone", () => !pids.some(isRunning));
    expect(pids).toHaveLength(2);
  }, 20_000);

  test("ends the children also when our process exits at once", async () => {
    const parent = shell.startParent(make(["family", shell.out, "ignores"]));
    await until("the family is there", () => shell.readOut().includes("]"));
    const pids = JSON.parse(shell.readOut()) as number[];
    parent.kill("SIGUSR2");
    await until("both are gone", () => !pids.some(isRunning));
    expect(pids).toHaveLength(2);
  });
});

test("ZX_* variables have no effect", async () => {
  const hostile = {
    ZX_VERBOSE: "true",
    ZX_TIMEOUT: "1ms",
    ZX_TIMEOUT_SIGNAL: "SIGKILL",
    ZX_PREFIX: "echo hacked;",
    ZX_POSTFIX: "; echo hacked",
    ZX_SHELL: "/bin/false",
    ZX_DETACHED: "false",
    ZX_PREFER_LOCAL: "true",
    ZX_CWD: "/nowhere",
  };
  const parent = shell.startParent(make(["environment", shell.out]), hostile);
  const code = await new Promise((resolve) => parent.on("close", resolve));
  expect(code).toBe(0);
  expect(
    Object.keys(JSON.parse(shell.readOut()) as object).filter((name) => name.startsWith("ZX_")),
  ).toEqual([]);
});
