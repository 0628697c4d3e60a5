import type { HeldLock, Runbook, Step, StepContext } from "./step.ts";

/** The runbook's lock, taken before the first step that changes files or the target, and held until `release`. */
export class LockOnDemand {
  #held: HeldLock | undefined;
  readonly #runbook: Runbook;

  constructor(runbook: Runbook) {
    this.#runbook = runbook;
  }

  /** @returns true when it was taken just now: others may have worked on the run until then */
  async before(step: Step, context: StepContext): Promise<boolean> {
    const isLocked = step.changes === "files" || step.changes === "target";
    return isLocked && (await this.take(context));
  }

  /** @returns true when it was taken just now */
  async take(context: StepContext): Promise<boolean> {
    if (this.#held !== undefined) return false;
    this.#held = await this.#runbook.lock(context);
    return true;
  }

  /** Never throws: what it held is gone with the connection, and an error here would hide the one that matters. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await held?.release().catch(() => undefined);
  }
}
