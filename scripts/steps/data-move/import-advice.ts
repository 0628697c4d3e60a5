import type { StepContext } from "../../engine/step.ts";
import type { ServerError } from "../../postgres/errors.ts";
import { findFunction } from "../../postgres/plain-error.ts";

/** What is mended in v2 alone, or passes: the dump that is there stays good. */
const keepsDump = /^(?:08|25|40|42501|53|54|55|57|58)/u;

/** The exact next command. Rows that are mended in v1 need another dump; otherwise the run goes on. */
export const nextAfter = (context: StepContext, sqlstate: string | undefined): string =>
  context.commandLine(sqlstate === undefined || keepsDump.test(sqlstate) ? "resume" : "run");

const advice: readonly (readonly [
  sqlstate: RegExp,
  say: (context: StepContext, error: ServerError) => string,
])[] = [
  [
    /^42501$/u,
    (context) =>
      `Grant v2's role what it lacks; ${context.commandLine("step", "preflight")} looks at all that a move needs.`,
  ],
  [
    /^(?:42P01|42703)$/u,
    (context) =>
      `See whether v2's schema is applied: ${context.commandLine("status")}. If v2 has dropped it, leave it behind with V1_LEAVE_OUT.`,
  ],
  [/^53100$/u, () => "Give v2's server more disk space."],
  [/^(?:40|53|57)/u, () => "It may pass: look at v2's server, then go on."],
  [
    /^55000$/u,
    (context) =>
      `Wait for the other import, or empty v2's tables; ${context.commandLine("status")} says what v2 holds.`,
  ],
  [
    /^22/u,
    () => "Change these values in v1 before the snapshot (then dump anew), or the type in v2.",
  ],
  [
    /^23/u,
    () => "Mend these rows in v1 before the snapshot (then dump anew), or the constraint in v2.",
  ],
];

/** What an operator can do about an error that no rule explains. */
export function adviseOn(context: StepContext, error: ServerError): string {
  const found = advice.find(([sqlstate]) => sqlstate.test(error.sqlstate))?.[1](context, error);
  if (found !== undefined) return found;
  const name = findFunction(error.context);
  return name === undefined
    ? "The report holds the server's words and the line of the dump."
    : `Look at v2's ${name}: a check, a domain, a generated column, a default or an index calls it during the load (triggers are silent). The report holds its message and the row.`;
}
