/** Keys of the facts that one step remembers and another one recalls. */
export const remembered = {
  /** Name of the file in the run folder with v2's structure before the first change; a Structure as JSON. */
  structureBefore: "structure-before",
  /** Fingerprint of v2's own migration history before the first change. */
  historyBefore: "history-before",
  /** Tables of v1's migration history that postimport dropped from v2: a list of QualifiedName. */
  droppedArtefacts: "history-dropped",
  /** States of all of v2's sequences before the first change, to go back to. */
  sequencesBefore: "sequences-before",
  /** Sequences that postimport sets: a list of QualifiedName. */
  sequencesSet: "sequences-set",
  /** All of v2's materialized views before the first change, and whether they held data. */
  viewsBefore: "views-before",
  /** Materialized views that postimport refreshed: a list of QualifiedName. */
  viewsRefreshed: "views-refreshed",
  /** Foreign keys that drop-foreign-keys dropped and that were not seen to be back: a list of KeyDefinition. */
  droppedKeys: "keys-dropped",
  /** The import as it goes into the ledger, before it is sent. */
  importEntry: "import-entry",
  /** Number of the import's transaction in v2, as a text. */
  importTransaction: "import-transaction",
  /** The operator has confirmed that rows of v2 give way: true. */
  replacing: "replacing",
  /** The rollback point of this run: {taken: false}, or whose files it is and what it holds (PointFact). */
  rollbackPoint: "rollback-point",
  /** What validate found when everything was equal: {schema: fingerprint of v2's schema, quick, checks}. */
  validated: "validated",
} as const;
