import { resolve } from "node:path";
import { call, type OnJournal } from "./engine/call.ts";
import { narrowRunbook, verifyNamedSteps, type Selection } from "./engine/choose-steps.ts";
import type { CallFacts } from "./engine/context.ts";
import { exitCodes, misused, UncaughtError, type ExitCode } from "./engine/failure.ts";
import { findNearestName } from "./engine/nearest-name.ts";
import { Screen, type ScreenStreams } from "./engine/screen.ts";
import { environmentVariable, readSettings } from "./engine/settings.ts";
import { quoteWord } from "./engine/shell-word.ts";
import type { RunOptions, Runbook } from "./engine/step.ts";

/** Flags of every command. */
export interface GlobalFlags {
  readonly project: string;
  readonly json?: boolean;
  readonly color: boolean;
}

/** Flags of the commands that work on a runbook. */
export interface RunFlags extends Selection {
  readonly env: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly anyBranch?: boolean;
  readonly allowDirty?: boolean;
  readonly quick?: boolean;
  readonly showRows?: boolean;
  readonly replace?: boolean;
  readonly override?: Readonly<Record<string, string>>;
}

/** `--override <check>=<reason>`, once or more often. @throws Failure (exit 2) when one half is missing */
export function collectOverride(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [name = "", ...reason] = text.split("=");
  const why = reason.join("=").trim();
  if (name.trim() === "" || why === "")
    throw misused(`--override takes <check>=<reason>, not ${text}`);
  return { ...before, [name.trim()]: why };
}

/** @throws Failure (exit 2) that names the runbook that was probably meant */
export function findRunbook(name: string, runbooks: readonly Runbook[]): Runbook {
  const found = runbooks.find((runbook) => runbook.name === name);
  if (found !== undefined) return found;
  const names = runbooks.map((runbook) => runbook.name);
  const near = findNearestName(name, names);
  throw misused(
    `there is no runbook ${name}${near === undefined ? `; there are: ${names.join(", ")}` : `; did you mean ${near}?`}`,
  );
}

const readOptions = (flags: RunFlags): RunOptions => ({
  overrides: flags.override ?? {},
  anyBranch: flags.anyBranch === true,
  allowDirty: flags.allowDirty === true,
  quick: flags.quick === true,
  showRows: flags.showRows === true,
  replace: flags.replace === true,
  yes: flags.yes === true,
  confirm: flags.confirm,
});

/** The flags as words, to print with the command that repeats the call. */
function listFlagWords(flags: RunFlags): string[] {
  const switches: readonly (readonly [word: string, isOn: boolean | undefined])[] = [
    ["--dry-run", flags.dryRun],
    ["--any-branch", flags.anyBranch],
    ["--allow-dirty", flags.allowDirty],
    ["--quick", flags.quick],
    ["--show-rows", flags.showRows],
    ["--replace", flags.replace],
    ["--yes", flags.yes],
  ];
  return [
    ...switches.flatMap(([word, isOn]) => (isOn === true ? [word] : [])),
    ...Object.entries(flags.override ?? {}).flatMap(([check, why]) => [
      "--override",
      `${check}=${why}`,
    ]),
    ...(flags.confirm === undefined ? [] : ["--confirm", flags.confirm]),
  ];
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** npm hands on the Ctrl-C that we get from the terminal too: what follows so soon is not a second one. */
const sameCtrlC = 500;

/**
 * Ends a run in order: the first Ctrl-C, or an error that nobody caught. The second one ends the process at once, and
 * with it the commands that still run.
 * @param left what is said when somebody leaves at once
 */
export function listenToSignals(
  screen: Screen,
  says = "cancelling: ending the commands, then looking at the target",
  left?: string,
): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  let since = 0;
  let isOver = false;
  const onSignal = (): void => {
    if (isOver) return;
    if (since > 0 && performance.now() - since < sameCtrlC) return;
    if (since > 0 || controller.signal.aborted) {
      screen.settle();
      if (left !== undefined) screen.warning(left);
      screen.event("ended", { exitCode: exitCodes.cancelled, targetLookedAt: false });
      process.exit(exitCodes.cancelled);
    }
    since = performance.now();
    screen.settle();
    screen.warning(`${says} (once more to leave at once)`);
    controller.abort(new Error("cancelled"));
  };
  const onUncaught = (cause: unknown): void => {
    if (controller.signal.aborted) process.exit(exitCodes.failed);
    controller.abort(new UncaughtError("ended by an error that nobody caught", { cause }));
  };
  for (const name of signals) process.on(name, onSignal);
  process.on("uncaughtException", onUncaught);
  return {
    signal: controller.signal,
    stop: () => {
      process.off("uncaughtException", onUncaught);
      // npm's Ctrl-C may come after all is told: it must not take the exit code away
      isOver = since > 0;
      if (!isOver) for (const name of signals) process.off(name, onSignal);
    },
  };
}

/** The screen that the flags and NO_COLOR ask for. */
export const makeScreen = (globals: Partial<GlobalFlags>, streams?: ScreenStreams): Screen =>
  new Screen({
    json: globals.json === true,
    ...(streams === undefined ? {} : { streams }),
    noColor: globals.color === false || environmentVariable("NO_COLOR") !== undefined,
  });

/** What the operator called: the command's name, its arguments and its flags. */
export interface Called {
  readonly verb: string;
  readonly runbook: string;
  readonly flags: RunFlags;
  readonly globals: GlobalFlags;
  readonly selection?: Selection;
}

function gatherFacts(
  { runbook: name, flags, globals, selection = {} }: Called,
  runbooks: readonly Runbook[],
  screen: Screen,
  signal: AbortSignal,
): CallFacts {
  const whole = findRunbook(name, runbooks);
  if (!whole.environments.includes(flags.env)) {
    throw misused(`--env ${flags.env}: ${whole.name} knows ${whole.environments.join(" and ")}`);
  }
  verifyNamedSteps(whole, flags.env, selection);
  const runbook = narrowRunbook(whole, flags.env);
  const projectFolder = resolve(globals.project);
  return {
    runbook,
    environment: flags.env,
    projectFolder,
    options: readOptions(flags),
    settings: readSettings(runbook.params, flags.env, projectFolder),
    screen,
    signal,
    caller: "npx movebook",
    selection,
    flags: listFlagWords(flags),
  };
}

/** What nobody has looked at when somebody leaves at once, and the command that does. */
function describeLeaving({ runbook, flags, globals }: Called): string {
  const folder = resolve(globals.project);
  const project = folder === process.cwd() ? "" : ` --project ${quoteWord(folder)}`;
  return `left at once: the commands were killed, and the target was not looked at; see what it says: npx movebook${project} status ${runbook} --env ${flags.env}`;
}

/** Handles one command that works on a runbook and an environment. @throws Failure (exit 2) before there is a runbook */
export async function callRunbook(
  called: Called,
  runbooks: readonly Runbook[],
  work: (facts: CallFacts, onJournal: OnJournal) => Promise<void>,
): Promise<ExitCode> {
  const screen = makeScreen(called.globals);
  const { signal, stop } = listenToSignals(screen, undefined, describeLeaving(called));
  try {
    const facts = gatherFacts(called, runbooks, screen, signal);
    return await call(facts, called.verb, (onJournal) => work(facts, onJournal));
  } finally {
    screen.settle();
    stop();
  }
}
