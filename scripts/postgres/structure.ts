import { createHash } from "node:crypto";
import { listTables, type EnumType, type Table } from "./catalogue.ts";
import type { Database } from "./database.ts";
import { displayName, nameKey } from "./identifier.ts";
import { listHistoryTableNames } from "./migration-history.ts";

interface Part {
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

/** What a move must leave as it was; plain JSON, in a fixed order. */
export interface Structure {
  readonly constraints: readonly ConstraintPart[];
  readonly triggers: readonly TriggerPart[];
  readonly indexes: readonly IndexPart[];
}

/** The sql/ files whose answers make a Structure, in the order of its members; a psql session asks them too. */
export const structureQuestions = [
  "postgres/list-constraints",
  "postgres/list-structure-triggers",
  "postgres/list-structure-indexes",
] as const;

/** Puts the answers to `structureQuestions` together. @throws Error when one is missing */
export function buildStructure(answers: readonly unknown[]): Structure {
  const [constraints, triggers, indexes] = answers;
  if (![constraints, triggers, indexes].every(Array.isArray))
    throw new Error("a structure is made of three lists: constraints, triggers, indexes");
  return { constraints, triggers, indexes } as Structure;
}

/** Reads constraints, triggers and indexes of all schemas but the system's and ours. */
export async function readStructure(db: Database): Promise<Structure> {
  const answers: unknown[] = [];
  for (const question of structureQuestions) answers.push(await db.ask(question));
  return buildStructure(answers);
}

/** A structure from its JSON: as an object, or as the list of answers. @throws Error when it is neither */
export function parseStructure(text: string): Structure {
  const json = JSON.parse(text) as unknown;
  if (Array.isArray(json)) return buildStructure(json);
  const { constraints, triggers, indexes } = json as Record<string, unknown>;
  return buildStructure([constraints, triggers, indexes]);
}

const modes: Readonly<Record<string, string>> = {
  O: "enabled",
  D: "disabled",
  R: "enabled for replicas only",
  A: "always enabled",
};

const describeConstraint = (of: ConstraintPart): string =>
  [
    of.definition,
    of.validated || of.definition.endsWith("NOT VALID") ? "" : "(not validated)",
    ...describeComment(of),
  ]
    .filter((part) => part !== "")
    .join(" ");
const describeTrigger = (of: TriggerPart): string =>
  [of.definition, `(${modes[of.enabled] ?? of.enabled})`, ...describeComment(of)].join(" ");
const describeIndex = (of: IndexPart): string =>
  [
    of.definition,
    ...(of.valid ? [] : ["(invalid)"]),
    ...(of.clustered ? ["(clustered)"] : []),
    ...(of.replicaIdentity ? ["(replica identity)"] : []),
    ...describeComment(of),
  ].join(" ");
const describeComment = ({ comment }: Part): string[] =>
  comment === null ? [] : [`(comment: ${comment})`];

/**
 * One line for each constraint, trigger or index that is gone, new or not as it was; empty when all are equal.
 * @param ignored nameKeys of tables that are not looked at (a history table that was removed on purpose)
 */
export function compareStructures(
  before: Structure,
  after: Structure,
  ignored: ReadonlySet<string> = new Set(),
): string[] {
  return [
    ...compareParts(
      "constraint",
      before.constraints,
      after.constraints,
      describeConstraint,
      ignored,
    ),
    ...compareParts("trigger", before.triggers, after.triggers, describeTrigger, ignored),
    ...compareParts("index", before.indexes, after.indexes, describeIndex, ignored),
  ];
}

function compareParts<T extends Part>(
  word: string,
  before: readonly T[],
  after: readonly T[],
  describe: (part: T) => string,
  ignored: ReadonlySet<string>,
): string[] {
  const was = indexParts(before, ignored);
  const is = indexParts(after, ignored);
  const lines: string[] = [];
  for (const [key, part] of was) {
    const now = is.get(key);
    const name = `${word} ${part.name} on ${displayName({ schema: part.schema, name: part.on })}`;
    if (now === undefined) lines.push(`${name}: is gone, was ${describe(part)}`);
    else if (describe(now) !== describe(part))
      lines.push(`${name}: was ${describe(part)}, is ${describe(now)}`);
  }
  for (const [key, part] of is)
    if (!was.has(key))
      lines.push(
        `${word} ${part.name} on ${displayName({ schema: part.schema, name: part.on })}: is new: ${describe(part)}`,
      );
  return lines;
}

const indexParts = <T extends Part>(
  parts: readonly T[],
  ignored: ReadonlySet<string>,
): Map<string, T> =>
  new Map(
    parts
      .filter((part) => !ignored.has(nameKey({ schema: part.schema, name: part.on })))
      .map((part) => [JSON.stringify([part.schema, part.on, part.name]), part]),
  );

/**
 * sha256 over columns, constraints, indexes, triggers and enums, whatever the order in which they were made, without
 * oids, owners and tables of migration history: equal for two databases with the same schema on the same major version.
 * @param others nameKeys of further tables that do not count
 */
export async function fingerprintSchema(
  db: Database,
  others: ReadonlySet<string> = new Set(),
): Promise<string> {
  const histories = (await listHistoryTableNames(db)).map(nameKey);
  const ignored = new Set([...histories, ...others]);
  const [tables, enums, structure] = [
    await listTables(db),
    await db.ask<EnumType>("postgres/list-enums"),
    await readStructure(db),
  ];
  const lines = [
    ...tables.filter((table) => !ignored.has(nameKey(table))).flatMap(listColumnLines),
    ...enums.map((type) => JSON.stringify(["enum", type.schema, type.name, type.labels])),
    ...listStructureLines(structure, ignored),
  ];
  return createHash("sha256").update(lines.toSorted().join("\n")).digest("hex");
}

const listColumnLines = (table: Table): string[] =>
  table.columns.map(({ name, type, notNull, hasDefault, identity, generated }) =>
    JSON.stringify([
      "column",
      table.schema,
      table.name,
      name,
      type,
      notNull,
      hasDefault,
      identity,
      generated,
    ]),
  );

function listStructureLines(structure: Structure, ignored: ReadonlySet<string>): string[] {
  const counts = ({ schema, on }: Part): boolean => !ignored.has(nameKey({ schema, name: on }));
  const line = (word: string, part: Part, text: string): string =>
    JSON.stringify([word, part.schema, part.on, part.name, text]);
  return [
    ...structure.constraints
      .filter(counts)
      .map((part) => line("constraint", part, describeConstraint(part))),
    ...structure.triggers
      .filter(counts)
      .map((part) => line("trigger", part, describeTrigger(part))),
    ...structure.indexes.filter(counts).map((part) => line("index", part, describeIndex(part))),
  ];
}
