import type { Command } from "./command.ts";
import { exitCodes, Failure, failed } from "./failure.ts";
import type { Journal } from "./journal.ts";
import type { Screen } from "./screen.ts";
import type { Step, StepContext } from "./step.ts";
import { explainThrown } from "./report.ts";
import { quoteWord } from "./shell-word.ts";
import { beginTakingBack, hasChangedNothing } from "./taking-back.ts";

const changesWhat: Readonly<Record<Step["changes"], string>> = {
  nothing: "reads only",
  files: "writes files under tmp/",
  target: "changes the target",
  outside: "changes something outside the target",
};

/** One line: what the step does and what it changes. */
export function printStep(screen: Screen, step: Step): void {
  screen.line(`  ${step.name.padEnd(22)} ${step.does}`);
  screen.quiet(
    `  ${"".padEnd(22)} ${changesWhat[step.changes]}${step.byHand === true ? "; by hand only" : ""}`,
  );
  if (step.asks !== undefined) screen.quiet(`  ${"".padEnd(22)} asks a person: ${step.asks}`);
}

/** A command as it is shown: the call, then each part with what it sends. Tests compare this text. */
export function describeCommand(command: Command): string[] {
  const lines = [`$ ${[command.program, ...command.args].map(quoteWord).join(" ")}`];
  for (const part of command.parts ?? []) {
    if (part.title !== undefined) lines.push(`-- ${part.title}`);
    for (const input of part.input) {
      lines.push(...("text" in input ? input.text.trimEnd().split("\n") : [`-- … ${input.title}`]));
    }
  }
  return lines;
}

function noteCommands(journal: Journal, step: Step, commands: readonly Command[]): void {
  for (const command of commands) {
    journal.append({
      type: "command",
      step: step.name,
      title: command.title,
      argv: [command.program, ...command.args],
    });
  }
}

/** Asks the step's `verify`. A step that changes nothing has no effect to find: it is run anew. */
export async function effectHolds(context: StepContext, step: Step): Promise<boolean> {
  if (step.changes === "nothing") return false;
  try {
    await step.verify(context);
    return true;
  } catch {
    context.signal.throwIfAborted();
    return false;
  }
}

function askPerson(context: StepContext, step: Step): Failure {
  const what = `${step.name} was interrupted, and only a person can say whether it may run again`;
  return failed(what, [
    {
      what: "it had begun, and its effect is not there as a whole",
      todo: `Look at the target. When the step may run again: ${context.commandLine("step", step.name)}`,
    },
  ]);
}

/** How an earlier call left the step, and whether the operator named it in this one. */
export interface Attempt {
  readonly interrupted: boolean;
  /** A person who names an interrupted step has looked at it. */
  readonly named: boolean;
  /** Steps whose proof is gone with what this one takes back. */
  readonly stale: readonly string[];
}

const isBeingTakenBack = (journal: Journal, { takesBack }: Step): boolean =>
  takesBack !== undefined && journal.deedOf(takesBack) === "undoing";

/** The step that this one takes back is undone, and so is what was proved of it. */
function noteTakenBack(journal: Journal, { takesBack }: Step, stale: readonly string[]): void {
  for (const step of [...stale, ...(takesBack === undefined ? [] : [takesBack])])
    journal.append({ type: "step-undone", step });
}

/** Runs a step that takes another one back: as long as that is under way, the run cannot go on. */
async function takeBack(
  journal: Journal,
  step: Step,
  { stale }: Attempt,
  work: () => Promise<void>,
): Promise<void> {
  const deed = step.takesBack === undefined ? undefined : journal.deedOf(step.takesBack);
  if (step.takesBack === undefined || deed === undefined || deed === "undone") return work();
  const takingBack = beginTakingBack(journal, step.takesBack);
  try {
    await work();
  } catch (thrown) {
    if (hasChangedNothing(thrown)) takingBack.kept();
    throw thrown;
  }
  noteTakenBack(journal, step, stale);
}

