import { z } from "zod";
import type { Command } from "./command.ts";
import { failed, refused, waiting, type Failure, type Problem } from "./failure.ts";
import { readGitUser } from "./git.ts";
import { operatorName } from "./operator.ts";
import { askProbe, type Probe, type ProbeTiming } from "./probe.ts";
import { quoteWord } from "./shell-word.ts";
import type { Interrupted, Step, StepContext } from "./step.ts";

const answerSchema = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  /** Name of the git user, or `user@host` when git has none. */
  by: z.string(),
  /** `user@host`. */
  operator: z.string(),
  /** A command did it; a person was asked; a person named the gate and said --yes. */
  how: z.enum(["command", "asked", "--yes"]),
});

/** Who has passed a gate, when and how: the journal keeps it. */
export type GateAnswer = z.infer<typeof answerSchema>;

/** One way through the gate, or back: a command where one can be run, a person elsewhere; then the proof. */
export interface GateWay {
  /** Runs instead of asking; undefined when the settings name none. */
  readonly command?: (context: StepContext) => Promise<Command | undefined>;
  /** How the command is run; left out: as all commands are. Explains its failures in words. */
  readonly execute?: (context: StepContext, command: Command) => Promise<void>;
  /** What a person does or looks at before the answer, a line each. */
  readonly checklist: (context: StepContext) => readonly string[];
  /** Answered by yes or no. Left out: nobody is asked. */
  readonly question?: string;
  /** What must answer afterwards. */
  readonly probes?: (context: StepContext) => readonly Probe[];
}

/** A step that runs what can be run, and asks a person what only a person can answer. */
export interface Gate extends GateWay {
  readonly name: string;
  readonly does: string;
  readonly environments?: readonly string[];
  /** Left out: `outside`. */
  readonly changes?: Step["changes"];
  /** Left out: `run-again`; what was answered is not asked again. */
  readonly interrupted?: Interrupted;
  /** Steps that must be done in this run. */
  readonly needs?: readonly string[];
  /** Looks, warns, refuses or waits before anything else. */
  readonly check?: (context: StepContext, world: GateWorld) => Promise<void>;
  /** Must answer before anything is done: without them there is no way back, or nothing to go to. */
  readonly probesBefore?: (context: StepContext) => readonly Probe[];
  /** How to go back; left out: there is nothing to take back. */
  readonly goBack?: GateWay;
  readonly timing?: Partial<ProbeTiming>;
}

/** What a gate takes from the world; tests give their own. */
export interface GateWorld {
  readonly now: () => Date;
  readonly askProbe: typeof askProbe;
  readonly readUser: (folder: string, signal: AbortSignal) => Promise<string | undefined>;
}

export const realWorld: GateWorld = { now: () => new Date(), askProbe, readUser: readGitUser };

const keyOf = (gate: string): string => `${gate}-answer`;

/** Who has passed that gate in this run; undefined when nobody has, or when it was taken back. */
export function recallAnswer(context: StepContext, gate: string): GateAnswer | undefined {
  const answer = answerSchema.safeParse(context.recall(keyOf(gate)));
  return answer.success ? answer.data : undefined;
}

const passageOf = (gate: string): string => `${gate}-passed`;

/**
 * True when somebody has passed that gate in this run and nobody has gone back: also while it is asked anew, and has
 * no answer yet.
 */
export const wasPassed = (context: StepContext, gate: string): boolean =>
  recallAnswer(context, gate) !== undefined || context.recall(passageOf(gate)) === true;

/** Yesterday's answer does not count; that there was one does. */
function askAnew(context: StepContext, gate: string): void {
  if (recallAnswer(context, gate) === undefined) return;
  context.remember(passageOf(gate), true);
  context.remember(keyOf(gate), null);
}

function forgetAnswer(context: StepContext, gate: string): void {
  context.remember(keyOf(gate), null);
  if (context.recall(passageOf(gate)) === true) context.remember(passageOf(gate), null);
}

