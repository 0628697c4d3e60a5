import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Param } from "../../scripts/engine/param.ts";
import { Screen, type ScreenStreams } from "../../scripts/engine/screen.ts";
import type { RunOptions, StepContext } from "../../scripts/engine/step.ts";
import { refused } from "../../scripts/engine/failure.ts";
import { executeCommand } from "../../scripts/engine/shell.ts";

/** A context for one step on its own, with what it printed and remembered. */
export interface TestContext {
  readonly context: StepContext;
  readonly printed: () => string;
  readonly facts: Map<string, unknown>;
}

/** @param raw texts of settings by the name of their param */
export function makeStepContext(
  raw: Readonly<Record<string, string>>,
  options: Partial<RunOptions> = {},
  done: readonly string[] = [],
): TestContext {
  const folder = mkdtempSync(join(tmpdir(), "movebook-step-"));
  const facts = new Map<string, unknown>();
  const out = new PassThrough();
  const lines: string[] = [];
  out.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
  const streams = {
    stdout: out,
    stderr: out,
    stdin: new PassThrough(),
  } as unknown as ScreenStreams;
  const read = <T>(param: Param<T>): T | undefined => {
    const text = raw[param.name];
    return text === undefined ? undefined : param.parse(text);
  };
  const signal = new AbortController().signal;
  const context: StepContext = {
    runbook: "data-move",
    environment: "dev",
    runId: "test-run",
    projectFolder: folder,
    runFolder: folder,
    options: {
      overrides: {},
      anyBranch: false,
      allowDirty: false,
      quick: false,
      showRows: false,
      replace: false,
      yes: true,
      confirm: undefined,
      ...options,
    },
    settings: { environment: "dev", readings: new Map(), files: [] },
    screen: new Screen({ json: false, noColor: true, streams }),
    signal,
    setting: (param) => {
      const value = read(param);
      if (value === undefined) throw new Error(`${param.name} is not set`);
      return value;
    },
    optionalSetting: read,
    remember: (key, value) => void facts.set(key, JSON.parse(JSON.stringify(value))),
    recall: (key) => facts.get(key),
    journalText: () => "",
    isDone: (step) => done.includes(step),
    execute: (command, redirects) => executeCommand(command, folder, signal, redirects),
    refuseOnProblems: (what) => {
      throw refused(what);
    },
    commandLine: (verb, step) =>
      ["npx movebook", verb, "data-move", step, "--env dev"].filter(Boolean).join(" "),
  };
  return { context, printed: () => lines.join(""), facts };
}
