import type { Problem } from "../../engine/failure.ts";
import type { Catalogue, Table } from "../../postgres/catalogue.ts";
import {
  displayName,
  nameKey,
  quoteIdentifier,
  type QualifiedName,
} from "../../postgres/identifier.ts";

/** The entry that leaves large objects behind; they belong to no table. */
export const largeObjectsEntry = "pg_largeobject";

/** What the operator decided to leave in v1. */
export interface Decisions {
  /** True for a table that is left out whole. */
  readonly leavesTable: (table: QualifiedName) => boolean;
  /** True for a column that is left out. */
  readonly leavesColumn: (table: QualifiedName, column: string) => boolean;
  readonly leavesLargeObjects: boolean;
  readonly problems: readonly Problem[];
}

const spellings = (table: QualifiedName): string[] =>
  table.schema === "public"
    ? [table.name, `public.${table.name}`]
    : [`${table.schema}.${table.name}`];

const columnKey = (table: QualifiedName, column: string): string =>
  `${nameKey(table)}.${quoteIdentifier(column)}`;

interface Named {
  readonly tables: readonly Table[];
  readonly columns: readonly { readonly table: Table; readonly column: string }[];
}

function findNamed(source: Catalogue, entry: string): Named {
  const tables = source.tables.filter((table) => spellings(table).includes(entry));
  const columns = source.tables.flatMap((table) =>
    table.columns
      .filter(({ name }) => spellings(table).some((spelling) => `${spelling}.${name}` === entry))
      .map(({ name }) => ({ table, column: name })),
  );
  return { tables, columns };
}

function verdict(entry: string, { tables, columns }: Named): Problem | undefined {
  const todo = "spell it as v1's catalogue does: Table, schema.Table or Table.column";
  if (tables.length + columns.length === 0)
    return { what: `V1_LEAVE_OUT: v1 has nothing that is called ${entry}`, todo };
  if (tables.length + columns.length > 1)
    return {
      what: `V1_LEAVE_OUT: ${entry} can mean more than one thing in v1`,
      details: [
        ...tables.map((table) => `table ${table.name} in schema ${table.schema}`),
        ...columns.map(({ table, column }) => `column ${column} of table ${displayName(table)}`),
      ],
      todo: "put the schema in front, also where it is public",
    };
  const [part] = [...tables, ...columns.map(({ table }) => table)].filter(
    (table) => table.root !== null,
  );
  if (part?.root == null) return undefined;
  return {
    what: `V1_LEAVE_OUT: ${entry} is part of the partitioned table ${displayName(part.root)}`,
    todo: `name ${displayName(part.root)}; a partition cannot be left out alone`,
  };
}

/** Reads the entries of V1_LEAVE_OUT against v1's catalogue. */
export function readDecisions(source: Catalogue, entries: readonly string[]): Decisions {
  const problems: Problem[] = [];
  const tables = new Set<string>();
  const columns = new Set<string>();
  for (const entry of entries.filter((each) => each !== largeObjectsEntry)) {
    const named = findNamed(source, entry);
    const problem = verdict(entry, named);
    if (problem !== undefined) problems.push(problem);
    else {
      for (const table of named.tables) tables.add(nameKey(table));
      for (const { table, column } of named.columns) columns.add(columnKey(table, column));
    }
  }
  return {
    leavesTable: (table) => tables.has(nameKey(table)),
    leavesColumn: (table, column) => columns.has(columnKey(table, column)),
    leavesLargeObjects: entries.includes(largeObjectsEntry),
    problems,
  };
}
