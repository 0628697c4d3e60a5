import type { BaseType } from "./base-type.ts";
import type { FindingKind, Severity } from "./rule.ts";

/** A condition on v1's value, and what is said of the rows where it holds. */
export interface ValueTest {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** SQL, true where the value fails or changes. */
  readonly where: string;
  /** What happens to it, followed by a colon and the count: "too large for v2's integer". */
  readonly says: string;
  readonly details?: readonly string[];
  readonly values?: { readonly expression: string; readonly shown: boolean };
  readonly errorIsFailure?: boolean;
  readonly attempt?: { readonly value: string; readonly where: string; readonly type: string };
}

/**
 * What COPY does to a value on its way: v1's output function writes a text, v2's input function reads it.
 * All SQL is for v1, in terms of the expression that was handed in.
 */
export interface Conversion {
  /** True when v2 holds the very value. */
  readonly identical: boolean;
  readonly tests: readonly ValueTest[];
  /** The value that v2 will hold, NULL where v2 refuses it; undefined when v1 cannot compute it. */
  readonly value: string | undefined;
  /** As `value`, but equal exactly where v2 finds two values equal (citext: in lower case). */
  readonly comparable: string | undefined;
  /** Why nothing can be said about it. */
  readonly untested?: string;
  /** What holds for all rows: "is read as UTC". */
  readonly remark?: {
    readonly kind: FindingKind;
    readonly severity: Severity;
    readonly says: string;
  };
}

/** How a type is turned into another. */
export interface Pair {
  readonly source: BaseType;
  readonly target: BaseType;
  /** SQL of v1's value. */
  readonly expression: string;
  /** server_version_num of v1. */
  readonly version: number;
}

/** What the output function writes; a cast to text differs for boolean, char(n) and inet. */
export const printed = (expression: string): string => `pg_catalog.format('%s', ${expression})`;

/** The value, and NULL where there is none or v2 refuses it. */
export const nullWhere = (expression: string, fails: string, value: string): string =>
  `case when ${expression} is null or (${fails}) then null else ${value} end`;

/** A conversion that refuses some values and alters others. */
export function buildConversion(
  pair: Pair,
  facts: {
    readonly fails?: ValueTest;
    readonly changes?: ValueTest;
    readonly value: string;
    readonly remark?: Conversion["remark"];
  },
): Conversion {
  const { fails, changes, remark } = facts;
  const value =
    fails === undefined ? facts.value : nullWhere(pair.expression, fails.where, facts.value);
  const guarded = (test: ValueTest, where: string): ValueTest => ({
    ...test,
    where: `${pair.expression} is not null and (${where})`,
  });
  const tests = [
    ...(fails === undefined ? [] : [guarded(fails, fails.where)]),
    ...(changes === undefined
      ? []
      : [
          guarded(
            changes,
            fails === undefined
              ? changes.where
              : `case when ${fails.where} then false else ${changes.where} end`,
          ),
        ]),
  ];
  return {
    identical: false,
    tests,
    value,
    comparable: value,
    ...(remark === undefined ? {} : { remark }),
  };
}

/**
 * The very value. A citext is compared in lower case: under an empty search_path `=` would fall back to that of text.
 */
export const keep = (expression: string, type?: BaseType): Conversion => ({
  identical: true,
  tests: [],
  value: expression,
  comparable:
    type?.name === "citext" && !type.isArray
      ? `pg_catalog.lower(${expression}::pg_catalog.text)`
      : expression,
});

/** The value is read, but another spelling of it will be printed; a content checksum over texts would differ. */
export const reprints = (pair: Pair, value: string): ValueTest => ({
  kind: "type",
  severity: "warning",
  where: `${printed(value)} <> ${printed(pair.expression)}`,
  says: `printed otherwise as v2's ${pair.target.sql}`,
});
