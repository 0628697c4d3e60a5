/** Keys of the facts that one step remembers and another one recalls. */
export const remembered = {
  /** v1 as it was exported: a Fingerprint. */
  sourceFingerprint: "v1-fingerprint",
  /** Rows of each table of v2 before the first change: {table: rows}. */
  targetBefore: "v2-before",
  /** The Time Travel bookmark of v2 before the first change; remote only. */
  importBookmark: "import-bookmark",
  /** sha256 of the import manifest whose parts go into v2. */
  importManifest: "import-manifest",
  /** What validate found when everything was equal: {quick, checks}. */
  validated: "validated",
} as const;
