import type { State } from "./observed.ts";
import type { Words } from "./shop.ts";

/** What the operator calls, as the table below names it. */
export type Deed =
  | "run"
  | "resume"
  | "undo"
  | "dump"
  | "drop-foreign-keys"
  | "import"
  | "restore-foreign-keys"
  | "postimport"
  | "validate";

export const deeds: readonly Deed[] = [
  "run",
  "resume",
  "undo",
  "dump",
  "drop-foreign-keys",
  "import",
  "restore-foreign-keys",
  "postimport",
  "validate",
];

export const wordsOf = (deed: Deed): Words =>
  deed === "run" || deed === "resume" || deed === "undo"
    ? { verb: deed }
    : { verb: "step", step: deed };

const forward: readonly State[] = ["before", "loaded", "finishing", "finished"];

/** States on the way of each deed, in order: a success ends at the last of its way, a kill at any of them. */
const ways: Readonly<Record<Deed, readonly (readonly State[])[]>> = {
  run: [forward],
  resume: [
    forward,
    ["keys-dropped", "loaded-without-keys", "loaded", "finishing", "finished"],
    ["keys-dropped", "keys-back", "loaded", "finishing", "finished"],
    ["keys-lost", "keys-dropped", "keys-back", "loaded", "finishing", "finished"],
    ["loaded-unknown", "finishing", "finished"],
  ],
  undo: [
    ["finished", "undoing", "before"],
    ["finishing", "undoing", "before"],
    ["loaded", "undoing", "before"],
    ["loaded-unknown", "undoing", "before"],
    ["loaded-without-keys", "undoing", "before"],
    ["loaded-without-keys", "loaded", "before"],
    ["loaded-without-keys", "keys-dropped", "keys-back", "before"],
    ["keys-dropped", "undoing", "keys-back", "before"],
    ["keys-lost", "keys-dropped", "undoing", "keys-back", "before"],
  ],
  dump: [],
  "drop-foreign-keys": [
    ["before", "keys-dropped"],
    ["keys-back", "keys-dropped"],
  ],
  import: [
    ["before", "loaded"],
    ["keys-back", "loaded"],
    ["keys-dropped", "loaded-without-keys"],
  ],
  "restore-foreign-keys": [
    ["keys-dropped", "keys-back", "before"],
    ["keys-lost", "keys-dropped", "keys-back", "before"],
    ["loaded-without-keys", "loaded"],
  ],
  postimport: [
    ["loaded", "finishing", "finished"],
    ["loaded-unknown", "finishing", "finished"],
  ],
  validate: [],
};

/** Every state in which v2 may be found after a deed that began in `from`. */
export function listReachable(deed: Deed, from: State): ReadonlySet<State> {
  const reached = new Set<State>([from]);
  for (const way of ways[deed]) {
    const at = way.indexOf(from);
    if (at !== -1) for (const state of way.slice(at)) reached.add(state);
  }
  return reached;
}
