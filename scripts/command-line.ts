import { resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import {
  callRunbook,
  collectOverride,
  findRunbook,
  makeScreen,
  type GlobalFlags,
  type RunFlags,
} from "./call-command.ts";
import { buildExamples } from "./command-help.ts";
import { callFilter, type FilterFlags } from "./call-filter.ts";
import { examine } from "./doctor.ts";
import { withPassingFolder } from "./engine/call.ts";
import { exitCodes, Failure, type ExitCode } from "./engine/failure.ts";
import type { FilterParam } from "./engine/filter.ts";
import { redact } from "./engine/redact.ts";
import { printPlan, rehearse, resume, run } from "./engine/run.ts";
import type { Selection } from "./engine/choose-steps.ts";
import type { Screen } from "./engine/screen.ts";
import { printStatus } from "./engine/status.ts";
import type { Runbook } from "./engine/step.ts";
import { undo } from "./engine/undo.ts";
import { movebookVersion } from "./engine/version.ts";
import { printList } from "./print-list.ts";
import { rollbackVerbs } from "./rollback-command.ts";
import { runbooks as allRunbooks } from "./runbooks.ts";

/** What a command needs to know beside its own flags. */
interface Surroundings {
  readonly program: Command;
  readonly runbooks: readonly Runbook[];
  readonly globals: () => GlobalFlags;
  readonly setExitCode: (code: ExitCode) => void;
}

const envOption = (): Option =>
  new Option(
    "--env <name>",
    "which environment of the runbook: see movebook list",
  ).makeOptionMandatory();

function addRunFlags(command: Command): Command {
  return command
    .addOption(envOption())
    .option(
      "--confirm <target name>",
      "the target's name: needed before a production target is changed",
    )
    .option(
      "--yes",
      "answer yes to questions (not to --confirm; of a gate only when the call names it)",
    )
    .option("--any-branch", "do not ask for the usual git branch; recorded")
    .option("--allow-dirty", "do not ask for a clean git tree; recorded")
    .option(
      "--override <check>=<reason>",
      "go on although this check refuses; the reason is recorded",
      collectOverride,
    )
    .option(
      "--replace",
      "rows that the target holds already give way, after a rollback point; undo, restore: rows written since are lost too",
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
  runbooks: readonly Runbook[] = allRunbooks,
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
    .addHelpText("after", buildExamples(runbooks))
    .showHelpAfterError("(movebook --help tells more)")
    .exitOverride();
  const globals = (): GlobalFlags => program.opts();
  const surroundings: Surroundings = { program, runbooks, globals, setExitCode };
  addReadingCommands(surroundings);
  addChangingCommands(surroundings);
  return program;
}

function addRollbackCommand({ program, runbooks, globals, setExitCode }: Surroundings): void {
  const takers = runbooks.filter(({ rollbackPoints }) => rollbackPoints !== undefined);
  if (takers.length === 0) return;
  const group = program
    .command("rollback")
    .description("what was saved of a target before a run replaced it: list, restore, clean");
  for (const { name, does, argument, work } of rollbackVerbs) {
    const command = addRunFlags(
      group.command(name).description(does).argument("<runbook>", listNames(takers)),
    );
    if (argument !== undefined) command.argument(argument.name, argument.meaning);
    command.action(async (runbook: string, ...rest: unknown[]) => {
      const flags = rest.at(argument === undefined ? 0 : 1) as RunFlags;
      const run = argument === undefined ? undefined : (rest[0] as string | undefined);
      const called = { verb: `rollback ${name}`, runbook, flags, globals: globals() };
      setExitCode(
        await callRunbook(called, runbooks, (facts, onJournal) => work(facts, run, onJournal)),
      );
    });
  }
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
    .description("where the newest run stands, and what the target says")
    .argument("<runbook>", listNames(runbooks))
    .addOption(envOption())
    .action(async (runbook: string, flags: RunFlags) => {
      const called = { verb: "status", runbook, flags, globals: globals() };
      setExitCode(await callRunbook(called, runbooks, (facts) => printStatus(facts)));
    });
  program
    .command("doctor")
    .description("whether this machine has what the runbooks need")
    .argument("[runbook]", `only what this one needs: ${listNames(runbooks)}`)
    .action(async (name: string | undefined) => {
      const asked = name === undefined ? runbooks : [findRunbook(name, runbooks)];
      setExitCode(await examine(makeScreen(globals()), resolve(globals().project), asked));
    });
}

function addChangingCommands(surroundings: Surroundings): void {
  addRunCommand(surroundings);
  addStepCommand(surroundings);
  addTransformCommand(surroundings);
  addRollbackCommand(surroundings);
  const { program, runbooks, globals, setExitCode } = surroundings;
  const verbs = [
    { verb: "resume", work: resume, does: "goes on with the open run" },
    { verb: "undo", work: undo, does: "takes back what the newest run changed, last step first" },
  ];
  for (const { verb, work, does } of verbs) {
    const command = program.command(verb).description(does);
    addRunFlags(command.argument("<runbook>", listNames(runbooks))).action(
      async (runbook: string, flags: RunFlags) => {
        const { until } = flags;
        const selection = until === undefined ? {} : { until };
        const called = { verb, runbook, flags, globals: globals(), selection };
        setExitCode(await callRunbook(called, runbooks, work));
      },
    );
    if (verb === "undo")
      command.option("--until <step>", "take back no further than this step; the run stays open");
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

/** The flags of all filters, each once. */
function listFilterParams(runbooks: readonly Runbook[]): FilterParam[] {
  const params = runbooks.flatMap(({ filter }) => filter?.params ?? []);
  return params.filter(({ name }, at) => params.findIndex((one) => one.name === name) === at);
}

function addTransformCommand({ program, runbooks, globals, setExitCode }: Surroundings): void {
  const filters = runbooks.filter(({ filter }) => filter !== undefined);
  if (filters.length === 0) return;
  const command = program
    .command("transform")
    .description(
      "a runbook's transform alone, as a filter: a file or standard input → standard output",
    )
    .argument("<runbook>", listNames(filters))
    .argument("[file]", "what is transformed; - or nothing: standard input");
  for (const { name, value, meaning } of listFilterParams(filters))
    command.option(`--${name} <${value}>`, meaning);
  command.action(async (runbook: string, file: string | undefined, flags: FilterFlags) =>
    setExitCode(await callFilter({ runbook, file, flags, globals: globals() }, runbooks)),
  );
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
  runbooks: readonly Runbook[] = allRunbooks,
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
