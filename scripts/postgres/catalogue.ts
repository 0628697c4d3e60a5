import type { QualifiedName } from "./identifier.ts";

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
  /** Belongs to an extension. */
  readonly extension: string | null;
  /** Topmost partitioned ancestor of a partition; null when it is none. */
  readonly root: QualifiedName | null;
  /** Definition of the partition bound, to compare layouts; null when it is no partition. */
  readonly bound: string | null;
  readonly columns: readonly Column[];
}

/** An enum type with its labels in order. */
export interface EnumType extends QualifiedName {
  readonly labels: readonly string[];
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
  readonly referencedColumns: readonly string[];
  /** MATCH: s simple, f full. */
  readonly match: "s" | "f";
  /** ON DELETE: a no action, r restrict, c cascade, n set null, d set default. */
  readonly onDelete: string;
  /** The session's role owns the referencing table or is a member of its owner. */
  readonly owned: boolean;
  /** The session's role may reference the other table: without this a dropped key could not be added again. */
  readonly mayReference: boolean;
}
