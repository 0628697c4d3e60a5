import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { exitCodes, Failure } from "./failure.ts";
import {
  damaged,
  isDeed,
  journalVersion,
  parseLines,
  record,
  type JournalRecord,
  type RunHeader,
  type StepState,
  type Unstamped,
} from "./journal-lines.ts";
import { redactRecord } from "./redact-record.ts";
import { quoteWord } from "./shell-word.ts";

export type { JournalRecord, RunHeader, StepState } from "./journal-lines.ts";

const fileOf = (folder: string): string => join(folder, "journal.jsonl");
const readLines = (folder: string): JournalRecord[] =>
  parseLines(readFileSync(fileOf(folder), "utf8"), fileOf(folder));

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
    const journal = new Journal(folder, readLines(folder));
    journal.#mayBeCut = true;
    return journal;
  }

  /**
   * A journal that is not on this disk, to be read only.
   * @param place where the text comes from, for messages
   * @throws Failure (exit 3) when it is damaged
   */
  static parse(text: string, place: string): Journal {
    return new Journal(place, parseLines(text, place));
  }

  /** Reads what others have written into it meanwhile. @throws Failure (exit 3) when the journal is damaged */
  reread(): void {
    this.#records = readLines(this.folder);
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
    throw damaged(Journal.file(this.folder), 1, "it does not begin with the run");
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

  /** True when the step's deed stands; a later call of it that was refused before it began changes nothing of that. */
  isDone(step: string): boolean {
    return this.deedOf(step) === "done";
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

export function syncFolder(folder: string): void {
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

/** A run folder whose journal cannot be read. */
export interface UnreadRun {
  /** The folder's name: the run's id. */
  readonly run: string;
  readonly folder: string;
  /** What is wrong with it, with file and line. */
  readonly failure: Failure;
  /** True: it was killed before its first line was on the disk, so nothing happened in it. */
  readonly unborn: boolean;
}

/** Runs of a runbook and environment, oldest first; run ids sort by time. */
export interface RunList {
  readonly runs: readonly Journal[];
  readonly unread: readonly UnreadRun[];
}

/** Reads the journals; one that cannot be read does not stand in the way of the others. */
export function readRuns(project: string, runbook: string, environment: string): RunList {
  const list: { runs: Journal[]; unread: UnreadRun[] } = { runs: [], unread: [] };
  for (const folder of listRunFolders(runsFolder(project, runbook, environment))) {
    try {
      const journal = Journal.open(folder);
      if (journal.isEmpty) list.unread.push(judgeEmpty(folder));
      else list.runs.push(journal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      const failure = error instanceof Failure ? error : unreadable(fileOf(folder), error as Error);
      list.unread.push({ run: basename(folder), folder, failure, unborn: false });
    }
  }
  return list;
}

/** The journals that can be read, oldest first. */
export const listRuns = (project: string, runbook: string, environment: string): Journal[] => [
  ...readRuns(project, runbook, environment).runs,
];

/** @throws Failure (exit 3) when the folder of the runs cannot be read */
function listRunFolders(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw unreadable(folder, error as Error);
  }
}

function unreadable(path: string, error: Error): Failure {
  const problem = {
    what: error.message,
    where: path,
    todo: `Call as the user to whom it belongs, or let this one read it: ls -ld ${quoteWord(path)}`,
  };
  return new Failure(
    { exitCode: exitCodes.refused, what: "a journal cannot be read", problems: [problem] },
    { cause: error },
  );
}

/** A journal without a whole line. Its first line is on the disk before a run does anything: else it lost its lines. */
function judgeEmpty(folder: string): UnreadRun {
  const file = fileOf(folder);
  const text = readFileSync(file, "utf8");
  const isAlone = readdirSync(folder).every((name) => name === basename(file));
  const unborn = isAlone && (text === "" || text.startsWith("{"));
  const what = text === "" ? "it is empty" : "it does not hold one whole line";
  const failure = damaged(file, 1, unborn ? `${what}: killed before anything was done` : what);
  return { run: basename(folder), folder, failure, unborn };
}
