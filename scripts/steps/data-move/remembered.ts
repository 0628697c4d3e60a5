/** Keys of the facts that one step remembers and another one recalls. */
export const remembered = {
  /** Name of the file in the run folder with v2's structure before the first change; a Structure as JSON. */
  structureBefore: "structure-before",
  /** Fingerprint of v2's own migration history before the first change. */
  historyBefore: "history-before",
  /** Tables of v1's migration history that postimport dropped from v2: a list of QualifiedName. */
  droppedArtefacts: "history-dropped",
  /** States of v2's sequences before the first change, to go back to. */
  sequencesBefore: "sequences-before",
  /** Materialized views that were refreshed, and whether they held data before. */
  viewsBefore: "views-before",
  /** What validate found when everything was equal: {schema: fingerprint of v2's schema, quick, checks}. */
  validated: "validated",
} as const;
