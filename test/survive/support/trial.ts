import { expect } from "vitest";
import type { Picture } from "../../corpus/picture.ts";
import { seed } from "./chance.ts";
import type { Point } from "./fault-proxy.ts";
import { happen, isMortal, type FaultName } from "./faults.ts";
import { makeStage, waitForQuiet, type Project, type Stage } from "./stage.ts";
import { findTruth, listDifferences, readStructure, type Structure, type Truth } from "./truth.ts";

/** One fault at one exact moment of one call, and the way out of it. */
export interface Trial {
  /** The state in which the call begins: a key of `States`. */
  readonly from: string;
  /** `step import`. */
  readonly words: string;
  readonly fault: FaultName;
  /** v1: the messages to v1's server are counted. Default v2. */
  readonly side?: "v1" | "v2";
  readonly program: Point["program"];
  readonly when: Point["when"];
  /** A number below 1: that share of the call's messages; otherwise the k-th, negative from the end; or the first that begins so. */
  readonly at: number | string;
  readonly way: "resume" | "resume elsewhere" | "undo" | "undo elsewhere";
}

/** What the messages of an undisturbed call were, by state, call, side and program. */
type Script = ReadonlyMap<string, readonly string[]>;

/** A stage with everything that trials begin from and are compared with. */
export interface TrialStage {
  readonly stage: Stage;
  readonly script: Script;
  readonly before: Structure;
  /** v2 before the move. */
  readonly untouched: Picture;
  /** v2 after a move that nobody disturbed. */
  readonly finished: Picture;
}

const keyOf = (from: string, words: string, side: string, program: string): string =>
  [from, words, side, program].join(" / ");

/** `from` → `to` by calls that nobody disturbs. */
export interface Passage {
  readonly from: string;
  readonly words: string;
  readonly to: string;
}

/** Walks the passages, and notes what goes over the wire in each. */
export async function prepare(passages: readonly Passage[]): Promise<TrialStage> {
  const stage = await makeStage();
  const before = await readStructure(stage);
  const untouched = await stage.picture();
  const script = new Map<string, readonly string[]>();
  let at = "fresh";
  for (const { from, words, to } of passages) {
    if (at !== from) await stage.goBackTo(from);
    for (const proxy of [stage.toV1, stage.toV2]) proxy.clear();
    const { code, output } = await stage.call(words);
    if (code !== 0) throw new Error(`${words} from "${from}" ended with ${code}:\n${output}`);
    for (const [side, proxy] of [
      ["v1", stage.toV1],
      ["v2", stage.toV2],
    ] as const)
      for (const program of ["movebook", "lock", "psql", "pg_dump"] as const) {
        const seen = proxy.seen.filter((message) => message.program === program);
        script.set(
          keyOf(from, words, side, program),
          seen.map(({ text, type }) => text || type),
        );
      }
    await stage.keep(to);
    at = to;
  }
  await stage.goBackTo("fresh");
  const { code, output } = await stage.call("run");
  if (code !== 0) throw new Error(`an undisturbed run ended with ${code}:\n${output}`);
  return { stage, script, before, untouched, finished: await stage.picture() };
}

/** @throws Error when the call has no such message */
export function locate(
  { script }: Pick<TrialStage, "script">,
  trial: Pick<Trial, "from" | "words" | "side" | "program" | "when" | "at">,
): Point {
  const { from, words, side = "v2", program, when, at } = trial;
  const messages = script.get(keyOf(from, words, side, program)) ?? [];
  const find = (): number => {
    if (typeof at === "string") return messages.findIndex((text) => text.startsWith(at)) + 1;
    if (at < 0) return messages.length + 1 + at;
    return at < 1 ? 1 + Math.floor(at * messages.length) : at;
  };
  const k = find();
  if (k < 1 || k > messages.length)
    throw new Error(`${words} has no message "${at}" of ${program} among ${messages.length}`);
  return { program, k, when };
}

