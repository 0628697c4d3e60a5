/** Exit codes of the command; a caller can read from the code alone whether anything changed. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  /** For a person or a day: nothing went wrong, what came before is done, and this step is not. */
  waiting: 4,
  differences: 5,
  unsafe: 6,
  cancelled: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** One thing that is wrong: what, where, what to do. `rows` may hold personal data. */
export interface Problem {
  /** What is wrong, in one sentence without row values. */
  readonly what: string;
  /** Table, column, constraint, file or line. */
  readonly where?: string;
  /** What the operator can do about it. */
  readonly todo?: string;
  /** Further facts that may be shown on a screen: labels, counts. Never row values. */
  readonly details?: readonly string[];
  /** Sample rows and messages with row values: written to the report (0600), never to a screen or log. */
  readonly rows?: readonly string[];
}

export interface FailureFacts {
  readonly exitCode: ExitCode;
  /** One sentence, without row values. */
  readonly what: string;
  readonly problems?: readonly Problem[];
  /** What has changed so far, when the thrower knows better than the engine. */
  readonly changed?: string;
  /** The exact next command, when the thrower knows better than the engine. */
  readonly next?: string;
}

/** Everything that a step throws on purpose; the engine prints it on one screen and exits with its code. */
export class Failure extends Error {
  readonly exitCode: ExitCode;
  readonly problems: readonly Problem[];
  readonly changed: string | undefined;
  readonly next: string | undefined;

  constructor(facts: FailureFacts, options?: ErrorOptions) {
    super(facts.what, options);
    this.name = "Failure";
    this.exitCode = facts.exitCode;
    this.problems = facts.problems ?? [];
    this.changed = facts.changed;
    this.next = facts.next;
  }
}

/** Something was thrown where nobody could catch it; the run is ended in order because of it. `cause` is what was thrown. */
export class UncaughtError extends Error {}

/** A step failed (exit 1). */
export const failed = (
  what: string,
  problems: readonly Problem[] = [],
  options?: ErrorOptions,
): Failure => new Failure({ exitCode: exitCodes.failed, what, problems }, options);

/** Refused before anything changed (exit 3). */
export const refused = (what: string, problems: readonly Problem[] = [], next?: string): Failure =>
  new Failure({
    exitCode: exitCodes.refused,
    what,
    problems,
    ...(next === undefined ? {} : { next }),
  });

/**
 * A person or a day is awaited (exit 4); the step has changed nothing.
 * @param next the exact command that answers
 */
export const waiting = (what: string, problems: readonly Problem[], next: string): Failure =>
  new Failure({ exitCode: exitCodes.waiting, what, problems, next });

/** The command line or the settings are wrong (exit 2). */
export const misused = (what: string, problems: readonly Problem[] = []): Failure =>
  new Failure({ exitCode: exitCodes.usage, what, problems });
