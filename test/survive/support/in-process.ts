import runbook from "../../../runbooks/data-move.ts";
import { call } from "../../../scripts/engine/call.ts";
import { narrowRunbook, type Selection } from "../../../scripts/engine/choose-steps.ts";
import type { CallFacts } from "../../../scripts/engine/context.ts";
import { resume, run } from "../../../scripts/engine/run.ts";
import { readSettings } from "../../../scripts/engine/settings.ts";
import { printStatus } from "../../../scripts/engine/status.ts";
import { undo } from "../../../scripts/engine/undo.ts";
import { captureScreen } from "../../engine/fixtures/in-process.ts";

/** How a call ended. */
export interface Told {
  readonly code: number;
  readonly output: string;
}

const environment = "dev";
const plainOptions: CallFacts["options"] = {
  overrides: {},
  anyBranch: false,
  allowDirty: false,
  quick: false,
  showRows: false,
  replace: false,
  yes: true,
  confirm: undefined,
};

/**
 * The command without the second that a new process costs: the real runbook, engine and programs, in this process.
 * @param words `run`, `resume`, `undo`, `status`, or `step <name>`
 */
export async function callInProcess(
  folder: string,
  words: string,
  { signal = new AbortController().signal, variables = {} }: InProcessChoice = {},
): Promise<Told> {
  const [verb = "", only] = words.split(" ");
  const captured = captureScreen();
  const narrow = narrowRunbook(runbook, environment);
  const selection: Selection = only === undefined ? {} : { only };
  const facts: CallFacts = {
    runbook: narrow,
    environment,
    projectFolder: folder,
    options: plainOptions,
    settings: readSettings(narrow.params, environment, folder, variables),
    screen: captured.screen,
    signal,
    caller: "npx movebook",
    selection,
    flags: [],
  };
  const code = await call(facts, verb, (onJournal) => {
    if (verb === "status") return printStatus(facts);
    if (verb === "resume") return resume(facts, onJournal);
    if (verb === "undo") return undo(facts, onJournal);
    return run(facts, selection, verb === "step" ? "step" : "run", onJournal);
  });
  return { code, output: captured.stdout() + captured.stderr() };
}

interface InProcessChoice {
  /** Ctrl-C. */
  readonly signal?: AbortSignal;
  /** Beside the env files of the project. */
  readonly variables?: Readonly<Record<string, string>>;
}
