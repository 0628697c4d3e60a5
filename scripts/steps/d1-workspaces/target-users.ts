import { exitCodes, Failure } from "../../engine/failure.ts";
import { recallAnswer, wasPassed } from "../../engine/gate.ts";
import type { StepContext } from "../../engine/step.ts";

/** `--override v2-live=<reason>` takes the import back although users were sent to v2. */
const override = "v2-live";
const gate = "switch-dns";

/**
 * What users have written into v2 since the switch is nowhere else: as long as they are sent there, the import stays.
 * @throws Failure (exit 3) with the command that goes back first, unless that is overridden with a reason
 */
export function verifyNobodyAtTarget(context: StepContext): void {
  if (!wasPassed(context, gate)) return;
  const answer = recallAnswer(context, gate);
  const when = answer === undefined ? "in this run" : `on ${answer.at} by ${answer.by}`;
  const what = `users were sent to v2 ${when}; taking the import back would take v2 away from them`;
  const reason = context.options.overrides[override];
  if (reason !== undefined) {
    context.screen.warning(`${what} (overridden: ${reason})`);
    context.remember("v2-live-given-up", { reason, switched: answer ?? null });
    return;
  }
  const next = `${context.commandLine("undo")} --until ${gate}`;
  const todo = `Send them to v1 again first: ${next}. Or take it away knowingly: --override ${override}="<reason>".`;
  const problem = { what: `${gate} was answered, and was not taken back`, todo };
  throw new Failure({ exitCode: exitCodes.refused, what, problems: [problem], next });
}
