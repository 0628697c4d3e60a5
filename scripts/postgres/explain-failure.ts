import type { Problem } from "../engine/failure.ts";
import type { Database } from "./database.ts";
import { askRules, notTested } from "./forecast/ask-rules.ts";
import { valueKinds, type Finding, type FindingKind, type Rule } from "./forecast/rule.ts";
import { listRules, type ForecastFacts } from "./forecast/list-rules.ts";
import { displayName, nameKey, type QualifiedName } from "./identifier.ts";

/** The fields of a server's error, as far as it sent them (COPY errors name table and column in their CONTEXT). */
export interface ServerErrorFields {
  readonly sqlstate: string;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
  /** Name of the type in question, an enum's or a domain's. */
  readonly typeName?: string | undefined;
}

/** SQLSTATE (or its class) → what the rule that speaks of it is about. */
const kindsOf: readonly (readonly [sqlstate: RegExp, kinds: readonly FindingKind[]])[] = [
  [/^23502$/, ["not-null", "column-in-v2-only", "generated"]],
  [/^23503$/, ["foreign-key"]],
  [/^23505$/, ["unique"]],
  [/^23514$/, ["check", "domain", "partition"]],
  [/^23P01$/, ["exclusion"]],
  [/^42703$/, ["column-in-v1-only"]],
  [/^42P01$/, ["table-in-v1-only"]],
  [/^(?:22...|42804)$/, valueKinds],
];

/**
 * What v1 holds of the rows that made an import fail: the rules of the forecast that speak of this error, asked again,
 * with the count and the first ten rows. Empty when no rule knows of it. The session must not be in a transaction.
 * @param explainUntested asked about what v1 cannot answer; undefined when it does not know either
 */
export async function explainFailure(
  source: Database,
  facts: ForecastFacts,
  error: ServerErrorFields,
  explainUntested: (finding: Finding) => Promise<Problem | undefined> = async () => undefined,
): Promise<Problem[]> {
  const rules = pickRules(
    listRules({ ...facts, sourceForeignKeys: [] }, source.version),
    facts,
    error,
  );
  const findings = (await askRules(source, rules)).filter(({ severity }) => severity !== "note");
  const problems: Problem[] = [];
  for (const finding of findings) {
    const better = finding.count === undefined ? await explainUntested(finding) : undefined;
    problems.push(better ?? (await asProblem(withoutDoubt(finding))));
  }
  return problems;
}

/** It has been tested meanwhile: by the import that failed. */
const withoutDoubt = (finding: Finding): Finding => ({
  ...finding,
  text: finding.text.replace(notTested, ""),
});

/** A finding as a line of the report, with its rows. */
export async function asProblem(finding: Finding): Promise<Problem> {
  const rows = await finding.sample();
  return {
    what: finding.text,
    where: describePlace(finding),
    ...(finding.todo === undefined ? {} : { todo: finding.todo }),
    ...(finding.details.length === 0 ? {} : { details: finding.details }),
    ...(rows.length === 0 ? {} : { rows }),
  };
}

/** `table Animal, columns id, tenantId, constraint Animal_pkey`. */
export function describePlace({ table, columns, constraint }: Finding): string {
  const list =
    columns.length === 0 ? [] : [`column${columns.length === 1 ? "" : "s"} ${columns.join(", ")}`];
  return [
    `table ${displayName(table)}`,
    ...list,
    ...(constraint === undefined ? [] : [`constraint ${constraint}`]),
  ].join(", ");
}

function pickRules(rules: readonly Rule[], facts: ForecastFacts, error: ServerErrorFields): Rule[] {
  const kinds = kindsOf.find(([sqlstate]) => sqlstate.test(error.sqlstate))?.[1] ?? [];
  const table = findUnit(facts, error);
  const about = rules.filter(
    (rule) =>
      kinds.includes(rule.kind) &&
      (table === undefined || nameKey(rule.table) === nameKey(table)) &&
      (error.column === undefined || kinds === valueKinds || rule.columns.includes(error.column)),
  );
  return narrow(
    narrow(about, (rule) => rule.constraint === error.constraint && error.constraint !== undefined),
    (rule) => error.column !== undefined && rule.columns.includes(error.column),
  );
}

/** Those that fit exactly, otherwise all: a partition's copy of a constraint has a name of its own. */
function narrow(rules: readonly Rule[], fits: (rule: Rule) => boolean): Rule[] {
  const exact = rules.filter(fits);
  return exact.length > 0 ? exact : [...rules];
}

/** The table that the error names, or the root of that partition. A name without a schema is looked for in all. */
function findUnit(facts: ForecastFacts, error: ServerErrorFields): QualifiedName | undefined {
  if (error.table === undefined) return undefined;
  const matches = ({ schema, name }: QualifiedName): boolean =>
    name === error.table && (error.schema === undefined || schema === error.schema);
  const found = facts.target.tables.find(matches) ?? facts.source.tables.find(matches);
  return found?.root ?? found ?? { schema: error.schema ?? "public", name: error.table };
}
