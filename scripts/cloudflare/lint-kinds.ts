/** What can be wrong with a value or a table of a dump. */
export type HazardKind =
  | "folded-json"
  | "folded-text"
  | "large-integer"
  | "lost-real"
  | "nul"
  | "replacement-character"
  | "infinity"
  | "long-row"
  | "oversized-row"
  | "transaction-text"
  | "child-before-parent"
  | "migrations-table"
  | "virtual-table"
  | "no-primary-key";

/**
 * How it is mended: `exact` from the dump alone, `reread` from v1, `none` not at all (refused). `nothing`: there is
 * nothing to mend in the dump.
 */
export type Mend = "exact" | "reread" | "none" | "nothing";

export interface KindFacts {
  readonly mend: Mend;
  /** After a count: "12 × text with a NUL character". */
  readonly what: string;
  /** What is done about it, in one sentence. */
  readonly deed: string;
}

export const hazardKinds: Readonly<Record<HazardKind, KindFacts>> = {
  "folded-json": {
    mend: "exact",
    what: "JSON in which the export made newlines and `\\n` look alike",
    deed: "Mended exactly: `\\n` inside of a JSON string stays, outside it becomes a newline.",
  },
  "folded-text": {
    mend: "reread",
    what: "text in which the export made newlines and `\\n` look alike",
    deed: "Compared with v1; what really holds both is read again by hex().",
  },
  "large-integer": {
    mend: "reread",
    what: "integers from 2^53 on, which the export rounds",
    deed: "Read again from v1.",
  },
  "lost-real": {
    mend: "reread",
    what: "integers in a column without a type, where the export writes 3.0 as 3",
    deed: "v1 is asked which of them are reals.",
  },
  nul: {
    mend: "exact",
    what: "text with a NUL character",
    deed: "Written as CAST(X'…' AS TEXT).",
  },
  "replacement-character": {
    mend: "reread",
    what: "text with U+FFFD, which the export writes for bytes that are no UTF-8",
    deed: "Read again from v1 by hex().",
  },
  infinity: {
    mend: "exact",
    what: "the word Infinity, which SQLite does not read",
    deed: "Written as 9e999.",
  },
  "long-row": {
    mend: "nothing",
    what: "rows too long for a statement of their own (100 KB)",
    deed: "They go into v2 in pieces.",
  },
  "oversized-row": {
    mend: "none",
    what: "rows over 2 MB, which D1 does not store",
    deed: "Shorten them in v1 or leave them out there, then export again.",
  },
  "transaction-text": {
    mend: "nothing",
    what: "text with BEGIN TRANSACTION or COMMIT;, which wrangler would cut out",
    deed: "It is written to v2 in pieces that wrangler does not see.",
  },
  "child-before-parent": {
    mend: "nothing",
    what: "a table that stands before one that its foreign key names",
    deed: "v2 is filled parents first.",
  },
  "migrations-table": {
    mend: "nothing",
    what: "d1_migrations, v1's migration history",
    deed: "It is left out: v2 has its own.",
  },
  "virtual-table": {
    mend: "none",
    what: "a virtual table, which D1 does not export",
    deed: "Drop it in a copy of v1, and create it again in v2 by a migration.",
  },
  "no-primary-key": {
    mend: "nothing",
    what: "a table without a primary key",
    deed: "Its rows are named by their position in the dump.",
  },
};
