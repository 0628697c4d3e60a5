import { once } from "node:events";
import { createReadStream } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { FileInput, Part } from "./command.ts";
import { DropFields } from "./drop-fields.ts";
import { failed } from "./failure.ts";

/** What the caller wants to see while a command runs. */
export interface Redirects {
  /**
   * A whole line of standard output that is no answer to a part. Not redacted: it is what the caller asked for. What it
   * throws is a veto: no further part is sent, and the command is ended.
   */
  readonly onLine?: (line: string) => void;
  readonly onPart?: (part: Part) => void;
  readonly onAnswer?: (part: Part) => void;
  /** Bytes of file input sent so far, over all parts. */
  readonly onBytes?: (bytes: number) => void;
  /** Parts that become known while the command runs: sent after its own. The command ends when there are no more. */
  readonly later?: AsyncIterable<Part>;
}

const chunkSize = 1 << 20;

/** The program has closed its standard input. Why, its exit code says. */
export class BrokenPipe extends Error {}

async function write(stdin: Writable, chunk: string | Buffer, over: AbortSignal): Promise<void> {
  over.throwIfAborted();
  if (stdin.destroyed) throw new BrokenPipe("the command no longer reads");
  if (stdin.write(chunk)) return;
  try {
    await once(stdin, "drain", { signal: over });
  } catch (error) {
    over.throwIfAborted();
    throw new BrokenPipe("the command no longer reads", { cause: error });
  }
}

async function sendFile(
  stdin: Writable,
  input: FileInput,
  onBytes: (bytes: number) => void,
  over: AbortSignal,
): Promise<void> {
  if (input.end <= input.start) return;
  const file = createReadStream(input.file, {
    start: input.start,
    end: input.end - 1,
    highWaterMark: chunkSize,
  });
  const filter = input.skipFields === undefined ? undefined : new DropFields(input.skipFields);
  let read = 0;
  for await (const chunk of file as AsyncIterable<Buffer>) {
    read += chunk.length;
    await write(stdin, filter === undefined ? chunk : filter.push(chunk), over);
    onBytes(chunk.length);
  }
  if (read !== input.end - input.start)
    throw failed(`${input.file} is shorter than it should be`, [
      {
        what: `it ends after ${read} of ${input.end - input.start} bytes of "${input.title}"`,
        where: input.file,
      },
    ]);
}

/**
 * A talk with a program that reads commands from standard input: each part is sent whole, then its answer line is
 * awaited before the next part goes. What was not sent cannot happen: when we are killed, the program reads the end
 * of its input instead of, say, a COMMIT.
 */
export class Conversation {
  /** The part that was sent and is not answered yet. */
  current: Part | undefined;
  readonly #stdin: Writable;
  readonly #redirects: Redirects;
  #awaited: { readonly line: string; readonly resolve: () => void } | undefined;
  readonly #vetoed: Promise<never>;
  #veto: (reason: unknown) => void = () => undefined;
  #isVetoed = false;
  readonly #over = new AbortController();
  #bytes = 0;

  constructor(stdin: Writable, stdout: Readable, redirects: Redirects) {
    this.#stdin = stdin;
    this.#redirects = redirects;
    this.#vetoed = new Promise<never>((_, reject) => {
      this.#veto = reject;
    });
    this.#vetoed.catch(() => undefined);
    // a closed pipe (EPIPE) is told by the exit code
    stdin.on("error", () => undefined);
    let rest = "";
    stdout.setEncoding("utf8").on("data", (chunk: string) => {
      // only the chunk is split: a line of many chunks is looked through once
      const [first = "", ...more] = chunk.split("\n");
      rest += first;
      for (const line of more) {
        this.#take(rest);
        rest = line;
      }
    });
    stdout.on("end", () => {
      if (rest !== "") this.#take(rest);
    });
  }

  #take(line: string): void {
    if (this.#isVetoed) return;
    try {
      if (this.#awaited?.line === line) this.#awaited.resolve();
      else this.#redirects.onLine?.(line);
    } catch (error) {
      // thrown inside an event of the pipe, where nobody could catch it
      this.#isVetoed = true;
      this.#veto(error);
    }
  }

  /**
   * Sends the parts in order.
   * @param ended rejects when the program ends before it should
   */
  async hold(parts: readonly Part[], ended: Promise<never>): Promise<void> {
    try {
      for (const part of parts) await this.#say(part, ended);
      for await (const part of this.#redirects.later ?? []) await this.#say(part, ended);
      this.current = undefined;
    } finally {
      // a part that is still being sent sends no more
      this.#over.abort(new Error("the talk is over"));
    }
  }

  async #say(part: Part, ended: Promise<never>): Promise<void> {
    this.current = part;
    this.#redirects.onPart?.(part);
    const answered = new Promise<void>((resolve) => {
      this.#awaited = { line: part.answer, resolve };
    });
    await Promise.race([this.#send(part), ended, this.#vetoed]);
    await Promise.race([answered, ended, this.#vetoed]);
    this.#redirects.onAnswer?.(part);
  }

  async #send(part: Part): Promise<void> {
    for (const input of part.input) {
      if ("text" in input) await write(this.#stdin, input.text, this.#over.signal);
      else
        await sendFile(
          this.#stdin,
          input,
          (count) => this.#redirects.onBytes?.((this.#bytes += count)),
          this.#over.signal,
        );
    }
  }
}
