import { passed, problem, warned, type CheckResult } from "../../../engine/check.ts";
import { listRuns, type Journal } from "../../../engine/journal.ts";
import type { StepContext } from "../../../engine/step.ts";
import type { Database } from "../../../postgres/database.ts";
import { fingerprintSchema } from "../../../postgres/schema-fingerprint.ts";
import { remembered } from "../remembered.ts";

/** The name with which an operator goes on without a tested dev move. */
export const devMoveOverride = "dev-move-tested";

/** The fact that validate remembers when everything was equal. */
interface Validated {
  readonly schema: string;
  readonly quick?: boolean;
}

const refuse = (text: string, todo: string, where?: string): CheckResult => ({
  ...problem(text, { todo, ...(where === undefined ? {} : { where }) }),
  overridable: devMoveOverride,
});

/** Runs that only looked (preflight, a dry run) prove nothing and hide nothing. */
const hasImported = (journal: Journal): boolean =>
  journal.stateOf("import") !== "not-started" || journal.recall(remembered.validated) !== undefined;

/**
 * Judges the newest dev run that imported: it must have been validated, on the schema that prod has now.
 * @param schema fingerprint of prod's schema
 */
export function judgeDevRuns(
  runs: readonly Journal[],
  schema: string,
  todo: string,
): CheckResult[] {
  const newest = runs.findLast(hasImported);
  if (newest === undefined) return [refuse("no dev move was tested from this folder", todo)];
  const { run } = newest.header;
  const validated = newest.recall(remembered.validated) as Validated | undefined;
  if (validated === undefined)
    return [refuse(`the newest dev move (${run}) was not validated`, todo, newest.folder)];
  if (validated.schema !== schema)
    return [
      refuse(
        `the dev move (${run}) was tested on another schema than prod's v2 has now`,
        todo,
        newest.folder,
      ),
    ];
  return validated.quick === true
    ? [
        passed(`the dev move was tested on the same schema (run ${run})`),
        warned("the dev move was validated with --quick: contents were not compared"),
      ]
    : [passed(`the dev move was tested on the same schema (run ${run})`)];
}

/** The seed's precondition of a move of prod. @throws Failure when a dev journal is damaged */
export async function checkDevMove(context: StepContext, target: Database): Promise<CheckResult[]> {
  const runs = listRuns(context.projectFolder, context.runbook, "dev");
  const command = context.commandLine("run").replace(/--env \S+/, "--env dev");
  const todo = `Move dev first, on the same migrations: ${command}.`;
  return judgeDevRuns(runs, await fingerprintSchema(target), todo);
}