/** An interrupted step is asked first: its effect may be there. @returns true when nothing is left to do */
async function settleInterrupted(
  context: StepContext,
  journal: Journal,
  step: Step,
  { named, stale }: Attempt,
): Promise<boolean> {
  if (await effectHolds(context, step)) {
    if (isBeingTakenBack(journal, step)) noteTakenBack(journal, step, stale);
    journal.append({ type: "step-done", step: step.name, ms: 0, how: "verified" });
    context.screen.settle();
    context.screen.event("step-done", { step: step.name, ms: 0, how: "verified" });
    context.screen.good(`${step.name}: was interrupted, and its effect is there`);
    return true;
  }
  if (step.interrupted === "ask-a-person" && !named) throw askPerson(context, step);
  if (step.interrupted === "undo-first") {
    if (step.undo === undefined) throw askPerson(context, step);
    await step.undo(context);
    journal.append({ type: "step-undone", step: step.name });
  }
  return false;
}

/** `850 ms`, `12.3 s`, `4 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

/** Aborted by the operator, and not because the lock was lost. */
const isCancelled = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && !(reason instanceof Failure);

/** What a step throws when it was ended because the lock was lost tells less than that. */
function causeOf({ aborted, reason }: AbortSignal, thrown: unknown): unknown {
  return aborted && reason instanceof Failure && !(thrown instanceof Failure) ? reason : thrown;
}

function noteFailure(context: StepContext, journal: Journal, step: Step, thrown: unknown): void {
  const { exitCode, what, problems } = explainThrown(thrown);
  try {
    journal.append({
      type: "step-failed",
      step: step.name,
      exitCode: isCancelled(context.signal) ? exitCodes.cancelled : exitCode,
      what,
      problems: problems.map(({ what: text, where }) =>
        where === undefined ? { what: text } : { what: text, where },
      ),
    });
  } catch (error) {
    // what was thrown matters more; the journal says "started", which is true
    context.screen.warning(`the journal cannot be written: ${(error as Error).message}`);
  }
}

async function perform(
  context: StepContext,
  journal: Journal,
  step: Step,
  attempt: Attempt,
): Promise<void> {
  context.signal.throwIfAborted();
  await step.check?.(context);
  const plan = (await step.plan?.(context)) ?? [];
  journal.append({ type: "step-started", step: step.name, pid: process.pid });
  noteCommands(journal, step, plan);
  await takeBack(journal, step, attempt, async () => {
    await step.run(context, plan);
    context.signal.throwIfAborted();
    await step.verify(context);
  });
}

/**
 * Check, plan, run, verify, each written down. "Done" is written only after the effect was seen.
 * @throws StepFailure
 */
export async function executeStep(
  context: StepContext,
  journal: Journal,
  step: Step,
  attempt: Attempt,
): Promise<void> {
  const { screen } = context;
  screen.event("step-started", { step: step.name, does: step.does });
  screen.line();
  screen.line(`▶ ${step.name}: ${step.does}`);
  const began = performance.now();
  try {
    if (attempt.interrupted && (await settleInterrupted(context, journal, step, attempt))) return;
    await perform(context, journal, step, attempt);
    const ms = Math.round(performance.now() - began);
    journal.append({ type: "step-done", step: step.name, ms, how: "run" });
    screen.settle();
    screen.event("step-done", { step: step.name, ms });
    screen.good(`${step.name} done (${formatDuration(ms)})`);
  } catch (thrown) {
    screen.settle();
    const cause = causeOf(context.signal, thrown);
    noteFailure(context, journal, step, cause);
    throw new StepFailure(step, cause);
  }
}

/** Names the step in which something was thrown. */
export class StepFailure extends Error {
  readonly step: Step;
  readonly thrown: unknown;

  constructor(step: Step, thrown: unknown) {
    super(`${step.name} failed`, { cause: thrown });
    this.step = step;
    this.thrown = thrown;
  }
}

/** Dry run of one step: what it would do and send. */
export async function rehearseStep(context: StepContext, step: Step): Promise<void> {
  context.screen.line();
  context.screen.line(`▶ ${step.name}: ${step.does}`);
  context.screen.quiet(`  ${changesWhat[step.changes]}`);
  if (step.asks !== undefined) context.screen.quiet(`  asks a person: ${step.asks}`);
  if (step.rehearsed === true) {
    await step.check?.(context);
    await step.run(context, (await step.plan?.(context)) ?? []);
    return;
  }
  try {
    for (const command of (await step.plan?.(context)) ?? []) {
      const lines = describeCommand(command);
      context.screen.event("planned-command", { step: step.name, title: command.title, lines });
      for (const line of lines) context.screen.line(`    ${line}`);
    }
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.exitCode === exitCodes.usage) throw thrown;
    context.screen.quiet(`    not known yet: ${thrown.message}`);
  }
}
