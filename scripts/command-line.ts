import { resolve } from "node:path";
import { Command, Option } from "commander";
import dataMove from "../runbooks/data-move.ts";
import { call, withPassingFolder } from "./engine/call.ts";
import type { CallFacts } from "./engine/context.ts";
import { misused, type ExitCode } from "./engine/failure.ts";
import { findNearestName } from "./engine/nearest-name.ts";
import { printPlan, rehearse, resume, run, type Selection } from "./engine/run.ts";
import { Screen } from "./engine/screen.ts";
import { environmentVariable, readSettings } from "./engine/settings.ts";
import { printStatus } from "./engine/status.ts";
import type { RunOptions, Runbook } from "./engine/step.ts";
import { undo } from "./engine/undo.ts";
import { movebookVersion } from "./engine/version.ts";
import { examine } from "./doctor.ts";

const runbooks: readonly Runbook[] = [dataMove];
const names = runbooks.map(({ name }) => name);

interface GlobalFlags {
  readonly project: string;
  readonly json?: boolean;
  readonly color: boolean;
}

interface RunFlags extends Selection {
  readonly env: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly anyBranch?: boolean;
  readonly allowDirty?: boolean;
  readonly quick?: boolean;
  readonly showRows?: boolean;
  readonly override?: Readonly<Record<string, string>>;
}

function collectOverride(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [name = "", ...reason] = text.split("=");
  const why = reason.join("=").trim();
  if (name.trim() === "" || why === "")
    throw misused(`--override takes <check>=<reason>, not ${text}`);
  return { ...before, [name.trim()]: why };
}

function findRunbook(name: string): Runbook {
  const found = runbooks.find((runbook) => runbook.name === name);
  if (found !== undefined) return found;
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
  yes: flags.yes === true,
  confirm: flags.confirm,
});

/** The first Ctrl-C ends the run in order; the second one ends the process, and its children with it. */
function listenToSignals(screen: Screen): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    screen.settle();
    screen.warning(
      "cancelling: ending the commands, then looking at the target (once more to leave at once)",
    );
    controller.abort(new Error("cancelled"));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

const makeScreen = (globals: GlobalFlags): Screen =>
  new Screen({
    json: globals.json === true,
    noColor: !globals.color || environmentVariable("NO_COLOR") !== undefined,
  });

function gatherFacts(
  name: string,
  flags: RunFlags,
  globals: GlobalFlags,
  screen: Screen,
  signal: AbortSignal,
): CallFacts {
  const runbook = findRunbook(name);
  if (!runbook.environments.includes(flags.env)) {
    throw misused(
      `--env ${flags.env}: ${runbook.name} knows ${runbook.environments.join(" and ")}`,
    );
  }
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
  };
}

/** Handles one command that works on a runbook and an environment. */
async function handle(
  verb: string,
  name: string,
  flags: RunFlags,
  globals: GlobalFlags,
  work: (facts: CallFacts, onJournal: Parameters<Parameters<typeof call>[2]>[0]) => Promise<void>,
): Promise<ExitCode> {
  const screen = makeScreen(globals);
  const { signal, stop } = listenToSignals(screen);
  try {
    const facts = gatherFacts(name, flags, globals, screen, signal);
    return await call(facts, verb, (onJournal) => work(facts, onJournal));
  } finally {
    screen.settle();
    stop();
  }
}

const envOption = (): Option =>
  new Option("--env <name>", "which pair of databases: dev or prod").makeOptionMandatory();

function addRunFlags(command: Command): Command {
  return command
    .addOption(envOption())
    .option(
      "--confirm <target name>",
      "the name of the target database: needed before prod is changed",
    )
    .option("--yes", "answer yes to questions (not to --confirm)")
    .option("--any-branch", "do not ask for git branch dev; recorded")
    .option("--allow-dirty", "do not ask for a clean git tree; recorded")
    .option(
      "--override <check>=<reason>",
      "go on although this check refuses; the reason is recorded",
      collectOverride,
    )
    .option("--quick", "leave out what takes long: content checksums")
    .option(
      "--show-rows",
      "show sample rows on the screen; otherwise they stand in the report only",
    );
}

const examples = `
Examples:
  $ npx movebook run data-move --env dev                   everything, in order
  $ npx movebook run data-move --env dev --dry-run         what it would send, changing nothing
  $ npx movebook step data-move preflight --env dev        one step, for debugging
  $ npx movebook run data-move --env prod --confirm shop   prod asks for the target's name
  $ npx movebook status data-move --env dev                where the run stands, what the target says
  $ npx movebook resume data-move --env dev                go on where it stopped
  $ npx movebook undo data-move --env dev                  take it back

Exit codes:
  0 done   1 a step failed   2 usage or settings   3 refused, nothing changed
  5 validation found differences   6 the target lacks constraints   130 cancelled

Settings are read from env files in the project folder or from the environment: see .env.example.`;

