/** Bytes that go to a command's standard input: a text, or a stretch of a file. */
export type Input = { readonly text: string } | FileInput;

/** A stretch of a file, streamed; `start` inclusive, `end` exclusive, in bytes. */
export interface FileInput {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** Zero-based fields of each tab-separated line that are left out. */
  readonly skipFields?: readonly number[];
  /** Shown in a dry run instead of the path: "rows of Animal (12,000)". */
  readonly title: string;
}

/** A part of a conversation with a command: sent whole, then the answer is awaited before the next part goes. */
export interface Part {
  /** Printed when the part begins: "Step 1/4: Drop FK constraints". Undefined: silent. */
  readonly title?: string;
  readonly input: readonly Input[];
  /** The line on standard output that says: this part is done. */
  readonly answer: string;
}

/** One program call as a value. Arguments never hold secrets: those go through files of mode 0600, or variables. */
export interface Command {
  readonly title: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Added to a minimal inherited environment. Paths and options, no secrets. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Secret files to write (0600) before the call and to remove after it: variable that gets the path → content maker. */
  readonly secretFiles?: Readonly<Record<string, () => string>>;
  /**
   * Secrets for programs that read them from variables only: variable → value maker, called when the program starts.
   * They stand in no argument, no journal and no description; other users of the machine cannot read them.
   */
  readonly secretEnvironment?: Readonly<Record<string, () => string>>;
  /** A conversation over standard input. Without it, standard input is closed. */
  readonly parts?: readonly Part[];
}
