import type { Command } from "../engine/command.ts";
import type { Database } from "./database.ts";
import type { Endpoint } from "./endpoint.ts";
import {
  displayName,
  nameKey,
  quoteIdentifier,
  quoteName,
  type QualifiedName,
} from "./identifier.ts";
import { lockWait } from "./lock-wait.ts";
import { buildConnection } from "./psql.ts";

/** What of a schema is dumped; plain JSON, kept with the dump: two dumps are compared when they have the same one. */
export interface SchemaDumpScope {
  /** Schemas that the role may not look into. */
  readonly closedSchemas: readonly string[];
  /** Tables that the role may not lock, which pg_dump does with each. */
  readonly lockedTables: readonly QualifiedName[];
  /** Tables that go in a move on purpose, and their sequences. */
  readonly goingTables: readonly QualifiedName[];
  /**
   * Null dumps the database. Otherwise these schemas are named, and what is in no schema (extensions, publications,
   * event triggers …) is not dumped: so a table of an extension that the role may not lock is passed by.
   */
  readonly onlySchemas: readonly string[] | null;
}

interface Unlockable extends QualifiedName {
  readonly open: boolean;
  readonly extension: string | null;
}

/**
 * What of the schema this role can dump.
 * @param going tables that a move drops on purpose
 */
export async function readSchemaDumpScope(
  db: Database,
  going: readonly QualifiedName[],
): Promise<SchemaDumpScope> {
  const tables = await db.ask<Unlockable>("postgres/list-unlockable-tables");
  const sequences = await db.ask<QualifiedName>("postgres/list-owned-sequences", [
    going.map(({ schema }) => schema),
    going.map(({ name }) => name),
  ]);
  const toName = ({ schema, name }: QualifiedName): QualifiedName => ({ schema, name });
  return {
    closedSchemas: [
      ...new Set(tables.filter(({ open }) => !open).map(({ schema }) => schema)),
    ].toSorted(),
    lockedTables: tables.filter(({ open, extension }) => open && extension === null).map(toName),
    goingTables: [...going, ...sequences].map(toName),
    onlySchemas: null,
  };
}

/** The same scope for a pg_dump (before 15) that locks tables of extensions too, when there are such tables. */
export async function narrowScope(
  db: Database,
  scope: SchemaDumpScope,
): Promise<SchemaDumpScope | undefined> {
  if (scope.onlySchemas !== null) return undefined;
  const tables = await db.ask<Unlockable>("postgres/list-unlockable-tables");
  if (tables.every(({ extension }) => extension === null)) return undefined;
  const schemas = await db.ask<{ name: string }>("postgres/list-open-schemas");
  return { ...scope, onlySchemas: schemas.map(({ name }) => name) };
}

/** Both scopes in one: what either leaves out is left out. */
export const joinScopes = (before: SchemaDumpScope, now: SchemaDumpScope): SchemaDumpScope => ({
  closedSchemas: [...new Set([...before.closedSchemas, ...now.closedSchemas])],
  lockedTables: joinNames(before.lockedTables, now.lockedTables),
  goingTables: joinNames(before.goingTables, now.goingTables),
  onlySchemas: before.onlySchemas,
});

const joinNames = (...lists: readonly (readonly QualifiedName[])[]): QualifiedName[] => [
  ...new Map(lists.flat().map((name) => [nameKey(name), name])).values(),
];

/** What a dump of this scope does not hold, a sentence each, for people; not what goes on purpose. */
export function describeLeftOut(scope: SchemaDumpScope): string[] {
  const list = (names: readonly string[]): string =>
    names.length <= 5
      ? names.join(", ")
      : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`;
  return [
    ...(scope.closedSchemas.length === 0
      ? []
      : [`schemas that this role may not look into: ${list(scope.closedSchemas)}`]),
    ...(scope.lockedTables.length === 0
      ? []
      : [`tables that this role may not read: ${list(scope.lockedTables.map(displayName))}`]),
    ...(scope.onlySchemas === null
      ? []
      : ["what is in no schema: this pg_dump wants to lock tables of an extension"]),
  ];
}

/** Who dumps. */
export interface SchemaDumpOptions {
  readonly program: string;
  readonly applicationName: string;
}

/**
 * `pg_dump --schema-only` to standard output. It waits half a minute for a lock, not for ever. Names are quoted: in
 * pg_dump's patterns stars, dots and brackets mean themselves within double quotes. Subscriptions stay out: theirs
 * are passwords.
 */
export function buildSchemaDumpCommand(
  endpoint: Endpoint,
  scope: SchemaDumpScope,
  options: SchemaDumpOptions,
): Command {
  const { dbname, environment, secretFiles } = buildConnection(endpoint, {
    readOnly: true,
    applicationName: options.applicationName,
  });
  const left = [...scope.lockedTables, ...scope.goingTables];
  return {
    title: "pg_dump (schema only)",
    program: options.program,
    args: [
      "--schema-only",
      "--format=plain",
      "--encoding=UTF8",
      "--no-password",
      "--no-subscriptions",
      `--lock-wait-timeout=${lockWait}`,
      ...(scope.onlySchemas ?? []).map((name) => `--schema=${quoteIdentifier(name)}`),
      ...["movebook", ...scope.closedSchemas].map(
        (name) => `--exclude-schema=${quoteIdentifier(name)}`,
      ),
      ...left.map((table) => `--exclude-table=${quoteName(table)}`),
      `--dbname=${dbname}`,
    ],
    environment,
    secretFiles,
  };
}
