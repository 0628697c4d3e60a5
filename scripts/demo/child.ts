import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Screen } from "../engine/screen.ts";
import { childEnvironment, environmentVariable } from "../engine/settings.ts";

const script = fileURLToPath(new URL("../movebook.mjs", import.meta.url));
const passedOn = ["PG_BIN", "NO_COLOR", "FORCE_COLOR", "CI"];

/**
 * Nothing of the operator's own settings: a variable in the process environment wins over an env file, and the demo
 * must not find a real database there.
 */
const buildEnvironment = (): Record<string, string> => ({
  ...childEnvironment(),
  ...Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = environmentVariable(name);
      return value === undefined ? [] : [[name, value]];
    }),
  ),
});

/** A path as it is typed from where we are. */
export const shownPath = (path: string): string => relative(process.cwd(), path) || ".";

/** `node scripts/movebook.mjs --project tmp/demo/shop-1 run data-move --env dev`. */
export const buildShownCommand = (project: string, args: readonly string[]): string =>
  ["node", shownPath(script), "--project", shownPath(project), ...args].join(" ");

let running: ChildProcess | undefined;

/** Says to the movebook command that runs that it is to end; false when none does. */
export function passOnSignal(signal: NodeJS.Signals): boolean {
  if (running === undefined) return false;
  // Ctrl-C at a terminal has reached it already, and a second one would cut its tidying short
  if (signal !== "SIGINT" || process.stdin.isTTY !== true) running.kill(signal);
  return true;
}

function start(screen: Screen, project: string, args: readonly string[]): ChildProcess {
  screen.line(`$ ${buildShownCommand(project, args)}`);
  running = spawn(process.execPath, [script, "--project", shownPath(project), ...args], {
    env: buildEnvironment(),
    stdio: "inherit",
  });
  return running;
}

async function waitForEnd(child: ChildProcess): Promise<number> {
  const [code] = await once(child, "exit");
  running = undefined;
  return typeof code === "number" ? code : 130;
}

/** Runs the real command with our terminal. @returns its exit code; 130 when a signal ended it */
export const runMovebook = (
  screen: Screen,
  project: string,
  args: readonly string[],
): Promise<number> => waitForEnd(start(screen, project, args));

/**
 * Runs the real command, and kills it (SIGKILL) as soon as `isTime`.
 * @returns "killed", or its exit code when it ended before
 */
export async function killMovebookWhen(
  screen: Screen,
  project: string,
  args: readonly string[],
  isTime: () => boolean,
): Promise<"killed" | number> {
  const child = start(screen, project, args);
  let isKilled = false;
  const looking = setInterval(() => {
    if (!isKilled && isTime()) isKilled = child.kill("SIGKILL");
  }, 20);
  try {
    const code = await waitForEnd(child);
    return isKilled ? "killed" : code;
  } finally {
    clearInterval(looking);
  }
}
