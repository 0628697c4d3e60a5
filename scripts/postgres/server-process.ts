import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { failed, type Failure } from "../engine/failure.ts";
import { serverEnvironment } from "./cluster.ts";
import type { ServerPrograms } from "./server-programs.ts";
import type { ServerUser } from "./shared-cache.ts";

/** The child that stops the server and removes its folder when our end of its standard input closes. */
export interface Keeper {
  readonly child: ChildProcess;
  readonly input: Socket;
  readonly output: Socket;
}

/** Starts the keeper of a folder, before anything is put into it. */
export function startKeeper(folder: string): Keeper {
  const script = fileURLToPath(new URL("server-keeper.mjs", import.meta.url));
  // Detached: Ctrl-C at a terminal reaches us and not the server, which ends when we have ended.
  const child = spawn(process.execPath, [script, folder], {
    // Not in the folder that it removes; without NODE_OPTIONS, which could slow it down or stop it.
    cwd: tmpdir(),
    env: serverEnvironment,
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const { stdin: input, stdout: output } = child;
  if (!(input instanceof Socket && output instanceof Socket))
    throw new TypeError("pipes of a child are sockets");
  // A server that is not stopped does not keep our process alive.
  for (const handle of [child, input, output]) handle.unref();
  input.on("error", () => undefined);
  return { child, input, output };
}

const hasEnded = ({ child }: Keeper): boolean =>
  child.exitCode !== null || child.signalCode !== null;

/** Stops the server, removes its folder, and waits for both. */
export async function stopKeeper(keeper: Keeper): Promise<void> {
  keeper.child.ref();
  keeper.input.end();
  if (!hasEnded(keeper)) await once(keeper.child, "exit");
}

/** What to start. */
export interface Start {
  readonly programs: ServerPrograms;
  readonly user: ServerUser | undefined;
  readonly folder: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Added to the server's fixed environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Starts postgres under its keeper, on a port that was free. Another process may take the port between our asking for
 * it and the server's binding it: then it is tried again.
 * @returns the port, when the server accepts connections
 * @throws Failure with the last lines of the server's log
 */
export async function startPostgres(keeper: Keeper, start: Start): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const reason = await tryPort(keeper, start, port);
    if (reason === undefined) return port;
    const log = await readFile(join(start.folder, "server.log"), "utf8").catch(() => "");
    if (attempt === 5 || !/could not bind|already in use/iu.test(log))
      throw didNotStart(start, reason, log);
    await rm(join(start.folder, "server.log"), { force: true });
  }
}

/** @returns why it did not start; undefined when it accepts connections */
async function tryPort(keeper: Keeper, start: Start, port: number): Promise<string | undefined> {
  const log = join(start.folder, "server.log");
  const order = {
    ...buildServerCall(start, port),
    log,
    user: start.user,
    environment: { ...serverEnvironment, ...start.environment },
  };
  await writeFile(log, "", { flag: "a", mode: 0o600 });
  const reports: string[] = [];
  const lines = createInterface({ input: keeper.output }).on("line", (line) => reports.push(line));
  keeper.input.write(`${JSON.stringify(order)}\n`);
  try {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await delay(10)) {
      if (await isReady(start.folder)) return undefined;
      if (reports.length > 0) return reports.join("; ");
      if (hasEnded(keeper)) return "the process that keeps it has ended";
    }
    return "no connection after 60 seconds";
  } finally {
    lines.close();
  }
}

/** The postmaster writes its state into the last line of its pid file, as pg_ctl reads it. */
async function isReady(folder: string): Promise<boolean> {
  const lines = await readFile(join(folder, "data", "postmaster.pid"), "utf8").catch(() => "");
  return lines.split("\n")[7]?.trim() === "ready";
}

const defaultSettings: Readonly<Record<string, string>> = {
  unix_socket_directories: "",
  max_connections: "60",
  shared_buffers: "64MB",
  max_wal_size: "2GB",
  wal_level: "minimal",
  max_wal_senders: "0",
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  // Compiling a query takes longer than running it on data of this size.
  jit: "off",
  TimeZone: "UTC",
  log_timezone: "UTC",
};

function buildServerCall(start: Start, port: number): { program: string; args: string[] } {
  const settings = {
    ...defaultSettings,
    ...start.settings,
    listen_addresses: "127.0.0.1",
    port: String(port),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return { program: start.programs.postgres, args: ["-D", join(start.folder, "data"), ...args] };
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string")
    throw new TypeError("a TCP socket has a port");
  return address.port;
}

function didNotStart({ programs }: Start, reason: string, log: string): Failure {
  const details = log.trimEnd().split("\n").slice(-20);
  return failed(
    `${programs.postgres} did not start: ${reason}; its log ends with: ${details.at(-1)}`,
    [{ what: "the last lines of the server's log", details }],
  );
}
