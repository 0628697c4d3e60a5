import type { Command } from "../engine/command.ts";
import { CommandError } from "../engine/shell.ts";
import type { StepContext } from "../engine/step.ts";
import { explainWrangler } from "./wrangler-errors.ts";

export type Execute = StepContext["execute"];

/**
 * Runs one call of wrangler and gives the lines that it printed.
 * @param where the database, for messages: "shop-v1 (local)"
 * @throws Failure that says in our words what wrangler said
 */
export async function runWrangler(
  execute: Execute,
  command: Command,
  where: string,
): Promise<string[]> {
  const lines: string[] = [];
  try {
    await execute(command, { onLine: (line) => void lines.push(line) });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw explainWrangler({ title: command.title, where, lines, stderr: error.stderr }, error);
  }
  return lines;
}
