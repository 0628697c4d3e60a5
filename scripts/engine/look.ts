import { buildContext, journalMemory, type CallFacts } from "./context.ts";
import { exitCodes, Failure } from "./failure.ts";
import type { Journal } from "./journal.ts";
import { describeUnasked } from "./left-unsafe.ts";
import { atMost } from "./patience.ts";
import type { TargetState } from "./step.ts";

/** Milliseconds. */
const lookPatience = 120_000;

/** Looks at the target, without a signal that is aborted already; what cannot be asked is told from the journal. */
export async function lookAtTarget(facts: CallFacts, journal: Journal): Promise<TargetState> {
  const calm = { ...facts, signal: new AbortController().signal };
  const context = buildContext(calm, journal.header.run, journal.folder, journalMemory(journal));
  try {
    return await atMost(lookPatience, facts.runbook.lookAtTarget(context));
  } catch {
    return describeUnasked(facts.runbook, journal);
  }
}

/**
 * All that was chosen is done: is the target safe? Asked only where a step of the runbook can leave it unsafe and the
 * run has worked on it.
 * @param how refuse: the call was to end with a safe target; warn: it was asked to leave it so
 * @returns false when it is not, and that was only warned of
 * @throws Failure (exit 6) with the sentence and the command that mends it
 */
export async function verifySafe(
  facts: CallFacts,
  journal: Journal,
  how: "refuse" | "warn",
): Promise<boolean> {
  const { steps } = facts.runbook;
  const canBe = steps.some(({ leavesUnsafe }) => leavesUnsafe === true);
  const hasWorked = steps.some(
    ({ name, changes }) => changes === "target" && journal.deedOf(name) !== undefined,
  );
  if (!canBe || !hasWorked) return true;
  const { sentence, unsafe, next } = await lookAtTarget(facts, journal);
  if (!unsafe) return true;
  if (how === "warn") {
    facts.screen.warning(`${sentence}${next === undefined ? "" : `; that is mended by ${next}`}`);
    return false;
  }
  throw new Failure({
    exitCode: exitCodes.unsafe,
    what: `what was called is done, and the target is not safe: ${sentence}`,
    changed: sentence,
    ...(next === undefined ? {} : { next }),
  });
}
