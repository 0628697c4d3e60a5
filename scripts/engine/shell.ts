import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { $ as zx, quote, type ProcessOutput } from "zx/core";
import type { Command, Part } from "./command.ts";
import { BrokenPipe, Conversation, type Redirects } from "./conversation.ts";
import { endGroup, watchGroup } from "./process-group.ts";
import { createRedactor, redact } from "./redact.ts";
import { writeSecretFiles } from "./secret-files.ts";
import { childEnvironment } from "./settings.ts";

/** How a program ended. */
interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function describeEnd({ code, signal }: CommandEnd): string {
  if (signal !== null) return `ended by ${signal}`;
  return code === 0 ? "ended before it was done" : `exit code ${code}`;
}

/** A command that did not end with exit code 0. Its text holds only the program, the code and redacted output. */
export class CommandError extends Error {
  readonly program: string;
  readonly exitCode: number | null;
  readonly endedBy: NodeJS.Signals | null;
  /** The last 64 KB of standard error, redacted. May hold row values. */
  readonly stderr: string;
  /** The part that was not answered. */
  readonly part: Part | undefined;

  constructor(program: string, end: CommandEnd, stderr: string, part?: Part) {
    super(`${program} failed (${describeEnd(end)})`);
    this.name = "CommandError";
    this.program = program;
    this.exitCode = end.code;
    this.endedBy = end.signal;
    this.stderr = stderr;
    this.part = part;
  }
}

const keepOfStderr = 64 * 1024;
const graceAfterBrokenPipe = 5_000;

/** zx keeps all output of a child in memory, in these lists; ours forget it. */
class Forgetful extends Array<string | Buffer> {
  override push(): number {
    return 0;
  }
}

/**
 * Bash takes a standard input that is a socket, as Node's pipes are, for a remote shell's and reads ~/.bashrc: the
 * operator's aliases, paths and variables would have a say, and what it prints would stand in the output.
 * The words are bash's own arguments: Linux lets a single one, as the whole line would be, have 128 KB only.
 */
const spawnBash =
  (words: readonly string[]) =>
  (line: string, _args: readonly string[], options: SpawnOptions): ChildProcess =>
    spawn("bash", ["--norc", "--noprofile", "-c", line, ...words], { ...options, shell: false });

/** The one private zx: every option is set here, so that no ZX_* variable of the machine has a say. */
const shell = zx({
  quiet: true,
  verbose: false,
  nothrow: true,
  // a process group of its own, so that Ctrl-C in the terminal reaches us first and we end the whole group
  detached: true,
  shell: "bash",
  prefix: "set -euo pipefail;",
  postfix: "",
  quote,
  preferLocal: false,
  stdio: ["pipe", "pipe", "pipe"],
  timeout: 0,
  timeoutSignal: "SIGTERM",
  killSignal: "SIGTERM",
  store: { stdout: new Forgetful(), stderr: new Forgetful(), stdall: new Forgetful() },
});

/** Collects the last 64 KB of a stream, redacted across chunk borders. */
function keepTail(child: ChildProcess): () => string {
  const redactor = createRedactor();
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + redactor.push(chunk)).slice(-keepOfStderr);
  });
  return () => redact(text + redactor.flush());
}

async function talk(
  command: Command,
  child: ChildProcess,
  running: Promise<ProcessOutput>,
  redirects: Redirects,
): Promise<void> {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error(`${command.program} has no pipes`);
  const stderr = keepTail(child);
  const conversation = new Conversation(stdin, stdout, redirects);
  const fail = ({ exitCode: code, signal }: ProcessOutput): never => {
    throw new CommandError(command.program, { code, signal }, stderr(), conversation.current);
  };
  const endedEarly = running.then(fail);
  endedEarly.catch(() => undefined);
  try {
    await conversation.hold(command.parts ?? [], endedEarly);
  } catch (error) {
    // it stopped reading because it ends: why, stands in its exit code and on its standard error
    if (error instanceof BrokenPipe)
      await Promise.race([endedEarly, sleep(graceAfterBrokenPipe, undefined, { ref: false })]);
    throw error;
  }
  stdin.end();
  const output = await running;
  if (output.exitCode !== 0) fail(output);
}

/** Ends what is left of a child, and waits until it is gone. */
async function endChild(child: ChildProcess, running: Promise<unknown>): Promise<void> {
  if (child.pid !== undefined) await endGroup(child.pid);
  // whoever escaped from the group may still hold the pipes
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
  await running;
}

async function converse(
  command: Command,
  child: ChildProcess,
  running: Promise<ProcessOutput>,
  signal: AbortSignal,
  redirects: Redirects,
): Promise<void> {
  const forget = child.pid === undefined ? undefined : watchGroup(child.pid);
  const talked = new AbortController();
  const aborted = once(signal, "abort", { signal: talked.signal }).catch(() => undefined);
  try {
    await Promise.race([talk(command, child, running, redirects), aborted]);
    signal.throwIfAborted();
  } catch (error) {
    await endChild(child, running);
    signal.throwIfAborted();
    throw error;
  } finally {
    talked.abort();
    forget?.();
  }
}

const reveal = (makers: Command["secretEnvironment"] = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(makers).map(([variable, make]) => [variable, make()]));

/**
 * Runs one command. Its environment is a minimal one plus what the command names; secrets go through files of
 * mode 0600 in `folder` that are removed whatever happens, or through variables of this one process. Standard input is closed unless the command has parts.
 * @param folder for the secret files, mode 0700; the command's working directory
 * @throws CommandError when it ended otherwise than with exit code 0; the signal's reason when it was aborted
 */
export async function executeCommand(
  command: Command,
  folder: string,
  signal: AbortSignal,
  redirects: Redirects = {},
): Promise<void> {
  signal.throwIfAborted();
  const secrets = writeSecretFiles(command.secretFiles ?? {}, folder);
  try {
    const env = {
      ...childEnvironment(),
      ...command.environment,
      ...secrets.variables,
      ...reveal(command.secretEnvironment),
    };
    const words = spawnBash([command.program, ...command.args]) as typeof spawn;
    const running = shell({ env, cwd: folder, spawn: words })`exec "$0" "$@"`;
    await converse(command, running.child as ChildProcess, running, signal, redirects);
  } finally {
    secrets.remove();
  }
}
