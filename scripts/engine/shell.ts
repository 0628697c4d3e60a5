import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ChildProcess } from "node:child_process";
import { $ as zx, quote, type ProcessOutput } from "zx/core";
import type { Command, Part } from "./command.ts";
import { Conversation, type Redirects } from "./conversation.ts";
import { createRedactor, redact } from "./redact.ts";
import { childEnvironment } from "./settings.ts";

/** A command that did not end with exit code 0. Its text holds only the program, the code and redacted output. */
export class CommandError extends Error {
  readonly program: string;
  readonly exitCode: number | null;
  readonly endedBy: NodeJS.Signals | null;
  /** The last 64 KB of standard error, redacted. May hold row values. */
  readonly stderr: string;
  /** The title of the part that was not answered. */
  readonly part: Part | undefined;

  constructor(
    program: string,
    end: { code: number | null; signal: NodeJS.Signals | null },
    stderr: string,
    part?: Part,
  ) {
    const how = end.signal === null ? `exit code ${end.code}` : `ended by ${end.signal}`;
    super(`${program} failed (${how})`);
    this.name = "CommandError";
    this.program = program;
    this.exitCode = end.code;
    this.endedBy = end.signal;
    this.stderr = stderr;
    this.part = part;
  }
}

const keepOfStderr = 64 * 1024;
const graceAfterTerm = 5_000;

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
});

const live = new Set<ChildProcess>();

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // it ended between the look and the signal
  }
}

// The last resort: whatever ends us in a way that still runs handlers, no child outlives us.
process.on("exit", () => {
  for (const child of live) endGroup(child, "SIGKILL");
});

function writeSecretFiles(
  command: Command,
  folder: string,
): { variables: Record<string, string>; remove: () => void } {
  const entries = Object.entries(command.secretFiles ?? {});
  if (entries.length === 0) return { variables: {}, remove: () => undefined };
  const own = mkdtempSync(join(folder, ".secret-"));
  const variables: Record<string, string> = {};
  for (const [variable, make] of entries) {
    variables[variable] = join(own, variable);
    writeFileSync(variables[variable], make(), { mode: 0o600, flag: "wx" });
  }
  return { variables, remove: () => rmSync(own, { recursive: true, force: true }) };
}

/** Collects the last 64 KB of a stream, redacted across chunk borders. */
function keepTail(child: ChildProcess): () => string {
  const redactor = createRedactor();
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + redactor.push(chunk)).slice(-keepOfStderr);
  });
  return () => redact(text + redactor.flush());
}

/** Ends the whole group, kindly and then by force. */
function endChild(child: ChildProcess): void {
  endGroup(child, "SIGTERM");
  setTimeout(() => endGroup(child, "SIGKILL"), graceAfterTerm).unref();
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
  const fail = (output: ProcessOutput): never => {
    throw new CommandError(
      command.program,
      { code: output.exitCode, signal: output.signal },
      stderr(),
      conversation.current,
    );
  };
  const endedEarly = running.then(fail);
  endedEarly.catch(() => undefined);
  await conversation.hold(command.parts ?? [], endedEarly);
  stdin.end();
  const output = await running;
  if (output.exitCode !== 0) fail(output);
}

/**
 * Runs one command. Its environment is a minimal one plus what the command names; secrets go through files of
 * mode 0600 in `folder` that are removed whatever happens. Standard input is closed unless the command has parts.
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
  const secrets = writeSecretFiles(command, folder);
  const env = { ...childEnvironment(), ...command.environment, ...secrets.variables };
  const running = shell({ env, cwd: folder })`exec ${command.program} ${command.args}`;
  const child = running.child as ChildProcess;
  const end = (): void => endChild(child);
  live.add(child);
  signal.addEventListener("abort", end, { once: true });
  try {
    await talk(command, child, running, redirects);
  } catch (error) {
    end();
    await running;
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", end);
    live.delete(child);
    secrets.remove();
  }
}
