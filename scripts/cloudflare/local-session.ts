import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command, Part } from "../engine/command.ts";
import { failed } from "../engine/failure.ts";
import type { LocalAddress } from "./database-address.ts";
import { runWrangler, type Execute } from "./run-wrangler.ts";
import type { Wrangler } from "./wrangler.ts";

const keeper = fileURLToPath(new URL("local-keeper.mjs", import.meta.url));
const answerEnd = "done";

/** What the runtime answered: the rows of each statement, or why it refused all of them. */
export type LocalAnswer =
  | { readonly results: readonly (readonly Readonly<Record<string, unknown>>[])[] }
  | { readonly error: string };

/** Parts that are waited for: pushed from one side, read from the other, until it is ended. */
class PartQueue implements AsyncIterable<Part> {
  readonly #parts: Part[] = [];
  #isEnded = false;
  #wake: () => void = () => undefined;

  push(part: Part): void {
    this.#parts.push(part);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Part> {
    for (;;) {
      const next = this.#parts.shift();
      if (next !== undefined) yield next;
      else if (this.#isEnded) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** The runtime that belongs to a wrangler: the one that its own commands open local databases with. */
function findMiniflare({ args }: Wrangler): string {
  const [script = ""] = args;
  return createRequire(script).resolve("miniflare");
}

/** Starts the keeper of one local database. Its arguments hold no secrets and no rows. */
export const buildKeeperCommand = (wrangler: Wrangler, address: LocalAddress): Command => ({
  title: `Open ${address.name}`,
  program: wrangler.program,
  args: [keeper, findMiniflare(wrangler), join(address.stateFolder, "v3/d1"), address.id],
});

/** A local database that is open for questions, one after the other, until it is closed. */
export class LocalSession {
  readonly #parts = new PartQueue();
  readonly #ended: Promise<unknown>;
  #lines: string[] = [];
  #before: Promise<unknown> = Promise.resolve();
  #answered: () => void = () => undefined;

  /** @param execute runs the keeper until the session is closed */
  constructor(execute: Execute, wrangler: Wrangler, address: LocalAddress) {
    const redirected: Execute = (command) =>
      execute(command, {
        later: this.#parts,
        onLine: (line) => void this.#lines.push(line),
        onAnswer: () => this.#answered(),
      });
    const where = `${address.name} (local)`;
    this.#ended = runWrangler(redirected, buildKeeperCommand(wrangler, address), where);
    this.#ended.catch(() => undefined);
  }

  /** @throws Failure when the runtime does not start or ends, in our words */
  ask(statements: readonly string[]): Promise<LocalAnswer> {
    const own = this.#before.then(() => this.#askNow(statements));
    this.#before = own.catch(() => undefined);
    return own;
  }

  async #askNow(statements: readonly string[]): Promise<LocalAnswer> {
    this.#lines = [];
    const answered = new Promise<void>((resolve) => (this.#answered = resolve));
    const text = `${JSON.stringify(statements)}\n`;
    this.#parts.push({ input: [{ text }], answer: answerEnd });
    await Promise.race([answered, this.#ended]);
    const [line] = this.#lines;
    if (line === undefined) throw failed("the local database was closed while it was asked");
    return JSON.parse(line) as LocalAnswer;
  }

  /** Waits until the runtime is gone: then others may open the file. Never throws. */
  async close(): Promise<void> {
    this.#parts.end();
    await this.#ended.catch(() => undefined);
  }
}
