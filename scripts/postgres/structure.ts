import type { Database } from "./database.ts";

/** Constraint, trigger or index. */
export interface Part {
  readonly schema: string;
  /** Table, materialized view or domain that it stands on. */
  readonly on: string;
  readonly name: string;
  /** As the server prints it under an empty search_path. */
  readonly definition: string;
  readonly comment: string | null;
  /** The session's role owns what it stands on, or is a member of its owner. */
  readonly owned: boolean;
}

export interface ConstraintPart extends Part {
  /** pg_constraint.contype. */
  readonly kind: string;
  readonly validated: boolean;
  readonly deferrable: boolean;
  readonly deferred: boolean;
  readonly enforced: boolean;
}

export interface TriggerPart extends Part {
  /** pg_trigger.tgenabled: O, D, R or A. */
  readonly enabled: string;
}

export interface IndexPart extends Part {
  readonly valid: boolean;
  readonly clustered: boolean;
  readonly replicaIdentity: boolean;
}

/** Anything else that a move must leave as it was: a table, a column, a grant, a comment … */
export interface OtherPart {
  /** `column`, `sequence`, `comment`: the words of sql/postgres/list-structure-*.sql. */
  readonly kind: string;
  /** Empty for what is in no schema. */
  readonly schema: string;
  /** The relation or type that it is or stands on; empty when it stands on none. */
  readonly on: string;
  readonly name: string;
  /** What is not as it always is, by name. */
  readonly definition: Readonly<Record<string, unknown>>;
}

/** What a move must leave as it was; plain JSON, in a fixed order. */
export interface Structure {
  readonly constraints: readonly ConstraintPart[];
  readonly triggers: readonly TriggerPart[];
  readonly indexes: readonly IndexPart[];
  readonly others: readonly OtherPart[];
}

/** The sql/ files for constraints, triggers and indexes, in the order of a Structure's members. */
const ruleQuestions = [
  "postgres/list-constraints",
  "postgres/list-structure-triggers",
  "postgres/list-structure-indexes",
] as const;

/** The sql/ files whose answers make a Structure: a psql session asks them too. From the fourth on they are `others`. */
export const structureQuestions = [
  ...ruleQuestions,
  "postgres/list-structure-relations",
  "postgres/list-structure-columns",
  "postgres/list-structure-sequences",
  "postgres/list-structure-policies",
  "postgres/list-structure-rules",
  "postgres/list-structure-internal-triggers",
  "postgres/list-structure-publications",
  "postgres/list-structure-publication-members",
  "postgres/list-structure-event-triggers",
  "postgres/list-structure-functions",
  "postgres/list-structure-types",
  "postgres/list-structure-schemas",
  "postgres/list-structure-statistics",
  "postgres/list-structure-default-privileges",
  "postgres/list-structure-foreign-data",
  "postgres/list-structure-comments",
  "postgres/list-structure-security-labels",
  "postgres/list-structure-settings",
] as const;

/** Puts the answers to `structureQuestions` together. @throws Error when one is missing */
export function buildStructure(answers: readonly unknown[]): Structure {
  const [constraints, triggers, indexes, ...others] = answers;
  if (answers.length !== structureQuestions.length || !answers.every(Array.isArray))
    throw new Error(`a structure is made of ${structureQuestions.length} lists`);
  return { constraints, triggers, indexes, others: others.flat() } as Structure;
}

/** Reads constraints, triggers and indexes of all schemas but the system's and ours. */
export async function readRules(db: Database): Promise<Omit<Structure, "others">> {
  const [constraints, triggers, indexes] = ruleQuestions;
  return {
    constraints: await db.ask<ConstraintPart>(constraints),
    triggers: await db.ask<TriggerPart>(triggers),
    indexes: await db.ask<IndexPart>(indexes),
  };
}

/** Reads everything that a move must leave as it was, of all schemas but the system's and ours. */
export async function readStructure(db: Database): Promise<Structure> {
  const answers: unknown[] = [];
  for (const question of structureQuestions) answers.push(await db.ask(question));
  return buildStructure(answers);
}

/** A structure from its JSON. @throws Error when it is none */
export function parseStructure(text: string): Structure {
  const json = JSON.parse(text) as Partial<Structure> | null;
  const { constraints, triggers, indexes, others } = json ?? {};
  if (![constraints, triggers, indexes, others].every(Array.isArray))
    throw new Error("a structure is made of constraints, triggers, indexes and others");
  return { constraints, triggers, indexes, others } as Structure;
}
