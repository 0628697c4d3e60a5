import type { Catalogue, Column, ForeignKey, Table } from "../../scripts/postgres/catalogue.ts";
import type { QualifiedName } from "../../scripts/postgres/identifier.ts";
import type { MovedTable } from "../../scripts/postgres/table-plan.ts";

/** Catalogue entries for tests that need no server; `more` wins. */
export const makeColumn = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  position: 1,
  type: "integer",
  typeSchema: "pg_catalog",
  typeName: "int4",
  typeKind: "b",
  isArray: false,
  notNull: false,
  hasDefault: false,
  identity: "",
  generated: "",
  ...more,
});

export const inPublic = (name: string): QualifiedName => ({ schema: "public", name });

export const makeTable = (name: string, more: Partial<Table> = {}): Table => ({
  schema: "public",
  name,
  oid: "1",
  kind: "r",
  owner: "app",
  owned: true,
  readable: true,
  extension: null,
  root: null,
  bound: null,
  partitionRule: null,
  columns: [makeColumn("id")],
  ...more,
});

export const makeCatalogue = (tables: readonly Table[], largeObjects = 0): Catalogue => ({
  tables,
  enums: [],
  domains: [],
  uniqueKeys: [],
  checks: [],
  exclusions: [],
  others: [],
  largeObjects,
});

/** A table that moves whole into one of the same name, unless `more` says otherwise. */
export function makeMoved(name: string, more: Partial<MovedTable> = {}): MovedTable {
  const target = more.target ?? makeTable(name);
  const source = more.source ?? makeTable(name);
  return {
    name: { schema: source.schema, name: source.name },
    kind: source.kind,
    source,
    target,
    columns: source.columns.map((column) => ({
      name: column.name,
      source: column,
      target: column,
    })),
    skipped: [],
    computed: [],
    homeless: [],
    apart: [],
    leaves: [
      {
        source: { schema: source.schema, name: source.name },
        into: { schema: target.schema, name: target.name },
      },
    ],
    ...more,
  };
}

/** A plain key from one table of public to another. */
export const makeKey = (
  table: string,
  references: string,
  more: Partial<ForeignKey> = {},
): ForeignKey => ({
  schema: "public",
  table,
  name: `${table}_${references}_fkey`,
  definition: `FOREIGN KEY (ref) REFERENCES public.${references}(id)`,
  validated: true,
  comment: null,
  tableKind: "r",
  columns: ["ref"],
  references: inPublic(references),
  referencedKind: "r",
  referencedColumns: ["id"],
  match: "s",
  operators: ["OPERATOR(pg_catalog.=)"],
  enforced: true,
  period: false,
  onDelete: "a",
  setOnDelete: [],
  copies: [],
  asMade: true,
  owned: true,
  mayReference: true,
  extension: null,
  ...more,
});
