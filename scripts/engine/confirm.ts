import type { CallFacts } from "./context.ts";
import { refused } from "./failure.ts";
import { quoteWord } from "./shell-word.ts";

/**
 * Changes of some environments (production) need the target's name from a person: after --confirm, or typed.
 * @throws Failure (exit 3) when it is missing or another name
 */
export async function confirmTarget(facts: CallFacts): Promise<void> {
  const { runbook, environment, options, screen } = facts;
  if (!runbook.confirmed.includes(environment)) return;
  const names = runbook.targetNames(facts.settings);
  const [name] = names;
  // settings that cannot be read are the first step's to report
  if (name === undefined) return;
  const typed =
    options.confirm ??
    (screen.canAsk
      ? await screen.ask(
          `This changes ${environment}. Type the target's name (${name}) to go on:`,
          facts.signal,
        )
      : undefined);
  if (typed !== undefined && names.includes(typed)) return;
  const what =
    typed === undefined
      ? `${environment} is changed only with --confirm <target name>`
      : `${options.confirm === undefined ? "" : "--confirm "}${typed} is not the target's name`;
  throw refused(what, [
    {
      what: `the target is ${names.join(", or ")}`,
      todo: `If that is what you want to change, call again with --confirm ${quoteWord(name)}`,
    },
  ]);
}
