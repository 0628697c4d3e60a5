import type { Catalogue, ForeignKey } from "../catalogue.ts";
import { listSchemaDifferences } from "../schema-differences.ts";
import type { TablePlan } from "../table-plan.ts";
import { listCheckRules, listExclusionRules } from "./check-rules.ts";
import { listColumnRules } from "./column-rules.ts";
import type { Sides } from "./converted-rows.ts";
import { listForeignKeyRules } from "./foreign-key-rules.ts";
import { listPartitionRules } from "./partition-rules.ts";
import type { Rule } from "./rule.ts";
import { listUniqueRules } from "./unique-rules.ts";

/** All that is known of both sides before a byte moves. */
export interface ForecastFacts {
  readonly plan: TablePlan;
  readonly source: Catalogue;
  readonly target: Catalogue;
  /** v1's foreign keys; a key of v2 that is missing here is asked about. */
  readonly sourceForeignKeys: readonly ForeignKey[];
  /** v2's foreign keys: those in the catalogue and those that are dropped for the moment. */
  readonly targetForeignKeys: readonly ForeignKey[];
}

/**
 * Every rule of v2 that v1's rows could break and every difference that would lose something; rules that v1 keeps
 * itself, on columns that do not change, are left out.
 * @param version server_version_num of v1
 */
export function listRules(facts: ForecastFacts, version: number): Rule[] {
  const { plan, source, target } = facts;
  const sides: Sides = { source, target, version };
  return [
    ...listSchemaDifferences(plan),
    ...plan.moved.flatMap((table) => [
      ...listColumnRules(sides, table),
      ...listPartitionRules(sides, table),
      ...listUniqueRules(sides, table),
      ...listCheckRules(sides, table),
      ...listExclusionRules(sides, table),
    ]),
    ...listForeignKeyRules({
      sides,
      plan,
      sourceKeys: facts.sourceForeignKeys,
      targetKeys: facts.targetForeignKeys,
    }),
  ];
}