/** Makes the call and lets it happen. @returns the exit code; null when movebook was killed */
async function disturb({ stage }: TrialStage, trial: Trial, point: Point): Promise<Disturbed> {
  const proxy = trial.side === "v1" ? stage.toV1 : stage.toV2;
  const running = isMortal(trial.fault) ? { pid: 0 } : undefined;
  proxy.arm(point, (hit) =>
    happen(trial.fault, hit, running?.pid ?? process.pid, () => proxy.cutAll()),
  );
  const call = async (): Promise<Disturbed> => {
    if (running === undefined) return stage.call(trial.words);
    const started = stage.start(trial.words);
    running.pid = started.pid;
    return started.ended;
  };
  const ended = await call();
  await waitForQuiet(stage.v2);
  await waitForQuiet(stage.v1);
  const { reached } = proxy;
  proxy.clear();
  if (reached === undefined) throw new Error(`never reached:\n${ended.output}`);
  return ended;
}

interface Disturbed {
  readonly code: number | null;
  readonly output: string;
}

/** The exit code alone tells whether v2 may be used. */
function expectHonestCode({ code, output }: Disturbed, truth: Truth, words: string): void {
  expect(truth.changedTriggers, output).toEqual([]);
  if (truth.missing.length === 0) expect(code, output).not.toBe(6);
  // by name: it is what was asked for
  else if (!/^step (?:drop-foreign-keys|import)$/u.test(words) || code !== 0)
    expect([null, 6], output).toContain(code);
}

/** What status says is what is there. */
async function expectTrueStatus(stage: Stage, truth: Truth, project: Project): Promise<void> {
  const { code, output } = await stage.call("status", project);
  const told = `truth: ${JSON.stringify(truth)}\n${output}`;
  expect(code, told).toBe(truth.missing.length > 0 ? 6 : 0);
  // of many it names the first ones
  for (const key of truth.missing.length > 5 ? [] : truth.missing)
    expect(output, told).toContain(key.split(" ")[0]);
  if (truth.rows > 0) expect(output, told).not.toMatch(/nothing in v2|no change of this run/u);
  else if (truth.missing.length === 0) expect(output, told).not.toMatch(/v2 holds the rows/u);
}

/** What goes on where the run stands; undefined when it is finished. */
async function chooseVerb(stage: Stage, verb: string): Promise<string | undefined> {
  if (verb !== "resume") return verb;
  const { output } = await stage.call("status");
  // killed before it had begun a run
  if (output.includes("none yet; begin with")) return "run";
  return / \(done, begun/u.test(output) ? undefined : verb;
}

async function goOn(made: TrialStage, trial: Trial, truth: Truth): Promise<void> {
  const { stage } = made;
  const [verb = "", elsewhere] = trial.way.split(" ");
  const project = elsewhere === undefined || !truth.hasLedger ? stage.here : stage.elsewhere;
  const chosen = await chooseVerb(stage, verb);
  if (chosen === undefined) return;
  const { code, output } = await stage.call(chosen, project);
  expect(code, output).toBe(0);
}

async function carryOut(made: TrialStage, trial: Trial, point: Point): Promise<readonly string[]> {
  const { stage, before } = made;
  const disturbed = await disturb(made, trial, point);
  const truth = await findTruth(stage, before);
  expectHonestCode(disturbed, truth, trial.words);
  for (const project of [stage.here, stage.elsewhere])
    await expectTrueStatus(stage, truth, project);
  await goOn(made, trial, truth);
  const wanted = trial.way.startsWith("undo") ? made.untouched : made.finished;
  return listDifferences(wanted, await stage.picture());
}

/**
 * One trial from beginning to end; a failure names the exact point, and the seed.
 * @returns in what v2 differs from what it should be in the end
 */
export async function attempt(made: TrialStage, trial: Trial): Promise<readonly string[]> {
  const point = locate(made, trial);
  const at = `message ${point.k} of ${point.program}, ${point.when} (MOVEBOOK_SEED=${seed})`;
  await made.stage.goBackTo(trial.from);
  try {
    return (await carryOut(made, trial, point)).map((line) => `${at}: ${line}`);
  } catch (error) {
    if (error instanceof Error) error.message = `${at}: ${error.message}`;
    throw error;
  }
}

/** The trial in words. */
export const describeTrial = ({ fault, words, program, when, at, way }: Trial): string => {
  const moment =
    typeof at === "string" ? `"${at}"` : at < 1 && at > 0 ? `${Math.round(at * 100)} %` : at;
  return `${words}: ${fault} ${when} ${program}'s message at ${moment}; ${way}`;
};
