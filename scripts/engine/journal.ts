import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeSync,
  existsSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { exitCodes, Failure } from "./failure.ts";
import { redactRecord } from "./redact-record.ts";

/** Version of the journal's lines. */
const journalVersion = 1;

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
const record = z.discriminatedUnion("type", [
  header,
  z.object({
    ...base,
    type: z.literal("options"),
    verb: z.string(),
    options: z.record(z.string(), z.unknown()),
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
type Unstamped<T> = T extends { at: string } ? Omit<T, "at"> : never;

/** How far a step is: started (or undoing) and nothing more means that we were killed in it. */
export type StepState = "not-started" | "started" | "done" | "failed" | "undoing" | "undone";

function damaged(file: string, line: number, what: string, cause: unknown): Failure {
  const problem = {
    what,
    where: `${file}:${line}`,
    todo: "Look at the file; movebook does not guess what happened in that run. When the run no longer matters, move its folder away.",
  };
  const facts = { exitCode: exitCodes.refused, what: `the journal is damaged at line ${line}` };
  return new Failure({ ...facts, problems: [problem] }, { cause });
}

const isOtherVersion = (line: unknown): boolean =>
  typeof line === "object" &&
  line !== null &&
  "type" in line &&
  line.type === "run" &&
  "v" in line &&
  line.v !== journalVersion;

/** Reads a journal. A last line that was cut by a kill is left out; any other damage is an error. */
function parseJournal(file: string): JournalRecord[] {
  // every whole line ends with a newline: what follows the last one was cut
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.flatMap((line, index) => {
    if (line === "") return [];
    let content: unknown;
    try {
      content = JSON.parse(line);
      return record.parse(content);
    } catch (error) {
      const what = isOtherVersion(content)
        ? "it was written by another version of movebook"
        : "a line that movebook did not write";
      throw damaged(file, index + 1, what, error);
    }
  });
}

const isDeed = ({ type }: JournalRecord): boolean =>
  ["step-started", "step-done", "step-undoing", "step-undone"].includes(type);

/** The append-only record of one run; every line is on the disk before the call returns. */
export class Journal {
  readonly folder: string;
  #records: JournalRecord[];
  #mayBeCut = false;

  private constructor(folder: string, records: JournalRecord[]) {
    this.folder = folder;
    this.#records = records;
  }

  static file(folder: string): string {
    return join(folder, "journal.jsonl");
  }

  /**
   * Begins a run: makes its folder (0700) and writes the first line, which pins the run.
   * @throws when the folder is there already
   */
  static begin(folder: string, facts: Omit<RunHeader, "at" | "type" | "v">): Journal {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
    mkdirSync(folder, { mode: 0o700 });
    const journal = new Journal(folder, []);
    journal.append({ type: "run", v: journalVersion, ...facts });
    // the entries of file and folders must survive a crash too
    for (const entry of [folder, dirname(folder), dirname(dirname(folder))]) syncFolder(entry);
    return journal;
  }

  /** @throws Failure (exit 3) when the journal is damaged */
  static open(folder: string): Journal {
    const journal = new Journal(folder, parseJournal(Journal.file(folder)));
    journal.#mayBeCut = true;
    return journal;
  }

  /** Reads what others have written into it meanwhile. @throws Failure (exit 3) when the journal is damaged */
  reread(): void {
    this.#records = parseJournal(Journal.file(this.folder));
  }

  /** Takes away a last line that was cut by a kill, so that the next one does not grow out of it. */
  #mendEnd(): void {
    const file = Journal.file(this.folder);
    const text = readFileSync(file);
    const end = text.lastIndexOf(0x0a) + 1;
    if (end < text.length) truncateSync(file, end);
    this.#mayBeCut = false;
  }

  /** Writes a line; it is on the disk when this returns. What is secret in it is masked. */
  append(entry: Unstamped<JournalRecord>): void {
    if (this.#mayBeCut) this.#mendEnd();
    const stamped = redactRecord({ at: new Date().toISOString(), ...entry });
    const line = Buffer.from(`${JSON.stringify(stamped)}\n`);
    // a full disk may take a part of it only
    this.#mayBeCut = true;
    const handle = openSync(Journal.file(this.folder), "a", 0o600);
    try {
      for (let done = 0; done < line.length;) done += writeSync(handle, line, done);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    this.#mayBeCut = false;
    // as a later call will read it
    this.#records.push(record.parse(stamped));
  }

  /** The lines as they stand on the disk, without one that was cut. */
  get text(): string {
    const text = readFileSync(Journal.file(this.folder), "utf8");
    return text.slice(0, text.lastIndexOf("\n") + 1);
  }

  get records(): readonly JournalRecord[] {
    return this.#records;
  }

  /** The first line. @throws Failure when there is none (killed while it was written) */
  get header(): RunHeader {
    const [first] = this.#records;
    if (first?.type === "run") return first;
    throw damaged(Journal.file(this.folder), 1, "it does not begin with the run", undefined);
  }

  /** True when a call of this run has held the lock: something may have been changed, or is being changed now. */
  get wasLocked(): boolean {
    return this.#records.some((entry) => entry.type === "locked");
  }

  get isEmpty(): boolean {
    return this.#records.length === 0;
  }

  get outcome(): "open" | "done" | "undone" | "superseded" {
    const end = this.#records.findLast((entry) => entry.type === "run-ended");
    if (end?.type !== "run-ended") return "open";
    // a finished run of which a step was asked once more and failed or was killed, or was taken back, is not finished
    const unfinished = this.header.steps.some((step) =>
      ["started", "failed", "undone"].includes(this.stateOf(step)),
    );
    return end.outcome === "done" && unfinished ? "open" : end.outcome;
  }

  stateOf(step: string): StepState {
    const last = this.#records.findLast(
      (entry) => "step" in entry && entry.step === step && entry.type.startsWith("step-"),
    );
    if (last === undefined) return "not-started";
    return last.type.slice("step-".length) as StepState;
  }

  /** What was last done about a step; a failure is no deed: a check that refuses leaves a step-failed without a start. */
  deedOf(step: string): "started" | "done" | "undoing" | "undone" | undefined {
    const last = this.#records.findLast(
      (entry) => "step" in entry && entry.step === step && isDeed(entry),
    );
    return last === undefined ? undefined : (last.type.slice("step-".length) as "started");
  }

  /** True when an attempt at the step began and was neither finished nor taken back: something of it may be there. */
  isUnsettled(step: string): boolean {
    return this.deedOf(step) === "started";
  }

  /** True when something of this run was taken back. */
  get wasTakenBack(): boolean {
    return this.#records.some((entry) => entry.type === "step-undone");
  }

  /** The last value of a fact. */
  recall(key: string): unknown {
    const last = this.#records.findLast((entry) => entry.type === "fact" && entry.key === key);
    return last?.type === "fact" ? last.value : undefined;
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } catch {
    // some file systems do not sync folders
  } finally {
    closeSync(handle);
  }
}

/** `tmp/data-move-dev` below the project. */
export const runsFolder = (project: string, runbook: string, environment: string): string =>
  join(project, "tmp", `${runbook}-${environment}`);

/** Journals of a runbook and environment, oldest first; run ids sort by time. */
export function listRuns(project: string, runbook: string, environment: string): Journal[] {
  const folder = runsFolder(project, runbook, environment);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(Journal.file(join(folder, entry.name))))
    .map((entry) => entry.name)
    .sort()
    .map((name) => Journal.open(join(folder, name)))
    .filter((journal) => !journal.isEmpty);
}