/**
 * The command line.
 * @param setExitCode gets the exit code of the command that ran
 */
export function buildProgram(setExitCode: (code: ExitCode) => void): Command {
  const program = new Command("movebook")
    .description("Moves a product's data from its v1 to its v2 and proves that it arrived.")
    .version(movebookVersion)
    .option("--project <folder>", "folder with the env files, migrations and tmp/", process.cwd())
    .option("--json", "one JSON object a line on stdout; people's output goes to stderr")
    .option("--no-color", "no colours (NO_COLOR does the same)")
    .addHelpText("after", examples)
    .showHelpAfterError("(movebook --help tells more)")
    .exitOverride();
  const globals = (): GlobalFlags => program.opts();
  addReadingCommands(program, globals, setExitCode);
  addChangingCommands(program, globals, setExitCode);
  return program;
}

function addReadingCommands(
  program: Command,
  globals: () => GlobalFlags,
  setExitCode: (code: ExitCode) => void,
): void {
  program
    .command("list")
    .description("the runbooks and their steps")
    .action(() => printList(makeScreen(globals())));
  program
    .command("plan")
    .description("the steps in order, and what each changes; connects nowhere")
    .argument("<runbook>", names.join(", "))
    .addOption(envOption())
    .action(async (name: string, flags: RunFlags) => {
      setExitCode(
        await handle("plan", name, flags, globals(), async (facts) => {
          facts.screen.heading(`${facts.runbook.name} ${facts.environment}: ${facts.runbook.goal}`);
          printPlan(facts, {});
        }),
      );
    });
  program
    .command("status")
    .description("where the newest run stands, the migrations, and what the target's ledger says")
    .argument("<runbook>", names.join(", "))
    .addOption(envOption())
    .action(async (name: string, flags: RunFlags) => {
      setExitCode(await handle("status", name, flags, globals(), (facts) => printStatus(facts)));
    });
  program
    .command("doctor")
    .description("whether this machine has what the runbooks need")
    .action(async () =>
      setExitCode(await examine(makeScreen(globals()), resolve(globals().project), runbooks)),
    );
}

function addChangingCommands(
  program: Command,
  globals: () => GlobalFlags,
  setExitCode: (code: ExitCode) => void,
): void {
  addRunFlags(
    program
      .command("run")
      .description("runs all steps, or some of them")
      .argument("<runbook>", names.join(", ")),
  )
    .option("--from <step>", "begin here, in the open run")
    .option("--until <step>", "end after this step")
    .option("--only <step>", "just this step, in the open run")
    .option("--dry-run", "print what would be sent; only reading steps run")
    .action(async (name: string, flags: RunFlags) => {
      setExitCode(
        await handle("run", name, flags, globals(), (facts, onJournal) =>
          flags.dryRun === true
            ? withPassingFolder((folder) => rehearse(facts, flags, folder))
            : run(facts, flags, "run", onJournal),
        ),
      );
    });
  addRunFlags(
    program
      .command("step")
      .description("runs one step; it joins the open run")
      .argument("<runbook>", names.join(", "))
      .argument("<step>", "its name: see plan"),
  ).action(async (name: string, step: string, flags: RunFlags) => {
    setExitCode(
      await handle("step", name, flags, globals(), (facts, onJournal) =>
        run(facts, { only: step }, "step", onJournal),
      ),
    );
  });
  addRunFlags(
    program
      .command("resume")
      .description("goes on with the open run")
      .argument("<runbook>", names.join(", ")),
  ).action(async (name: string, flags: RunFlags) => {
    setExitCode(await handle("resume", name, flags, globals(), resume));
  });
  addRunFlags(
    program
      .command("undo")
      .description("takes back what the newest run changed")
      .argument("<runbook>", names.join(", ")),
  ).action(async (name: string, flags: RunFlags) => {
    setExitCode(await handle("undo", name, flags, globals(), undo));
  });
}

function printList(screen: Screen): void {
  for (const runbook of runbooks) {
    screen.event("runbook", {
      name: runbook.name,
      goal: runbook.goal,
      environments: runbook.environments,
      steps: runbook.steps.map(({ name, does, changes, byHand }) => ({
        name,
        does,
        changes,
        byHand: byHand === true,
      })),
    });
    screen.line(`${runbook.name} (--env ${runbook.environments.join("|")})`);
    screen.line(`  ${runbook.goal}`);
    screen.line();
    for (const step of runbook.steps) {
      screen.line(
        `  ${step.name.padEnd(22)} ${step.does}${step.byHand === true ? " (by hand only)" : ""}`,
      );
    }
  }
}
