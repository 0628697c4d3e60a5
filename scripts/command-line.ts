import { resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import dataMove from "../runbooks/data-move.ts";
import {
  callRunbook,
  collectOverride,
  makeScreen,
  type GlobalFlags,
  type RunFlags,
} from "./call-command.ts";
import { examine } from "./doctor.ts";
import { withPassingFolder } from "./engine/call.ts";
import { exitCodes, Failure, type ExitCode } from "./engine/failure.ts";
import { redact } from "./engine/redact.ts";
import { printPlan, rehearse, resume, run } from "./engine/run.ts";
import type { Selection } from "./engine/choose-steps.ts";
import type { Screen } from "./engine/screen.ts";
import { printStatus } from "./engine/status.ts";
import type { Runbook } from "./engine/step.ts";
import { undo } from "./engine/undo.ts";
import { movebookVersion } from "./engine/version.ts";

/** What a command needs to know beside its own flags. */
interface Surroundings {
  readonly program: Command;
  readonly runbooks: readonly Runbook[];
  readonly globals: () => GlobalFlags;
  readonly setExitCode: (code: ExitCode) => void;
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

/**
 * The command line.
 * @param setExitCode gets the exit code of the command that ran
 */
export function buildProgram(
  setExitCode: (code: ExitCode) => void,
  runbooks: readonly Runbook[] = [dataMove],
): Command {
  const program = new Command("movebook")
    .description("Moves a product's data from its v1 to its v2 and proves that it arrived.")
    .version(movebookVersion, "-V, --version", "print the version")
    .addOption(
      new Option("--project <folder>", "folder with the env files, migrations and tmp/").default(
        process.cwd(),
        "the current folder",
      ),
    )
    .option("--json", "one JSON object a line on stdout; people's output goes to stderr")
    .option("--no-color", "no colours (NO_COLOR does the same)")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", examples)
    .showHelpAfterError("(movebook --help tells more)")
    .exitOverride();
  const globals = (): GlobalFlags => program.opts();
  const surroundings: Surroundings = { program, runbooks, globals, setExitCode };
  addReadingCommands(surroundings);
  addChangingCommands(surroundings);
  return program;
}

const listNames = (runbooks: readonly Runbook[]): string =>
  runbooks.map(({ name }) => name).join(", ");

function addReadingCommands({ program, runbooks, globals, setExitCode }: Surroundings): void {
  program
    .command("list")
    .description("the runbooks and their steps")
    .action(() => printList(makeScreen(globals()), runbooks));
  program
    .command("plan")
    .description("the steps in order, and what each changes; connects nowhere")
    .argument("<runbook>", listNames(runbooks))
    .addOption(envOption())
    .action(async (runbook: string, flags: RunFlags) => {
      const called = { verb: "plan", runbook, flags, globals: globals() };
      const work = async (facts: Parameters<typeof printPlan>[0]): Promise<void> => {
        facts.screen.heading(`${facts.runbook.name} ${facts.environment}: ${facts.runbook.goal}`);
        printPlan(facts, {});
      };
      setExitCode(await callRunbook(called, runbooks, work));
    });
  program
    .command("status")
    .description("where the newest run stands, the migrations, and what the target's ledger says")
    .argument("<runbook>", listNames(runbooks))
    .addOption(envOption())
    .action(async (runbook: string, flags: RunFlags) => {
      const called = { verb: "status", runbook, flags, globals: globals() };
      setExitCode(await callRunbook(called, runbooks, (facts) => printStatus(facts)));
    });
  program
    .command("doctor")
    .description("whether this machine has what the runbooks need")
    .action(async () =>
      setExitCode(await examine(makeScreen(globals()), resolve(globals().project), runbooks)),
    );
}

function addChangingCommands(surroundings: Surroundings): void {
  addRunCommand(surroundings);
  addStepCommand(surroundings);
  const { program, runbooks, globals, setExitCode } = surroundings;
  const verbs = [
    { verb: "resume", work: resume, does: "goes on with the open run" },
    { verb: "undo", work: undo, does: "takes back what the newest run changed" },
  ];
  for (const { verb, work, does } of verbs) {
    const command = program.command(verb).description(does);
    addRunFlags(command.argument("<runbook>", listNames(runbooks))).action(
      async (runbook: string, flags: RunFlags) => {
        setExitCode(
          await callRunbook({ verb, runbook, flags, globals: globals() }, runbooks, work),
        );
      },
    );
  }
}

function addRunCommand({ program, runbooks, globals, setExitCode }: Surroundings): void {
  const command = program.command("run").description("runs all steps, or some of them");
  addRunFlags(command.argument("<runbook>", listNames(runbooks)))
    .option("--from <step>", "begin here, in the open run")
    .option("--until <step>", "end after this step")
    .option("--only <step>", "just this step, in the open run")
    .option("--dry-run", "print what would be sent; only reading steps run")
    .action(async (runbook: string, flags: RunFlags) => {
      const { from, until, only } = flags;
      const selection: Selection = {
        ...(from === undefined ? {} : { from }),
        ...(until === undefined ? {} : { until }),
        ...(only === undefined ? {} : { only }),
      };
      const called = { verb: "run", runbook, flags, globals: globals(), selection };
      setExitCode(
        await callRunbook(called, runbooks, (facts, onJournal) =>
          flags.dryRun === true
            ? withPassingFolder((folder) => rehearse(facts, selection, folder))
            : run(facts, selection, "run", onJournal),
        ),
      );
    });
}

function addStepCommand({ program, runbooks, globals, setExitCode }: Surroundings): void {
  const command = program.command("step").description("runs one step; it joins the open run");
  addRunFlags(
    command
      .argument("<runbook>", listNames(runbooks))
      .argument("<step>", "its name: see movebook list"),
  ).action(async (runbook: string, only: string, flags: RunFlags) => {
    const called = { verb: "step", runbook, flags, globals: globals(), selection: { only } };
    setExitCode(
      await callRunbook(called, runbooks, (facts, onJournal) =>
        run(facts, { only }, "step", onJournal),
      ),
    );
  });
}

function printList(screen: Screen, runbooks: readonly Runbook[]): void {
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

/** Says what was wrong with a call that never came to its runbook. */
function explainMisuse(error: unknown, screen: Screen): ExitCode {
  if (error instanceof CommanderError) {
    // help and version end with 0; everything else that commander refuses is a misuse, and it has said so
    if (error.exitCode === 0) return exitCodes.done;
    const what = error.message.replace(/^error: /, "").replace(/^\(outputHelp\)$/, "no command");
    screen.event("failure", { exitCode: exitCodes.usage, what, problems: [] });
    return exitCodes.usage;
  }
  if (error instanceof Failure) {
    const { exitCode, message: what, problems } = error;
    screen.event("failure", { exitCode, what, problems });
    screen.bad(what);
    for (const problem of problems) screen.field("", problem.what);
    return exitCode;
  }
  process.stderr.write(`${redact((error as Error).stack ?? String(error))}\n`);
  return exitCodes.failed;
}

/**
 * Runs the command that the words name.
 * @param args the words after `movebook`
 * @returns the exit code
 */
export async function runCommandLine(
  args: readonly string[],
  runbooks: readonly Runbook[] = [dataMove],
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const screen = makeScreen({ json: args.includes("--json"), color: !args.includes("--no-color") });
  try {
    await buildProgram((code) => (exitCode = code), runbooks).parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    exitCode = explainMisuse(error, screen);
    screen.event("ended", { exitCode });
    return exitCode;
  }
}
