import type { CallFacts } from "./context.ts";
import { failed, type Failure } from "./failure.ts";
import { atMost } from "./patience.ts";
import type { HeldLock, Runbook, Step, StepContext } from "./step.ts";

const releasePatience = 10_000;

function lockLost(reason: unknown): Failure {
  const why = reason instanceof Error ? reason.message : String(reason);
  return failed(
    "the lock on the target was lost; the commands that ran were ended",
    [
      {
        what: `it is held by a session, and that was lost: ${why}`,
        todo: "Others may work on the target from now on: see what it says (status) before you go on.",
      },
    ],
    { cause: reason },
  );
}

/** The runbook's lock, taken before the first step that changes files or the target, and held until `release`. */
export class LockOnDemand {
  #held: HeldLock | undefined;
  readonly #runbook: Runbook;
  readonly #lost = new AbortController();

  constructor(runbook: Runbook) {
    this.#runbook = runbook;
  }

  /** The facts for what is done under the lock: their signal is aborted when the lock is lost, too. */
  guard(facts: CallFacts): CallFacts {
    return { ...facts, signal: AbortSignal.any([facts.signal, this.#lost.signal]) };
  }

  /** @returns true when it was taken just now: others may have worked on the run until then */
  async before(step: Step, context: StepContext): Promise<boolean> {
    const isLocked = step.changes === "files" || step.changes === "target";
    return isLocked && (await this.take(context));
  }

  /** @returns true when it was taken just now */
  async take(context: StepContext): Promise<boolean> {
    if (this.#held !== undefined) return false;
    const held = await this.#runbook.lock(context);
    this.#held = held;
    const lose = (): void => {
      if (this.#held === held) this.#lost.abort(lockLost(held.lost?.reason));
    };
    held.lost?.addEventListener("abort", lose, { once: true });
    if (held.lost?.aborted === true) lose();
    return true;
  }

  /** Never throws: what it held is gone with the connection, and an error here would hide the one that matters. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) await atMost(releasePatience, held.release()).catch(() => undefined);
  }
}
