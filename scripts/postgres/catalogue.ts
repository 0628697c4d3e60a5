import type { Database } from "./database.ts";
import { nameKey, type QualifiedName } from "./identifier.ts";

/** A column as the catalogue describes it. */
export interface Column {
  readonly name: string;
  /** Position, ascending; gaps where columns were dropped. */
  readonly position: number;
  /** `format_type` under an empty search_path: `integer`, `public."Status"`, `numeric(10,2)`. */
  readonly type: string;
  /** Schema of the (base, for arrays the element's) type: `pg_catalog` for built-in ones. */
  readonly typeSchema: string;
  readonly typeName: string;
  /** pg_type.typtype of the type, or of the element for arrays: b base, e enum, d domain, c composite, r range, m multirange. */
  readonly typeKind: string;
  readonly isArray: boolean;
  readonly notNull: boolean;
  /** Its own or its domain's; also true for generated columns. */
  readonly hasDefault: boolean;
  /** '' no, 'a' always, 'd' by default. */
  readonly identity: "" | "a" | "d";
  /** '' no, 's' stored, 'v' virtual (18). */
  readonly generated: "" | "s" | "v";
}

/** A table that can hold rows, or a partitioned parent. */
export interface Table extends QualifiedName {
  readonly oid: string;
  readonly kind: "r" | "p";
  readonly owner: string;
  /** The session's role owns it or is a member of its owner. */
  readonly owned: boolean;
  /** The session's role may SELECT all of it. */
  readonly readable: boolean;
  /** The extension that it belongs to. */
  readonly extension: string | null;
  /** Topmost partitioned ancestor of a partition; null when it is none. */
  readonly root: QualifiedName | null;
  /**
   * How rows reach this partition from the root: keys and bounds, outermost first, to compare layouts
   * (`RANGE (at) / FOR VALUES FROM (1) TO (2) LIST (kind) / FOR VALUES IN ('x')`); null when it is no partition.
   */
  readonly bound: string | null;
  /** The condition that all its rows fulfil, as SQL; null when it is no partition, or a default one without siblings. */
  readonly partitionRule: string | null;
  readonly columns: readonly Column[];
}

/** An enum type with its labels in order. */
export interface EnumType extends QualifiedName {
  readonly labels: readonly string[];
}

/** A domain; its base may be a domain again. */
export interface DomainType extends QualifiedName {
  /** `format_type` of what it stands on. */
  readonly base: string;
  /** Schema, name and typtype of what it stands on; for arrays of the element. */
  readonly baseSchema: string;
  readonly baseName: string;
  readonly baseKind: string;
  readonly baseIsArray: boolean;
  readonly notNull: boolean;
  /** `expression` speaks of VALUE. */
  readonly checks: readonly {
    readonly name: string;
    readonly expression: string;
    readonly validated: boolean;
  }[];
}

/** A unique key, with or without a constraint on it; `name` is the index's. */
export interface UniqueKey {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly primary: boolean;
  /** False: what a failed CREATE UNIQUE INDEX CONCURRENTLY left; it refuses new rows and says nothing of old ones. */
  readonly valid: boolean;
  /** Null where an expression stands. */
  readonly columns: readonly (string | null)[];
  /** SQL of each part, quoted: `"tenantId"`, `lower(email)`. */
  readonly expressions: readonly string[];
  /** Type name of each part: `citext`. */
  readonly types: readonly string[];
  /** SQL of a partial index's WHERE. */
  readonly predicate: string | null;
  readonly nullsNotDistinct: boolean;
  /** WITHOUT OVERLAPS (18): the last part is compared by overlap. */
  readonly period: boolean;
}

/** A check constraint of a table; NOT VALID ones refuse new rows too. */
export interface CheckConstraint {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  /** SQL, columns without their table. */
  readonly expression: string;
  readonly validated: boolean;
  /** The columns that it speaks of. */
  readonly columns: readonly string[];
}

