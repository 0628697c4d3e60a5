import { createReadStream, existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { finished, Writable, type Readable } from "node:stream";
import { promisify } from "node:util";
import { failed, misused } from "./failure.ts";

/** A flag that a filter takes: `--<name> <value>`. */
export interface FilterParam {
  /** kebab-case, as the filter finds it in `options`. */
  readonly name: string;
  /** What the help shows in its place. `file`: the engine makes the path absolute and looks whether it is there. */
  readonly value: string;
  readonly meaning: string;
  readonly required?: boolean;
}

/** What a filter gets. */
export interface FilterCall {
  readonly input: Readable;
  /** Standard output, or what stands for it. Waiting for `drain` and ending it are the filter's; `pipeline` does both. */
  readonly output: Writable;
  /** Says a line to people, on standard error. Without row values. */
  readonly warn: (text: string) => void;
  /** Aborted by Ctrl-C, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
  /** Folder of the operator's project. Absolute. */
  readonly projectFolder: string;
  /** Name of a flag → what was typed; files are absolute. A flag that was not given is not there. */
  readonly options: Readonly<Record<string, string>>;
}

/** A transform as a plain filter: a file or standard input → standard output, no environment, no run, no journal. */
export interface Filter {
  /** One sentence. */
  readonly does: string;
  readonly params: readonly FilterParam[];
  /** @throws Failure as a step does; what it has written by then is not complete, and the engine says so */
  readonly run: (call: FilterCall) => Promise<void>;
}

/** The reader of the output has gone (`| head`): no fault, and nobody is left to tell. */
export class ReaderGone extends Error {}

const whenFinished = promisify(finished);

/** Forwards to a stream that must stay open, at that stream's pace, and counts the bytes. */
export class CountedOutput extends Writable {
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();
  readonly #target: NodeJS.WritableStream;

  constructor(target: NodeJS.WritableStream) {
    super({ decodeStrings: true, highWaterMark: 1 << 20 });
    this.#target = target;
  }

  /** Bytes that the stream has taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Ends it; what has not been handed on is dropped, what has been is counted when this returns. */
  async giveUp(): Promise<void> {
    this.destroy();
    await this.#writing;
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#writing = new Promise((settle) => {
      this.#target.write(chunk, (error) => {
        const isWritten = error === undefined || error === null;
        if (isWritten) this.#bytes += chunk.length;
        settle();
        done(isWritten ? null : explainLoss(error));
      });
    });
  }
}

function explainLoss(error: Error): Error {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (["EPIPE", "ERR_STREAM_DESTROYED", "ECONNRESET"].includes(code))
    return new ReaderGone("nobody reads the output any more", { cause: error });
  const what = code === "ENOSPC" ? "no space is left where the output goes" : error.message;
  return failed(`the output cannot be written: ${what}`, [], { cause: error });
}

/** @throws Failure (exit 2) when it cannot be read */
function verifyReadable(file: string, shown: string): void {
  if (!existsSync(file))
    throw misused(`there is no file ${shown}`, [{ what: `looked for ${file}` }]);
  if (statSync(file).isDirectory()) throw misused(`${shown} is a folder, not a file`);
}

/**
 * What is filtered: a file, or standard input.
 * @param file undefined or `-`: standard input
 * @throws Failure (exit 2) when the file is not there, or standard input is a terminal
 */
export function openInput(file: string | undefined, stdin: NodeJS.ReadStream): Readable {
  if (file !== undefined && file !== "-") {
    verifyReadable(resolve(file), file);
    return createReadStream(resolve(file), { highWaterMark: 1 << 20 });
  }
  if (stdin.isTTY !== true) return stdin;
  throw misused("nothing to read: no file is named, and standard input is a terminal", [
    { what: "name the file, or pipe it in", todo: "movebook transform <runbook> <file> > <file>" },
  ]);
}

/**
 * The flags as the filter wants them.
 * @throws Failure (exit 2) when one is missing, is another filter's, or names a file that is not there
 */
export function readFilterOptions(
  filter: Filter,
  flags: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const given = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const missing = filter.params.find(({ name, required }) => required === true && !flags[name]);
  if (missing !== undefined)
    throw misused(`--${missing.name} <${missing.value}> is needed`, [{ what: missing.meaning }]);
  return Object.fromEntries(
    given.map(([name, value]) => {
      const param = filter.params.find((one) => one.name === name);
      if (param === undefined) throw misused(`this transform takes no --${name}`);
      if (param.value !== "file") return [name, value];
      verifyReadable(resolve(value), `${value} (--${name})`);
      return [name, resolve(value)];
    }),
  );
}

/**
 * Runs a filter until its whole output is written.
 * @throws ReaderGone when nobody reads it; else what the filter or the output threw
 */
export async function runFilter(
  filter: Filter,
  call: Omit<FilterCall, "output">,
  output: CountedOutput,
): Promise<void> {
  const over = new AbortController();
  const lost = whenFinished(output).catch((error: unknown) => {
    over.abort(error);
    throw error;
  });
  lost.catch(() => undefined);
  const signal = AbortSignal.any([call.signal, over.signal]);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  aborted.catch(() => undefined);
  try {
    await Promise.race([filter.run({ ...call, signal, output }), aborted]);
    if (!output.writableEnded) output.end();
    await lost;
  } catch (error) {
    // a lost output is the cause of whatever the filter says about it
    if (over.signal.aborted) throw over.signal.reason;
    throw error;
  } finally {
    call.input.destroy();
    if (!output.writableFinished) await output.giveUp();
  }
}
