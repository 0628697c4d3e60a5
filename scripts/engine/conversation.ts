import { once } from "node:events";
import { createReadStream } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { FileInput, Part } from "./command.ts";
import { DropFields } from "./drop-fields.ts";

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
}

const chunkSize = 1 << 20;

async function write(stdin: Writable, chunk: string | Buffer): Promise<void> {
  if (stdin.destroyed) throw new Error("the command no longer reads");
  if (!stdin.write(chunk)) await once(stdin, "drain");
}

async function sendFile(
  stdin: Writable,
  input: FileInput,
  onBytes: (bytes: number) => void,
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
    await write(stdin, filter === undefined ? chunk : filter.push(chunk));
    onBytes(chunk.length);
  }
  if (read !== input.end - input.start)
    throw new Error(`${input.file} is shorter than its manifest says`);
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
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
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
    for (const part of parts) {
      this.current = part;
      this.#redirects.onPart?.(part);
      const answered = new Promise<void>((resolve) => {
        this.#awaited = { line: part.answer, resolve };
      });
      await Promise.race([this.#send(part), ended, this.#vetoed]);
      await Promise.race([answered, ended, this.#vetoed]);
      this.#redirects.onAnswer?.(part);
    }
    this.current = undefined;
  }

  async #send(part: Part): Promise<void> {
    for (const input of part.input) {
      if ("text" in input) await write(this.#stdin, input.text);
      else
        await sendFile(this.#stdin, input, (count) =>
          this.#redirects.onBytes?.((this.#bytes += count)),
        );
    }
  }
}
