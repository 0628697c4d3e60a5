/** Where a parameter is read for one environment: the variable, and the file that may hold it. */
export interface ParamPlace {
  /** Name of the variable: `V1_DEV_SNAPSHOT_DIRECT_URL`. */
  readonly variable: string;
  /** The env file beside package.json of the operator's project: `.env.v1.dev.snapshot`. */
  readonly file: string;
}

/**
 * A setting as data. It gives the typed value, the help, `.env.example` and the table in the docs.
 * `parse` gets the raw text and throws an Error whose message says what is wrong without repeating the text.
 */
export interface Param<T> {
  readonly name: string;
  /** One sentence: what it is. */
  readonly meaning: string;
  /** For the example files; never a working secret. */
  readonly example: string;
  readonly required: boolean;
  /** True: stands in the example files ready to be filled in although it may be missing. */
  readonly shown?: boolean;
  /** Secret values are never journalled and never printed, not even in part. */
  readonly secret: boolean;
  /**
   * False: may change between two calls of one run (an address to probe, weeks after the import). Left out: a run is
   * finished with the value that it began with.
   */
  readonly pinned?: boolean;
  /** Environment name → where it is read. */
  readonly places: Readonly<Record<string, ParamPlace>>;
  readonly parse: (raw: string) => T;
}

/** One setting as it was found. */
export interface ParamReading<T = unknown> {
  readonly param: Param<T>;
  readonly place: ParamPlace;
  /** `process`: from the process environment (which wins); `file`: from the env file; `missing`: neither. */
  readonly from: "process" | "file" | "missing";
  /** The parsed value; undefined when missing or wrong. */
  readonly value: T | undefined;
  /** Why the value could not be used. Never repeats it. */
  readonly error: string | undefined;
}

/** A trap in an env file, with the line where it stands. */
export interface EnvFileWarning {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** An env file as it was read. */
export interface EnvFileReading {
  readonly file: string;
  readonly exists: boolean;
  readonly warnings: readonly EnvFileWarning[];
}

/** All settings of a runbook for one environment, and what was noticed on the way. */
export interface Settings {
  readonly environment: string;
  readonly readings: ReadonlyMap<string, ParamReading>;
  readonly files: readonly EnvFileReading[];
}
