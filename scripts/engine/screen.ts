import { createInterface } from "node:readline/promises";
import { Chalk, type ChalkInstance } from "chalk";
import ora, { type Ora } from "ora";
import type { CheckResult, CheckSection } from "./check.ts";
import { redactRecord } from "./redact-record.ts";
import { redact } from "./redact.ts";
import { environmentVariable } from "./settings.ts";

/** Version of the lines that --json prints; a reader refuses what it does not know. */
export const jsonVersion = 1;

const rule = "━".repeat(60);
const thinRule = "─".repeat(41);
const heartbeat = 10_000;

const marks: Readonly<Record<CheckResult["outcome"], string>> = {
  passed: "✓",
  noted: "·",
  warned: "!",
  problem: "✗",
  "not-run": "✗",
};

/** Where the screen writes. */
export interface ScreenStreams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
}

export interface ScreenOptions {
  /** One JSON object a line on stdout; people's output goes to stderr. */
  readonly json: boolean;
  /** NO_COLOR is set, or the caller wants none. */
  readonly noColor: boolean;
  readonly streams?: ScreenStreams;
}

const tolerant = new WeakSet<NodeJS.WriteStream>();

/**
 * Lets a stream fail in silence: a reader that has gone (`| head`), a terminal that was closed, a full disk under the
 * log. None of them is a reason to break off a run; the journal and the exit code say how it went.
 */
export function tolerateLoss(stream: NodeJS.WriteStream): void {
  if (tolerant.has(stream)) return;
  tolerant.add(stream);
  stream.on("error", () => undefined);
}

/**
 * What people and programs see. On a terminal: colours and a spinner; elsewhere: plain lines and a heartbeat.
 * Everything that is printed passes the redactor.
 */
export class Screen {
  readonly #streams: ScreenStreams;
  readonly #out: NodeJS.WriteStream;
  readonly #json: boolean;
  readonly #tty: boolean;
  readonly #paint: ChalkInstance;
  #spinner: Ora | undefined;
  #beat: NodeJS.Timeout | undefined;
  #activity = "";
  #announced = "";