function verifyNeeds(context: StepContext, { name, needs = [] }: Gate): void {
  const missing = needs.filter((step) => !context.isDone(step));
  if (missing.length === 0) return;
  const problems = missing.map((step): Problem => ({
    what: `${step} is not done in this run`,
    todo: `Do it first: ${context.commandLine("step", step)}`,
  }));
  throw refused(`${name} needs what comes before it: ${missing.join(", ")}`, problems);
}

/** Asks all, one after the other, and prints who answers. @throws Failure with every one that does not answer as it should */
export async function verifyProbes(
  context: StepContext,
  world: GateWorld,
  probes: readonly Probe[],
  timing: Partial<ProbeTiming>,
  fail: (problems: readonly Problem[]) => Error,
): Promise<void> {
  const problems: Problem[] = [];
  for (const probe of probes) {
    context.screen.progress(`asking ${probe.title}`);
    const { holds, sentence, todo } = await world.askProbe(probe, context.signal, timing);
    context.screen.settle();
    if (holds) context.screen.good(sentence);
    else problems.push(todo === undefined ? { what: sentence } : { what: sentence, todo });
  }
  if (problems.length > 0) throw fail(problems);
}

function printChecklist(context: StepContext, lines: readonly string[]): void {
  for (const [index, line] of lines.entries()) context.screen.line(`  ${index + 1}. ${line}`);
}

const isYes = (answer: string): boolean => /^y(es)?$/i.test(answer);

/** Which command brings the question: a step by its name, or an undo. */
type Verb = "step" | "undo";

/** A yes that was given before anybody saw the question counts for the gate that the operator named, and for no other. */
const isAnswered = ({ options, selection }: StepContext, gate: string, verb: Verb): boolean =>
  options.yes && gate === (verb === "step" ? selection?.only : selection?.until);

function nameAnswer(context: StepContext, gate: string, verb: Verb): string {
  if (verb === "step") return `${context.commandLine("step", gate)} --yes`;
  const { confirm } = context.options;
  const flags = confirm === undefined ? "" : ` --confirm ${quoteWord(confirm)}`;
  return `${context.commandLine("undo")} --until ${gate} --yes${flags}`;
}

function whyNobody({ screen, options }: StepContext): string {
  if (screen.canAsk) return "the answer was not yes";
  return options.yes
    ? "nobody can be asked here: this is no terminal; --yes answers only the gate that is named"
    : "nobody can be asked here: this is no terminal";
}

function explainWaiting(
  context: StepContext,
  { name, question = "" }: Asking,
  checklist: readonly string[],
  verb: Verb,
): Failure {
  const next = nameAnswer(context, name, verb);
  const then = context.commandLine(verb === "step" ? "resume" : "undo");
  const problem: Problem = {
    what: whyNobody(context),
    details: checklist.map((line, at) => `${at + 1}. ${line}`),
    todo: `When the answer is yes: ${next}; then ${then}`,
  };
  return waiting(`${name} waits for a person: ${question}`, [problem], next);
}

interface Asking {
  readonly name: string;
  readonly question?: string | undefined;
}

/**
 * Asks the person, or takes the --yes that names this gate.
 * @throws Failure (exit 4) when nobody is there, or the answer is no
 */
async function askPerson(
  context: StepContext,
  gate: Asking,
  checklist: readonly string[],
  verb: Verb,
): Promise<GateAnswer["how"]> {
  const { screen, signal } = context;
  screen.settle();
  if (isAnswered(context, gate.name, verb)) return "--yes";
  if (screen.canAsk) {
    printChecklist(context, checklist);
    if (isYes(await screen.ask(`${gate.question ?? ""} (y/N)`, signal))) return "asked";
  }
  throw explainWaiting(context, gate, checklist, verb);
}

const execute = (context: StepContext, way: GateWay, command: Command): Promise<void> =>
  way.execute === undefined ? context.execute(command) : way.execute(context, command);

async function rememberAnswer(
  context: StepContext,
  world: GateWorld,
  gate: string,
  how: GateAnswer["how"],
): Promise<void> {
  const operator = operatorName();
  const by = (await world.readUser(context.projectFolder, context.signal)) ?? operator;
  const answer: GateAnswer = { at: world.now().toISOString(), by, operator, how };
  context.remember(keyOf(gate), answer);
  context.screen.event("gate", { step: gate, ...answer });
}

