import { PassThrough } from "node:stream";
import { buildContext, passingMemory } from "../../scripts/engine/context.ts";
import { Screen, type ScreenStreams } from "../../scripts/engine/screen.ts";
import { readSettings } from "../../scripts/engine/settings.ts";
import { defineRunbook, type RunOptions, type StepContext } from "../../scripts/engine/step.ts";
import { dataMoveParams } from "../../scripts/steps/data-move/params.ts";

/** A step's context with real settings, that keeps what was printed and writes no journal. */
export interface PreflightContext {
  readonly context: StepContext;
  readonly printed: () => string;
}

export interface ContextFacts {
  /** Project and run folder. */
  readonly folder: string;
  /** As if they stood in the process environment. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly options?: Partial<RunOptions>;
  /** Steps that are done in this run. */
  readonly done?: readonly string[];
}

const runbook = defineRunbook({
  name: "data-move",
  goal: "Moves.",
  environments: ["dev", "prod"],
  confirmed: [],
  params: dataMoveParams,
  steps: [],
  identity: () => ({}),
  targetNames: () => [],
  lock: () => Promise.reject(new Error("not in this test")),
  lookAtTarget: () => Promise.reject(new Error("not in this test")),
  status: () => Promise.resolve([]),
});

const noOptions: RunOptions = {
  overrides: {},
  anyBranch: false,
  allowDirty: false,
  quick: false,
  showRows: false,
  replace: false,
  yes: false,
  confirm: undefined,
};

export function makePreflightContext(facts: ContextFacts): PreflightContext {
  const { folder, variables = {}, environment = "dev", done = [] } = facts;
  const out = new PassThrough();
  const chunks: string[] = [];
  out.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  const streams = { stdout: out, stderr: out, stdin: new PassThrough() };
  const call = {
    runbook,
    environment,
    projectFolder: folder,
    options: { ...noOptions, ...facts.options },
    settings: readSettings(dataMoveParams, environment, folder, variables),
    screen: new Screen({
      json: false,
      noColor: true,
      streams: streams as unknown as ScreenStreams,
    }),
    signal: new AbortController().signal,
    caller: "npx movebook",
  };
  const context = buildContext(call, "run-1", folder, passingMemory(undefined));
  return {
    context: { ...context, isDone: (step) => done.includes(step) },
    printed: () => chunks.join(""),
  };
}
