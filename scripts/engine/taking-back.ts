import { exitCodes, Failure } from "./failure.ts";
import type { Journal } from "./journal.ts";

/** How the taking back of a step ends, in the journal. */
export interface TakingBack {
  readonly undone: () => void;
  /** It was refused before anything changed: the step is what it was. */
  readonly kept: () => void;
}

/** Refused or waiting means that nothing was changed. */
export const hasChangedNothing = (thrown: unknown): boolean =>
  thrown instanceof Failure &&
  (thrown.exitCode === exitCodes.refused || thrown.exitCode === exitCodes.waiting);

/** Writes down that a step is being taken back: as long as nothing more is written, the run cannot go on. */
export function beginTakingBack(journal: Journal, step: string): TakingBack {
  const before = journal.deedOf(step);
  journal.append({ type: "step-undoing", step, pid: process.pid });
  return {
    undone: () => journal.append({ type: "step-undone", step }),
    kept: () => {
      if (before === "done") journal.append({ type: "step-done", step, ms: 0, how: "kept" });
      // an attempt that was broken off is that again; an undo that was broken off stays one
      if (before === "started") journal.append({ type: "step-started", step, pid: process.pid });
    },
  };
}