/** An exclusion constraint. */
export interface ExclusionConstraint {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

/** What can be asked like a table and holds no rows of its own. */
export interface OtherRelation extends QualifiedName {
  /** v view, m materialized view, f foreign table. */
  readonly kind: "v" | "m" | "f";
  /** Topmost partitioned ancestor of a foreign table that is a partition. */
  readonly root: QualifiedName | null;
}

/** What one database holds, apart from system schemas, temporary tables and our own schema. */
export interface Catalogue {
  readonly tables: readonly Table[];
  readonly enums: readonly EnumType[];
  readonly domains: readonly DomainType[];
  readonly uniqueKeys: readonly UniqueKey[];
  readonly checks: readonly CheckConstraint[];
  readonly exclusions: readonly ExclusionConstraint[];
  readonly others: readonly OtherRelation[];
  /** How many large objects there are; they belong to no table. */
  readonly largeObjects: number;
}

/** What the server keeps of a foreign key on a partition, of the referencing or of the referenced table. */
export interface KeyCopy {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly comment: string | null;
  readonly referencedSchema: string;
  readonly referencedTable: string;
  /** The definition of one that was made on the partition itself and attached below the parent's; null: the server's. */
  readonly own: string | null;
}

/** A foreign key that stands on its own (not the inherited copy on a partition). */
export interface ForeignKey {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  /** pg_get_constraintdef under an empty search_path; ends in NOT VALID when it is not validated. */
  readonly definition: string;
  readonly validated: boolean;
  readonly comment: string | null;
  /** relkind of the referencing table: a NOT VALID key on a partitioned one is refused before 18. */
  readonly tableKind: "r" | "p";
  readonly columns: readonly string[];
  readonly references: QualifiedName;
  readonly referencedKind: "r" | "p";
  readonly referencedColumns: readonly string[];
  /** MATCH: s simple, f full. */
  readonly match: "s" | "f";
  /** For each column, how `referenced = referencing` is compared: `OPERATOR(public.=)`, a fragment of SQL. */
  readonly operators: readonly string[];
  /** False: NOT ENFORCED (18), orphans are allowed. */
  readonly enforced: boolean;
  /** The last column is a PERIOD (18): it must be covered by the referenced ranges taken together. */
  readonly period: boolean;
  /** ON DELETE: a no action, r restrict, c cascade, n set null, d set default. */
  readonly onDelete: string;
  /** ON DELETE SET NULL or DEFAULT (columns): the columns; empty when all are meant. */
  readonly setOnDelete: readonly string[];
  /** Its copies on partitions, the deepest first. */
  readonly copies: readonly KeyCopy[];
  /** All its triggers are in the mode that the server gave them; only a superuser can change it, or change it back. */
  readonly asMade: boolean;
  /** The session's role owns the referencing table or is a member of its owner. */
  readonly owned: boolean;
  /** The session's role may reference the other table: without this a dropped key could not be added again. */
  readonly mayReference: boolean;
  /** The referencing table belongs to this extension. */
  readonly extension: string | null;
}

type TableRow = Omit<Table, "root" | "columns"> & {
  readonly rootSchema: string | null;
  readonly rootName: string | null;
};
type ColumnRow = Column & { readonly table: string };

/** All tables with their columns. */
export async function listTables(db: Database): Promise<Table[]> {
  const columns = new Map<string, Column[]>();
  for (const { table, ...column } of await db.ask<ColumnRow>("postgres/list-columns")) {
    const known = columns.get(table);
    if (known === undefined) columns.set(table, [column]);
    else known.push(column);
  }
  const rows = await db.ask<TableRow>("postgres/list-tables");
  return rows.map(({ rootSchema, rootName, ...table }) => ({
    ...table,
    root: rootSchema === null || rootName === null ? null : { schema: rootSchema, name: rootName },
    columns: columns.get(table.oid) ?? [],
  }));
}

async function listOthers(db: Database): Promise<OtherRelation[]> {
  const rows = await db.ask<
    Omit<OtherRelation, "root"> & { rootSchema: string | null; rootName: string | null }
  >("postgres/list-other-relations");
  return rows.map(({ rootSchema, rootName, ...other }) => ({
    ...other,
    root: rootSchema === null || rootName === null ? null : { schema: rootSchema, name: rootName },
  }));
}

/** Reads the whole catalogue; inside `db.snapshot` all of it is of one moment. */
export async function readCatalogue(db: Database): Promise<Catalogue> {
  return {
    tables: await listTables(db),
    enums: await db.ask<EnumType>("postgres/list-enums"),
    domains: await db.ask<DomainType>("postgres/list-domains"),
    uniqueKeys: await db.ask<UniqueKey>("postgres/list-unique-indexes"),
    checks: await db.ask<CheckConstraint>("postgres/list-check-constraints"),
    exclusions: await db.ask<ExclusionConstraint>("postgres/list-exclusion-constraints"),
    others: await listOthers(db),
    largeObjects: (await db.ask<{ count: number }>("postgres/count-large-objects"))[0]?.count ?? 0,
  };
}

/** The table of that name; undefined when there is none. */
export const findTable = (
  catalogue: Pick<Catalogue, "tables">,
  name: QualifiedName,
): Table | undefined => catalogue.tables.find((table) => nameKey(table) === nameKey(name));

/**
 * True for what hangs below a partitioned table, at any level. Below one that is a partition itself, the bounds tell:
 * they begin with its own.
 */
export const isBelow = (part: Table, whole: Table): boolean =>
  part.root !== null &&
  (nameKey(part.root) === nameKey(whole) ||
    (whole.root !== null &&
      nameKey(part.root) === nameKey(whole.root) &&
      (part.bound ?? "").startsWith(`${whole.bound} / `)));