  constructor(options: ScreenOptions) {
    this.#streams = options.streams ?? process;
    this.#json = options.json;
    this.#out = options.json ? this.#streams.stderr : this.#streams.stdout;
    this.#tty = this.#out.isTTY === true && environmentVariable("TERM") !== "dumb";
    tolerateLoss(this.#streams.stdout);
    tolerateLoss(this.#streams.stderr);
    this.#paint = options.noColor || !this.#tty ? new Chalk({ level: 0 }) : new Chalk({ level: 1 });
  }

  /** True when a person can be asked. */
  get canAsk(): boolean {
    return this.#out.isTTY === true && this.#streams.stdin.isTTY === true;
  }

  /** Columns of the terminal; 100 elsewhere. */
  get columns(): number {
    return (this.#tty && this.#out.columns) || 100;
  }

  #write(text: string): void {
    const clean = `${redact(text)}\n`;
    if (this.#spinner === undefined) {
      this.#out.write(clean);
      return;
    }
    this.#spinner.clear();
    this.#out.write(clean);
    this.#spinner.render();
  }

  /** One JSON line on stdout; nothing without --json. */
  event(type: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (!this.#json) return;
    const at = new Date().toISOString();
    const record = redactRecord({ v: jsonVersion, at, type, ...fields });
    this.#streams.stdout.write(`${JSON.stringify(record)}\n`);
  }

  line(text = ""): void {
    this.#write(text);
  }

  /** A title between two rules. */
  heading(text: string): void {
    this.#write(`${this.#paint.dim(rule)}\n${this.#paint.bold(text)}\n${this.#paint.dim(rule)}`);
  }

  rule(): void {
    this.#write(this.#paint.dim(rule));
  }

  good(text: string): void {
    this.#write(`${this.#paint.green("✓")} ${text}`);
  }

  bad(text: string): void {
    this.#write(`${this.#paint.red("✗")} ${this.#paint.bold(text)}`);
  }

  warning(text: string): void {
    this.#write(`${this.#paint.yellow("!")} ${text}`);
  }

  quiet(text: string): void {
    this.#write(this.#paint.dim(text));
  }

  /** Label and text, as in the failure screen: `  next     movebook resume …`. */
  field(label: string, text: string): void {
    const [first = "", ...more] = text.split("\n");
    this.#write(`  ${this.#paint.cyan(label.padEnd(8))} ${first}`);
    for (const line of more) this.#write(`  ${"".padEnd(8)} ${line}`);
  }

  #mark(outcome: CheckResult["outcome"]): string {
    const mark = marks[outcome];
    if (outcome === "passed") return this.#paint.green(mark);
    if (outcome === "noted") return this.#paint.dim(mark);
    return outcome === "warned" ? this.#paint.yellow(mark) : this.#paint.red(mark);
  }

  /** A heading and its checks, as the seed prints them. */
  section(section: CheckSection): void {
    this.#write(section.heading);
    if (section.ruled === true) this.#write(this.#paint.dim(thinRule));
    for (const result of section.results) {
      this.event("check", {
        section: section.heading.replace(/:$/, ""),
        outcome: result.outcome,
        text: result.text,
        where: result.problem?.where,
        todo: result.problem?.todo,
        details: result.problem?.details,
      });
      this.#write(`  ${this.#mark(result.outcome)} ${result.text}`);
      if (result.outcome === "noted" || result.outcome === "passed") continue;
      if (result.problem?.where !== undefined) this.#write(`      ${result.problem.where}`);
      for (const detail of result.problem?.details ?? []) this.#write(`      ${detail}`);
      if (result.problem?.todo !== undefined)
        this.#write(this.#paint.cyan(`      → ${result.problem.todo}`));
    }
    this.#write("");
  }

  /**
   * Says what goes on right now: a spinner on a terminal, elsewhere at most one line in ten seconds.
   * @param numbers the same for programs (rows, bytes, totals)
   */
  progress(text: string, numbers?: Readonly<Record<string, number>>): void {
    this.#activity = redact(text);
    if (numbers !== undefined) this.event("progress", { text, ...numbers });
    if (!this.#tty) {
      this.#beat ??= setInterval(() => this.#announce(), heartbeat).unref();
      return;
    }
    this.#spinner ??= ora({
      text: this.#activity,
      stream: this.#out,
      // ora has colours of its own, also with NO_COLOR
      color: this.#paint.level === 0 ? false : "cyan",
      discardStdin: false,
      prefixText: " ",
      // ora itself would be silent on a terminal when a variable CI is set
      isEnabled: true,
    }).start();
    this.#spinner.text = this.#activity;
  }

  #announce(): void {
    const again = this.#announced === this.#activity ? " (still)" : "";
    this.#announced = this.#activity;
    this.#write(`  … ${this.#activity}${again}`);
  }

  /** Ends the spinner or the heartbeat. */
  settle(): void {
    this.#spinner?.stop();
    this.#spinner = undefined;
    clearInterval(this.#beat);
    this.#beat = undefined;
  }

  /**
   * Asks a person. Callers look at `canAsk` first. The end of input (Ctrl-D) is an empty answer.
   * @throws the signal's reason when it is aborted meanwhile
   */
  async ask(question: string, signal: AbortSignal): Promise<string> {
    this.settle();
    const reader = createInterface({ input: this.#streams.stdin, output: this.#out });
    // the terminal is in raw mode: Ctrl-C comes as a key, and is made the signal that it is elsewhere
    reader.on("SIGINT", () => {
      this.#out.write("\n");
      process.kill(process.pid, "SIGINT");
    });
    const closed = new Promise<string>((resolve) => reader.once("close", () => resolve("")));
    try {
      const answer = reader.question(`${redact(question)} `, { signal });
      return (await Promise.race([answer, closed])).trim();
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      reader.close();
    }
  }
}
