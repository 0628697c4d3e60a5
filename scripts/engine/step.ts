import type { CheckSection } from "./check.ts";
import type { Selection } from "./choose-steps.ts";
import type { Command } from "./command.ts";
import type { Filter } from "./filter.ts";
import type { Param, Settings } from "./param.ts";
import type { Redirects } from "./conversation.ts";
import type { Screen } from "./screen.ts";

/** Overrides and switches of the command line that are recorded in the journal. */
export interface RunOptions {
  /** Check name → the reason that the operator gave. */
  readonly overrides: Readonly<Record<string, string>>;
  readonly anyBranch: boolean;
  readonly allowDirty: boolean;
  /** Leave out what takes long and is not needed for a first look (content checksums). */
  readonly quick: boolean;
  /** Show sample rows on the screen; otherwise they stand in the report only. */
  readonly showRows: boolean;
  /** Rows that the target holds already give way; a rollback point is taken first. */
  readonly replace: boolean;
  /** Answer yes to questions; to those of a gate only when the operator names it. */
  readonly yes: boolean;
  /** What the operator typed after --confirm: the target's name. */
  readonly confirm: string | undefined;
}

/** What a step gets. Everything with an effect on the world outside goes through here. */
export interface StepContext {
  readonly runbook: string;
  readonly environment: string;
  readonly runId: string;
  /** Folder of the operator's project: env files, migrations, git. Absolute. */
  readonly projectFolder: string;
  /** tmp/<runbook>-<env>/<run>/, mode 0700. Absolute. */
  readonly runFolder: string;
  readonly options: RunOptions;
  /** The steps that the operator named in this call. */
  readonly selection?: Selection;
  readonly settings: Settings;
  readonly screen: Screen;
  /** Aborted by Ctrl-C; queries and children listen to it. */
  readonly signal: AbortSignal;
  /**
   * The parsed value of a required setting.
   * @throws Failure (exit 2) that names variable and file, when it is missing or wrong
   */
  readonly setting: <T>(param: Param<T>) => T;
  /** The parsed value of an optional setting. @throws Failure (exit 2) when it is there and wrong */
  readonly optionalSetting: <T>(param: Param<T>) => T | undefined;
  /** Writes a fact into the journal, flushed, before the deed that it protects. JSON values, no secrets, no row values. */
  readonly remember: (key: string, value: unknown) => void;
  /** The last remembered value of a key in this run, by any step; undefined when there is none. */
  readonly recall: (key: string) => unknown;
  /** The run's journal so far, as its lines stand on the disk; what was secret in them is masked. Empty in a dry run. */
  readonly journalText: () => string;
  /** True when that step is done (and not undone) in this run. */
  readonly isDone: (step: string) => boolean;
  /** Runs one command of a plan in the shell. */
  readonly execute: (command: Command, redirects?: Redirects) => Promise<void>;
  /** Prints check sections and throws a refusal with all problems in one list (after applying overrides). */
  readonly refuseOnProblems: (what: string, sections: readonly CheckSection[]) => void;
  /** The command line of a movebook command for this runbook and environment, to print as next command. */
  readonly commandLine: (verb: string, step?: string) => string;
}

/** What a journal entry "started, not finished" means for a step when its `verify` does not hold. */
export type Interrupted = "run-again" | "undo-first" | "ask-a-person";

/** A step. Members are properties, not methods: method syntax would let a runbook that lacks a param compile. */
export interface Step {
  /** kebab-case; the file, the journal key and the heading in the docs. */
  readonly name: string;
  /** One sentence, printed wherever the step is named. */
  readonly does: string;
  /** The step exists in these environments of the runbook only; left out: in all of them. */
  readonly environments?: readonly string[];
  /**
   * What the step changes: nothing (reads only), files under tmp/, the target, or something outside of it that the
   * target's lock and name have no say in (a deployment, an address, a repository).
   */
  readonly changes: "nothing" | "files" | "target" | "outside";
  /** True: not part of a whole run, only by its name (step-by-step debugging). */
  readonly byHand?: boolean;
  /** True: a run in parts is complete without it. The step that needs its result refuses when it is not there. */
  readonly optional?: boolean;
  /** True: others notice it. A resume does not repeat it unasked when its files are gone; who needs them refuses. */
  readonly disturbsOthers?: boolean;
  /** True: by its name it joins the newest run although that is finished: it takes back or asks what that run did. */
  readonly ofFinishedRun?: boolean;
  /**
   * The step whose effect this one takes away. When it is done, that one is undone: a resume does it again, and runs
   * what was proved of it again. A resume never runs this one.
   */
  readonly takesBack?: string;
  /** True: reads only and needs no step before it, so a dry run runs it for real. */
  readonly rehearsed?: boolean;
  /**
   * True: with this step done the target is not safe (constraints are gone) until one that `makesSafe` is done, or
   * this one undone. What the journal says of it counts when the target cannot be asked.
   */
  readonly leavesUnsafe?: true;
  /** True: with this step done the target is safe again, whatever an earlier one took away. */
  readonly makesSafe?: true;
  /** The question that only a person can answer; the step waits for the answer. */
  readonly asks?: string;
  readonly interrupted: Interrupted;
  /** Reads only; throws a refusal before anything changes. */
  readonly check?: (context: StepContext) => Promise<void>;
  /** The commands that the step sends, as values: dry run, real run and tests read the same list. */
  readonly plan?: (context: StepContext) => Promise<readonly Command[]>;
  /** Does the step; where there is a plan it is handed in, so that what runs is what was printed. */
  readonly run: (context: StepContext, plan: readonly Command[]) => Promise<void>;
  /** Reads only; throws unless the effect is there. */
  readonly verify: (context: StepContext) => Promise<void>;
  /**
   * True when an unfinished attempt may have left something to take back although `verify` does not hold. Left out:
   * `verify` decides.
   */
  readonly mayHaveEffect?: (context: StepContext) => Promise<boolean>;
  /** Puts back what `run` changed, and verifies that. */
  readonly undo?: (context: StepContext) => Promise<void>;
}

