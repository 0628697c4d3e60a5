import type { QualifiedName } from "../identifier.ts";

/** What a rule is about. */
export type FindingKind =
  | "table-in-v1-only"
  | "table-in-v2-only"
  | "column-in-v1-only"
  | "column-in-v2-only"
  | "column-left-out"
  | "not-null"
  | "type"
  | "enum"
  | "length"
  | "range"
  | "precision"
  | "time-zone"
  | "domain"
  | "identity"
  | "generated"
  | "partition"
  | "unique"
  | "check"
  | "foreign-key"
  | "exclusion";

/** Kinds that speak of what becomes of a value between two types. */
export const valueKinds: readonly FindingKind[] = [
  "type",
  "enum",
  "length",
  "range",
  "precision",
  "domain",
];

/** `problem`: rows would be refused or lost. `warning`: a person should look. `note`: nothing is lost. */
export type Severity = "problem" | "warning" | "note";

/** A question to v1 that counts the rows which break a rule. */
export interface Probe {
  /** A FROM item under the alias `t`; probes on the same one are counted in one scan. */
  readonly rows: string;
  /** The condition on `t` under which a row breaks the rule. */
  readonly where: string;
  /** Instead of `rows` and `where`: a query with one bigint column `count`. */
  readonly count?: string;
  /** The query of the first rows as JSON text in the column `row`, with a LIMIT; made from the above when absent. */
  readonly sample?: string;
  /** The failing values (SQL on `t`) are counted one by one; `shown`: they are labels and no row values. */
  readonly values?: { readonly expression: string; readonly shown: boolean };
  /** A data error (class 22) while asking means that a row breaks the rule; how many then is not known. */
  readonly errorIsFailure?: boolean;
  /** Then the failing values are looked for: texts (SQL on `t`) of the rows where `where` holds, read as `type`. */
  readonly attempt?: { readonly value: string; readonly where: string; readonly type: string };
}

/** A difference between v1 and v2, and how to learn what it does to v1's rows. Pure: nothing has been asked yet. */
export interface Rule {
  readonly kind: FindingKind;
  readonly table: QualifiedName;
  readonly columns: readonly string[];
  /** Constraint or index of v2. */
  readonly constraint?: string;
  readonly severity: Severity;
  /** What is counted; rows when absent. */
  readonly unit?: "row" | "value";
  /** The line on the screen; `rows` is "3 rows", "1 row", "1 value", or "an unknown number of rows". */
  readonly text: (rows: string) => string;
  readonly todo?: string;
  /** Shown with it: labels, definitions. No row values. */
  readonly details?: readonly string[];
  /** Without a probe the rule holds as it stands. */
  readonly probe?: Probe;
  /** What remains to be said when no row breaks it; nothing when absent. */
  readonly otherwise?: { readonly severity: Severity; readonly text: string };
  /** Why it cannot be asked of v1; the finding is then a warning that says so. */
  readonly untested?: string;
}

/** A rule together with v1's answer. */
export interface Finding {
  readonly kind: FindingKind;
  readonly table: QualifiedName;
  readonly columns: readonly string[];
  readonly constraint?: string;
  /** One line for the screen, without row values. */
  readonly text: string;
  /** Rows of v1 that would be refused or lost (for unique keys: values that occur more than once); undefined: not known. */
  readonly count: bigint | undefined;
  readonly details: readonly string[];
  readonly todo?: string;
  readonly severity: Severity;
  /** The first ten failing rows as JSON text, asked of v1 when called. Personal data: for the report only. */
  readonly sample: () => Promise<string[]>;
}

/** "1 row", "12,000 rows". */
export const countRows = (count: bigint, unit = "row"): string =>
  `${count.toLocaleString("en")} ${unit}${count === 1n ? "" : "s"}`;
