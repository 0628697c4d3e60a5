import type { OnJournal } from "./engine/call.ts";
import type { CallFacts } from "./engine/context.ts";
import {
  cleanRollbackPoints,
  listRollbackPoints,
  restoreRollbackPoint,
} from "./engine/rollback.ts";

/** A word after `movebook rollback`. */
export interface RollbackVerb {
  readonly name: string;
  /** One sentence, for the help and the docs. */
  readonly does: string;
  /** An argument behind the runbook. */
  readonly argument?: { readonly name: string; readonly meaning: string };
  readonly work: (facts: CallFacts, run: string | undefined, onJournal: OnJournal) => Promise<void>;
}

/** What can be done with rollback points. */
export const rollbackVerbs: readonly RollbackVerb[] = [
  {
    name: "list",
    does: "what rollback points there are, what they hold, and how long they are kept",
    work: (facts) => listRollbackPoints(facts),
  },
  {
    name: "restore",
    does: "puts the target back to a rollback point, also when its run is long finished",
    argument: { name: "[run]", meaning: "the run that took it; left out: the newest" },
    work: (facts, run, onJournal) => restoreRollbackPoint(facts, run, onJournal),
  },
  {
    name: "clean",
    does: "removes the points whose time is over and that no run needs; never the newest",
    work: (facts) => cleanRollbackPoints(facts),
  },
];