/** A lock that a run holds on its target. */
export interface HeldLock {
  readonly release: () => Promise<void>;
  /** Aborted when the lock is lost while it is held: others may work on the target from then on. */
  readonly lost?: AbortSignal;
}

/** A run as its target remembers it: enough to go on with it, or to take it back, from another machine. */
export interface RememberedRun {
  readonly run: string;
  /** The lines of its journal at the last change of the target. */
  readonly journal: string;
  /** Further files of its run folder: name → contents. */
  readonly files: Readonly<Record<string, string>>;
}

/** What was saved of a target before a run replaced it. */
export interface RollbackPoint {
  /** The run that took it. */
  readonly run: string;
  /** ISO 8601. */
  readonly takenAt: string;
  readonly file: string;
  readonly bytes: number;
  /** One sentence: "17 tables, 60,360 rows of app@host/shop". */
  readonly holds: string;
  /** The run is still open, or this is the newest point: it is not cleaned. */
  readonly isNeeded: boolean;
  /** ISO 8601: from then on it may be cleaned. */
  readonly keptUntil: string;
}

/** How a runbook lists, restores and removes its rollback points. */
export interface RollbackPoints {
  readonly list: (context: StepContext) => Promise<readonly RollbackPoint[]>;
  /** Puts the target back to the point, and verifies that. Called under the lock, after the confirmation. */
  readonly restore: (context: StepContext, point: RollbackPoint) => Promise<void>;
  readonly remove: (context: StepContext, point: RollbackPoint) => Promise<void>;
}

/** What a runbook can tell of its target, for `status` and for messages after a failure. */
export interface TargetState {
  /** One sentence: "v2 is as it was before the run", "v2 lacks 12 keys". */
  readonly sentence: string;
  /** The target must not be used as it is: it lacks constraints, or is half filled. Exit 6. */
  readonly unsafe: boolean;
  /** The command that mends it. */
  readonly next?: string;
}

/** A runbook: a list. */
export interface Runbook {
  readonly name: string;
  /** One sentence. */
  readonly goal: string;
  readonly environments: readonly string[];
  /** Environments whose changes need `--confirm <target name>`. */
  readonly confirmed: readonly string[];
  // oxlint-disable-next-line typescript/no-explicit-any -- a list of params of different types
  readonly params: readonly Param<any>[];
  readonly steps: readonly Step[];
  /** Identity of source and target (hosts, names; no secrets), pinned in the journal's first line. */
  readonly identity: (settings: Settings) => Readonly<Record<string, string>>;
  /** The names that the operator may type after --confirm. */
  readonly targetNames: (settings: Settings) => readonly string[];
  /** Takes the lock that keeps a second operator away. @throws Failure (exit 3) that names the holder */
  readonly lock: (context: StepContext) => Promise<HeldLock>;
  /** Looks at the target. May throw when it cannot be reached. */
  readonly lookAtTarget: (context: StepContext) => Promise<TargetState>;
  /** The run that the target remembers as not finished; undefined when there is none. Reads only. */
  readonly recallRun?: (context: StepContext) => Promise<RememberedRun | undefined>;
  /** Left out: the runbook takes no rollback points. */
  readonly rollbackPoints?: RollbackPoints;
  /** Sections that `status` prints beside the run: migrations, ledger. */
  readonly status: (context: StepContext) => Promise<readonly CheckSection[]>;
  /** The runbook's transform alone, for `movebook transform`: knows no environment and no run. */
  readonly filter?: Filter;
}

/** Gives a runbook its type; the file that calls it is a table of contents. */
export const defineRunbook = (runbook: Runbook): Runbook => runbook;
