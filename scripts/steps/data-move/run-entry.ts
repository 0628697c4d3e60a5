import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command, FileInput } from "../../engine/command.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { readLedger, verifyLayout, type Ledger, type RunPhase } from "../../postgres/ledger.ts";
import { buildRunEntry, moveRun, type RunEntry } from "../../postgres/ledger-run.ts";
import { beforeFiles } from "./schema-changes.ts";

/** The run as it is now, for v2's ledger: its journal, and the files with the state before. */
export function readRunEntry(context: StepContext, phase: RunPhase): RunEntry {
  const files = beforeFiles.flatMap((name): [string, string][] => {
    const file = join(context.runFolder, name);
    return existsSync(file) ? [[name, readFileSync(file, "utf8")]] : [];
  });
  return {
    run: context.runId,
    environment: context.environment,
    phase,
    journal: context.journalText(),
    files: Object.fromEntries(files),
  };
}

/** @throws Failure (exit 3) when the ledger has another layout than ours, or a later movebook made it */
export async function readOwnLedger(context: StepContext, target: Database): Promise<Ledger> {
  const ledger = await readLedger(target);
  verifyLayout(ledger, context.commandLine("step", "restore-foreign-keys"));
  return ledger;
}

/**
 * Writes into v2 that the run comes to a phase, in a transaction of its own, before the deed.
 * @param from phases that it may come from, when those of the way forward do not do
 * @throws Failure (exit 3) that names the phase that was found
 */
export async function enterPhase(
  context: StepContext,
  target: Database,
  phase: RunPhase,
  from?: readonly RunPhase[],
): Promise<void> {
  await readOwnLedger(context, target);
  await moveRun(target, readRunEntry(context, phase), from);
}

/** Stands in a plan for the run's entry: what the journal will say then is not known, and long. */
export const runEntryPlace: FileInput = {
  file: "",
  start: 0,
  end: 0,
  title: "insert into movebook.runs: this run, its journal, v2's schema as it is now",
};

/** Puts the run's entry into the plan's place for it. @throws when there is not exactly one */
export function fillRunEntry(command: Command, entry: RunEntry): Command {
  let places = 0;
  const parts = (command.parts ?? []).map((part) => ({
    ...part,
    input: part.input.map((input) => {
      if (input !== runEntryPlace) return input;
      places += 1;
      return { text: `${buildRunEntry(entry)}\n` };
    }),
  }));
  if (places !== 1) throw new Error(`the plan has ${places} places for the run's entry`);
  return { ...command, parts };
}
