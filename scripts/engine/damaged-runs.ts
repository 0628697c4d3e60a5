import type { CallFacts } from "./context.ts";
import { warned, type CheckResult } from "./check.ts";
import { Failure, type Problem } from "./failure.ts";
import { readRuns, type Journal, type RunList, type UnreadRun } from "./journal.ts";
import type { Screen } from "./screen.ts";

const readAll = ({ projectFolder, runbook, environment }: CallFacts): RunList =>
  readRuns(projectFolder, runbook.name, environment);

/** Runs that cannot be read and may be the newest: no readable one came after them. */
function listMattering({ runs, unread }: RunList, since = runs.at(-1)?.header.run): UnreadRun[] {
  return unread.filter(({ run, unborn }) => !unborn && (since === undefined || run > since));
}

/** @param remembered the run that the target remembers: it can be had from there */
function withAdvice(unread: UnreadRun, remembered: string | undefined): Failure {
  const { failure, run, folder } = unread;
  if (run !== remembered) return failure;
  const todo = `The target remembers this run: move ${folder} away (keep it), and call again; the run is then taken over from the target.`;
  const problems = failure.problems.map((problem): Problem => ({ ...problem, todo }));
  const { exitCode, message: what } = failure;
  return new Failure({ exitCode, what, problems }, { cause: failure.cause });
}

const told = new WeakMap<Screen, Set<string>>();

function warnOnce({ screen }: CallFacts, { folder, failure, unborn }: UnreadRun): void {
  const before = told.get(screen) ?? new Set();
  told.set(screen, before);
  if (before.has(folder)) return;
  before.add(folder);
  const [problem] = failure.problems;
  const at = `${problem?.where ?? folder}: ${problem?.what ?? failure.message}`;
  screen.warning(
    unborn
      ? `${at}; it is no run, and ${folder} can be removed`
      : `${failure.message}, of an older run that does not matter any more: ${at}`,
  );
}

/**
 * A journal that cannot be read stands in the way only when it is newer than all that can: then it may be the run in
 * hand. Of an older one is warned: when the next run began, it had ended or had changed nothing.
 * @throws Failure (exit 3) with file, line and what to do
 */
export function verifyRunsRead(facts: CallFacts, remembered?: string): void {
  const list = readAll(facts);
  const mattering = listMattering(list);
  for (const unread of list.unread) if (!mattering.includes(unread)) warnOnce(facts, unread);
  const newest = mattering.at(-1);
  if (newest !== undefined) throw withAdvice(newest, remembered);
}

/** The newest run that cannot be read, when it may be the one in hand. */
export const findMattering = (facts: CallFacts): UnreadRun | undefined =>
  listMattering(readAll(facts)).at(-1);

/**
 * Going back behind the newest run, one that cannot be read must not be passed by.
 * @param older the run to go back to; undefined: there is none
 * @throws Failure (exit 3) with file, line and what to do
 */
export function verifyNoneBetween(
  facts: CallFacts,
  older: Journal | undefined,
  newer: Journal,
): void {
  const between = listMattering(readAll(facts), older?.header.run ?? "");
  const last = between.findLast(({ run }) => run < newer.header.run);
  if (last !== undefined) throw last.failure;
}

/** What `status` says of journals that cannot be read. */
export function describeUnread(facts: CallFacts, remembered?: string): CheckResult[] {
  return readAll(facts).unread.map((unread) => {
    const { message, problems } = unread.unborn ? unread.failure : withAdvice(unread, remembered);
    const { what, ...rest } = problems[0] ?? { what: message };
    const text = unread.unborn
      ? `${what}; it is no run, and its folder can be removed`
      : `${message}: ${what}`;
    return warned(text, unread.unborn ? { where: unread.folder } : rest);
  });
}
