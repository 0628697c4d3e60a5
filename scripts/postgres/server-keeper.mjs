// Keeps one throw-away server: a child of the process that wants the server, and the parent of postgres. Standard
// input is a pipe that only that process holds. When it closes - stop(), exit, a signal, kill -9 - postgres is stopped
// and the folder goes. Plain JavaScript, because it must start in milliseconds and outlive what started it.
import { spawn } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";

const [, , folder = ""] = process.argv;

// The child process of postgres, while it runs.
let server;
let ending = false;

/** @param {{ program: string, args: string[], log: string, user?: { uid: number, gid: number }, environment: Record<string, string> }} order */
function start(order) {
  const log = openSync(order.log, "a");
  const child = spawn(order.program, order.args, {
    cwd: folder,
    env: order.environment,
    stdio: ["ignore", log, log],
    ...order.user,
  });
  closeSync(log);
  child.once("error", (error) => report(`exited ${error.message}`));
  child.once("exit", (code, signal) => {
    if (server === child) server = undefined;
    if (ending) end();
    else report(`exited ${code ?? signal}`);
  });
  server = child;
}

/** @param {string} line */
function report(line) {
  if (!ending) process.stdout.write(`${line.replaceAll("\n", " ")}\n`);
}

/** Fast shutdown first; then immediate; the data is thrown away in any case. */
function end() {
  ending = true;
  if (server?.pid !== undefined && server.exitCode === null && server.signalCode === null) {
    server.kill("SIGINT");
    setTimeout(() => server?.kill("SIGQUIT"), 5_000).unref();
    setTimeout(() => server?.kill("SIGKILL"), 15_000).unref();
    return;
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  process.exit(0);
}

process.stdout.on("error", () => undefined);
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, end);
createInterface({ input: process.stdin })
  .on("line", (line) => start(JSON.parse(line)))
  .on("close", end);
