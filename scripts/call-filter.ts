import { resolve } from "node:path";
import { PassThrough } from "node:stream";
import { findRunbook, listenToSignals, makeScreen, type GlobalFlags } from "./call-command.ts";
import { exitCodes, misused, UncaughtError, type ExitCode } from "./engine/failure.ts";
import {
  CountedOutput,
  openInput,
  ReaderGone,
  readFilterOptions,
  runFilter,
  type Filter,
} from "./engine/filter.ts";
import { explainThrown } from "./engine/report.ts";
import { tolerateLoss, type Screen } from "./engine/screen.ts";
import type { Runbook } from "./engine/step.ts";
import { countOf } from "./engine/wording.ts";

/** Flags of `transform` as commander gives them: camelCase names. */
export type FilterFlags = Readonly<Record<string, string | undefined>>;

/** What the operator called. */
export interface CalledFilter {
  readonly runbook: string;
  readonly file: string | undefined;
  readonly flags: FilterFlags;
  readonly globals: GlobalFlags;
}

const kebab = (name: string): string =>
  name.replaceAll(/[A-Z0-9]/g, (sign) => (/\d/.test(sign) ? sign : `-${sign.toLowerCase()}`));

function findFilter(name: string, runbooks: readonly Runbook[]): Filter {
  const { filter } = findRunbook(name, runbooks);
  if (filter !== undefined) return filter;
  const others = runbooks.filter((one) => one.filter !== undefined).map((one) => one.name);
  throw misused(
    `${name} has no transform that works on its own; those that have: ${others.join(", ")}`,
  );
}

/** Standard output is the data's: people's lines go to standard error, or with --json the objects go there alone. */
function makeFilterScreen(globals: GlobalFlags): Screen {
  const silent = new PassThrough().resume() as unknown as NodeJS.WriteStream;
  const streams = {
    stdout: process.stderr,
    stderr: globals.json === true ? silent : process.stderr,
    stdin: process.stdin,
  };
  return makeScreen(globals, streams);
}

function tellFailure(screen: Screen, thrown: unknown, { aborted, reason }: AbortSignal): ExitCode {
  const isUncaught = aborted && reason instanceof UncaughtError;
  const isCancelled = aborted && !isUncaught;
  const told = explainThrown(isUncaught ? reason.cause : thrown);
  const exitCode = isCancelled ? exitCodes.cancelled : told.exitCode;
  const what = isCancelled ? "cancelled" : told.what;
  const problems = isCancelled ? [] : told.problems;
  screen.event("failure", {
    exitCode,
    what,
    problems: problems.map(({ what: text, where, todo, details }) => ({
      what: text,
      where,
      todo,
      details,
    })),
  });
  screen.bad(what);
  for (const { what: text, where, todo, details = [] } of problems) {
    screen.field("", text);
    for (const more of [where, ...details]) if (more !== undefined) screen.field("", more);
    if (todo !== undefined) screen.field("", `→ ${todo}`);
  }
  if (told.stack !== undefined && !isCancelled) screen.quiet(told.stack);
  return exitCode;
}

/** The last line of a failure: whoever finds the file later must know. */
function tellOutput(screen: Screen, bytes: number): void {
  screen.event("output", { bytes, complete: false });
  screen.bad(
    bytes === 0
      ? "nothing was written to the output"
      : `the output is NOT COMPLETE: it ends after ${countOf(bytes, "byte")}; do not use it`,
  );
}

/** Runs a runbook's filter. @returns the exit code: 0 only when the whole output was written */
export async function callFilter(
  { runbook, file, flags, globals }: CalledFilter,
  runbooks: readonly Runbook[],
): Promise<ExitCode> {
  const screen = makeFilterScreen(globals);
  tolerateLoss(process.stdout);
  const { signal, stop } = listenToSignals(screen, "cancelling");
  const output = new CountedOutput(process.stdout);
  const named = Object.fromEntries(
    Object.entries(flags).map(([name, text]) => [kebab(name), text]),
  );
  try {
    const filter = findFilter(runbook, runbooks);
    const options = readFilterOptions(filter, named);
    const input = openInput(file, process.stdin);
    const projectFolder = resolve(globals.project);
    const warn = (text: string): void => {
      screen.event("warning", { text });
      screen.warning(text);
    };
    await runFilter(filter, { input, warn, signal, projectFolder, options }, output);
    screen.event("ended", { exitCode: exitCodes.done });
    return exitCodes.done;
  } catch (thrown) {
    if (thrown instanceof ReaderGone) return exitCodes.failed;
    const exitCode = tellFailure(screen, thrown, signal);
    screen.event("ended", { exitCode });
    tellOutput(screen, output.bytes);
    return exitCode;
  } finally {
    screen.settle();
    stop();
  }
}