/** Does the deed of a gate: its command, or a person's. What was done before is not done again. */
async function pass(
  context: StepContext,
  gate: Gate,
  world: GateWorld,
  plan: readonly Command[],
): Promise<void> {
  const before = recallAnswer(context, gate.name);
  if (before !== undefined) {
    context.screen.quiet(
      `  ${gate.name}: answered by ${before.by} on ${before.at} (${before.how})`,
    );
    return;
  }
  for (const command of plan) await execute(context, gate, command);
  if (plan.length > 0) {
    await rememberAnswer(context, world, gate.name, "command");
    return;
  }
  const how =
    gate.question === undefined
      ? undefined
      : await askPerson(context, gate, gate.checklist(context), "step");
  if (how !== undefined) await rememberAnswer(context, world, gate.name, how);
}

async function verifyPassed(context: StepContext, gate: Gate, world: GateWorld): Promise<void> {
  const hasAnswer = recallAnswer(context, gate.name) !== undefined;
  if (!hasAnswer && gate.question !== undefined)
    throw failed(`${gate.name} has no answer yet: ${gate.question}`);
  const timing = gate.timing ?? {};
  await verifyProbes(context, world, gate.probes?.(context) ?? [], timing, (problems) =>
    failed(`${gate.name} is not proved: what should answer does not`, problems),
  );
}

async function goBack(
  context: StepContext,
  gate: Gate,
  way: GateWay,
  world: GateWorld,
): Promise<void> {
  const checklist = way.checklist(context);
  const command = await way.command?.(context);
  if (command !== undefined) await execute(context, way, command);
  else if (way.question === undefined) printChecklist(context, checklist);
  else await askPerson(context, { name: gate.name, question: way.question }, checklist, "undo");
  await verifyProbes(context, world, way.probes?.(context) ?? [], gate.timing ?? {}, (problems) =>
    failed(`${gate.name} is not taken back: what should answer does not`, problems),
  );
  forgetAnswer(context, gate.name);
}

async function checkGate(context: StepContext, gate: Gate, world: GateWorld): Promise<void> {
  verifyNeeds(context, gate);
  if (context.isDone(gate.name)) askAnew(context, gate.name);
  await gate.check?.(context, world);
  if (recallAnswer(context, gate.name) !== undefined) return;
  await verifyProbes(context, world, gate.probesBefore?.(context) ?? [], {}, (problems) =>
    refused(`${gate.name} must not begin: what should answer before it does not`, problems),
  );
}

/** The command of a gate, unless it has run. */
async function planGate(context: StepContext, gate: Gate): Promise<readonly Command[]> {
  const hasRun = recallAnswer(context, gate.name) !== undefined && !context.isDone(gate.name);
  const command = hasRun ? undefined : await gate.command?.(context);
  return command === undefined ? [] : [command];
}

/**
 * A gate as a step. Its answer, with time and name, is in the journal before the proof is looked for, so that a resume
 * asks nobody twice; its proof is looked for in every attempt.
 * Nobody there, and no --yes that names it: it waits, exit 4, and names the command that answers.
 */
export function defineGate(gate: Gate, world: GateWorld = realWorld): Step {
  const { name, does, environments, question, goBack: way } = gate;
  return {
    name,
    does,
    ...(environments === undefined ? {} : { environments }),
    ...(question === undefined ? {} : { asks: question }),
    changes: gate.changes ?? "outside",
    interrupted: gate.interrupted ?? "run-again",
    check: (context) => checkGate(context, gate, world),
    plan: (context) => planGate(context, gate),
    run: (context, plan) => pass(context, gate, world, plan),
    verify: (context) => verifyPassed(context, gate, world),
    mayHaveEffect: async (context) => wasPassed(context, name),
    ...(way === undefined ? {} : { undo: (context) => goBack(context, gate, way, world) }),
  };
}
