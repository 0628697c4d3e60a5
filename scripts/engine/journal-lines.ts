import { z } from "zod";
import { exitCodes, Failure } from "./failure.ts";
import { movebookVersion } from "./version.ts";

/** Version of the journal's lines. */
export const journalVersion = 1;

const base = { at: z.string() };
const header = z.object({
  ...base,
  type: z.literal("run"),
  v: z.literal(journalVersion),
  run: z.string(),
  runbook: z.string(),
  environment: z.string(),
  steps: z.array(z.string()),
  /** Values of the settings that are no secrets. */
  params: z.record(z.string(), z.unknown()),
  identity: z.record(z.string(), z.string()),
  movebook: z.string(),
  operator: z.string(),
});
export const record = z.discriminatedUnion("type", [
  header,
  z.object({
    ...base,
    type: z.literal("options"),
    verb: z.string(),
    options: z.record(z.string(), z.unknown()),
    /** The version that was called. */
    movebook: z.string().optional(),
  }),
  z.object({ ...base, type: z.literal("locked"), pid: z.number() }),
  z.object({ ...base, type: z.literal("step-started"), step: z.string(), pid: z.number() }),
  z.object({
    ...base,
    type: z.literal("step-done"),
    step: z.string(),
    ms: z.number(),
    /** run: by this call; verified: an earlier one was interrupted, and its effect is there; kept: undo refused. */
    how: z.enum(["run", "verified", "kept"]),
  }),
  z.object({
    ...base,
    type: z.literal("step-failed"),
    step: z.string(),
    exitCode: z.number(),
    what: z.string(),
    problems: z.array(z.object({ what: z.string(), where: z.string().optional() })),
  }),
  z.object({ ...base, type: z.literal("step-undoing"), step: z.string(), pid: z.number() }),
  z.object({ ...base, type: z.literal("step-undone"), step: z.string() }),
  z.object({
    ...base,
    type: z.literal("command"),
    step: z.string(),
    title: z.string(),
    argv: z.array(z.string()),
  }),
  z.object({ ...base, type: z.literal("fact"), key: z.string(), value: z.unknown() }),
  z.object({
    ...base,
    type: z.literal("run-ended"),
    outcome: z.enum(["done", "undone", "superseded"]),
  }),
]);

export type JournalRecord = z.infer<typeof record>;
export type RunHeader = z.infer<typeof header>;
export type Unstamped<T> = T extends { at: string } ? Omit<T, "at"> : never;

/** How far a step is: started (or undoing) and nothing more means that we were killed in it. */
export type StepState = "not-started" | "started" | "done" | "failed" | "undoing" | "undone";

/** What to do about a journal that cannot be read. */
export const lookAtJournal =
  "Look at the file; movebook does not guess what happened in that run. When the run no longer matters, move its folder away.";

/** @param file where the text stands: a path, or what the target remembers */
export const damaged = (file: string, line: number, what: string, cause?: unknown): Failure =>
  new Failure(
    {
      exitCode: exitCodes.refused,
      what: `the journal is damaged at line ${line}`,
      problems: [{ what, where: `${file}:${line}`, todo: lookAtJournal }],
    },
    { cause },
  );

const isOtherVersion = (line: unknown): boolean =>
  typeof line === "object" &&
  line !== null &&
  "type" in line &&
  line.type === "run" &&
  "v" in line &&
  line.v !== journalVersion;

function ofOtherVersion(file: string, line: object): Failure {
  const { movebook } = line as { movebook?: unknown };
  const [named, call] =
    typeof movebook === "string"
      ? [`, movebook ${movebook}`, `npx movebook@${movebook}`]
      : ["", "the newest movebook"];
  return new Failure({
    exitCode: exitCodes.refused,
    what: `the journal was written by another version${named}, and this is movebook ${movebookVersion}`,
    problems: [
      {
        what: "it was written by another version of movebook, and is not read by this one",
        where: `${file}:1`,
        todo: `Go on with that run with ${call}: status, resume and undo are the same there.`,
      },
    ],
  });
}

function parseLine(line: string, file: string, number: number): JournalRecord {
  let content: unknown;
  try {
    content = JSON.parse(line);
  } catch (error) {
    throw damaged(file, number, "a line that movebook did not write", error);
  }
  if (isOtherVersion(content)) throw ofOtherVersion(file, content as object);
  const parsed = record.safeParse(content);
  if (!parsed.success)
    throw damaged(file, number, "a line that movebook did not write", parsed.error);
  if (number === 1 && parsed.data.type !== "run")
    throw damaged(file, number, "it does not begin with the run");
  return parsed.data;
}

/**
 * Reads the text of a journal. A last line that was cut by a kill is left out; any other damage is an error.
 * @throws Failure (exit 3) that names file and line
 */
export function parseLines(text: string, file: string): JournalRecord[] {
  // every whole line ends with a newline: what follows the last one was cut
  const [...lines] = text.split("\n").slice(0, -1);
  return lines.flatMap((line, index) => (line === "" ? [] : [parseLine(line, file, index + 1)]));
}

/** What tells how far a step is; a failure tells nothing, and a call's options do neither. */
export const isDeed = ({ type }: JournalRecord): boolean =>
  ["step-started", "step-done", "step-undoing", "step-undone"].includes(type);
