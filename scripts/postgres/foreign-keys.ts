import type { ForeignKey } from "./catalogue.ts";
import type { Database } from "./database.ts";
import type { QualifiedName } from "./identifier.ts";

type ForeignKeyRow = Omit<ForeignKey, "references"> & {
  readonly referencedSchema: string;
  readonly referencedTable: string;
};

/**
 * Every foreign key of the database that stands on its own, in all schemas but the system's and ours, sorted by
 * schema, table and name. Copies that partitions inherit are left out: they come and go with their parent.
 */
export async function listForeignKeys(db: Database): Promise<ForeignKey[]> {
  const rows = await db.ask<ForeignKeyRow>("postgres/list-foreign-keys");
  return rows.map(({ referencedSchema, referencedTable, ...key }) => ({
    ...key,
    references: { schema: referencedSchema, name: referencedTable },
  }));
}

/** The table that a key stands on. */
export const referencingTable = (key: ForeignKey): QualifiedName => ({
  schema: key.schema,
  name: key.table,
});
