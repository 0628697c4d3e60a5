import type { CheckResult, CheckSection } from "./check.ts";
import { listProblems } from "./check.ts";
import type { Selection } from "./choose-steps.ts";
import { misused, refused } from "./failure.ts";
import type { Journal } from "./journal.ts";
import type { Param, ParamReading, Settings } from "./param.ts";
import type { Screen } from "./screen.ts";
import { quoteWord } from "./shell-word.ts";
import { executeCommand } from "./shell.ts";
import type { RunOptions, Runbook, StepContext } from "./step.ts";

/** What all steps of one call share. */
export interface CallFacts {
  readonly runbook: Runbook;
  readonly environment: string;
  readonly projectFolder: string;
  readonly options: RunOptions;
  readonly settings: Settings;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** How the operator calls us: `npx movebook`. */
  readonly caller: string;
  /** Which steps the operator asked for. */
  readonly selection?: Selection;
  /** The operator's flags, as words, to print with the command that repeats the call: `--any-branch`. */
  readonly flags?: readonly string[];
}

function readingOf(settings: Settings, param: Param<unknown>): ParamReading {
  const reading = settings.readings.get(param.name);
  if (reading === undefined) throw new Error(`the runbook does not list the param ${param.name}`);
  if (reading.error !== undefined) {
    throw misused(`${reading.place.variable} cannot be used: ${reading.error}`, [
      { what: reading.error, where: `${reading.place.variable} in ${reading.place.file}` },
    ]);
  }
  return reading;
}

/** The value of a setting. @throws Failure (exit 2) when it is wrong, or required and missing */
export function settingOf<T>(
  settings: Settings,
  param: Param<T>,
  required: boolean,
): T | undefined {
  const reading = readingOf(settings, param);
  if (reading.value === undefined && required) {
    throw misused(`${reading.place.variable} is not set`, [
      {
        what: `${reading.place.variable} is not set: ${param.meaning}`,
        where: reading.place.file,
        todo: `Set it in ${reading.place.file} (copy ${reading.place.file}.example) or in the environment.`,
      },
    ]);
  }
  return reading.value as T | undefined;
}

function applyOverride(result: CheckResult, options: RunOptions): CheckResult {
  const reason =
    result.overridable === undefined ? undefined : options.overrides[result.overridable];
  if (result.outcome !== "problem" || reason === undefined) return result;
  return { ...result, outcome: "warned", text: `${result.text} (overridden: ${reason})` };
}

const withOverrideHint = (result: CheckResult): CheckResult =>
  result.outcome !== "problem" || result.overridable === undefined
    ? result
    : {
        ...result,
        problem: {
          ...result.problem,
          todo: `${result.problem?.todo ?? ""} Or go on knowingly: --override ${result.overridable}="<reason>".`.trim(),
        },
      };

function refuseOnProblems(facts: CallFacts, what: string, sections: readonly CheckSection[]): void {
  const decided = sections.map((section) => ({
    heading: section.heading,
    results: section.results.map((result) =>
      withOverrideHint(applyOverride(result, facts.options)),
    ),
  }));
  facts.screen.settle();
  for (const section of decided) facts.screen.section(section);
  const problems = listProblems(decided);
  if (problems.length === 0) return;
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  throw refused(`${what}: ${count}`, problems);
}

/** Where a step remembers facts: the journal, or nowhere in a dry run. */
export interface Memory {
  readonly remember: (key: string, value: unknown) => void;
  readonly recall: (key: string) => unknown;
  readonly journalText: () => string;
  readonly isDone: (step: string) => boolean;
}

/** A memory in the journal: every fact is on the disk before the deed that it protects. */
export const journalMemory = (journal: Journal): Memory => ({
  remember: (key, value) => journal.append({ type: "fact", key, value }),
  recall: (key) => journal.recall(key),
  journalText: () => journal.text,
  isDone: (step) => journal.isDone(step),
});

/** A memory for a dry run: what the open run knows, if there is one; nothing is written. */
export function passingMemory(journal: Journal | undefined): Memory {
  const facts = new Map<string, unknown>();
  return {
    remember: (key, value) => void facts.set(key, value),
    recall: (key) => (facts.has(key) ? facts.get(key) : journal?.recall(key)),
    journalText: () => "",
    isDone: (step) => journal?.isDone(step) === true,
  };
}

/** `npx movebook step data-move import --env dev`. */
export function buildCommandLine(facts: CallFacts, verb: string, step?: string): string {
  const project =
    facts.projectFolder === process.cwd() ? [] : ["--project", quoteWord(facts.projectFolder)];
  return [
    facts.caller,
    ...project,
    verb,
    facts.runbook.name,
    ...(step === undefined ? [] : [step]),
    "--env",
    facts.environment,
  ].join(" ");
}

/** A command line with the operator's flags: what to call next, when it was not the flags' fault. */
export const buildCallWithFlags = (
  facts: CallFacts,
  verb: string,
  selection: Selection = {},
): string => {
  const [step, words] =
    verb === "step" ? [selection.only, []] : [undefined, Object.entries(selection)];
  return [
    buildCommandLine(facts, verb, step),
    ...words.flatMap(([flag, name]) => (name === undefined ? [] : [`--${flag} ${name}`])),
    ...(facts.flags ?? []).map(quoteWord),
  ].join(" ");
};

/** Builds what the steps get. */
export function buildContext(
  facts: CallFacts,
  runId: string,
  runFolder: string,
  memory: Memory,
): StepContext {
  return {
    runbook: facts.runbook.name,
    environment: facts.environment,
    runId,
    projectFolder: facts.projectFolder,
    runFolder,
    options: facts.options,
    ...(facts.selection === undefined ? {} : { selection: facts.selection }),
    settings: facts.settings,
    screen: facts.screen,
    signal: facts.signal,
    setting: <T>(param: Param<T>) => settingOf(facts.settings, param, true) as T,
    optionalSetting: (param) => settingOf(facts.settings, param, false),
    ...memory,
    execute: (command, redirects) => executeCommand(command, runFolder, facts.signal, redirects),
    refuseOnProblems: (what, sections) => refuseOnProblems(facts, what, sections),
    commandLine: (verb, step) => buildCommandLine(facts, verb, step),
  };
}
