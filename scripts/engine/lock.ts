import type { HeldLock, Runbook, Step, StepContext } from "./step.ts";

/** Takes the runbook's lock before the first step that changes anything. */
export class LockOnDemand {
  #held: HeldLock | undefined;
  readonly #runbook: Runbook;

  constructor(runbook: Runbook) {
    this.#runbook = runbook;
  }

  async before(step: Step, context: StepContext): Promise<void> {
    if (step.changes !== "nothing") this.#held ??= await this.#runbook.lock(context);
  }

  async release(): Promise<void> {
    await this.#held?.release();
    this.#held = undefined;
  }
}
