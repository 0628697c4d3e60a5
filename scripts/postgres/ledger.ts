import type { Database } from "./database.ts";
import { quoteLiteral } from "./identifier.ts";
import type { KeyDefinition } from "./key-changes.ts";
import { readSql } from "../engine/sql-file.ts";

/** A dropped foreign key as it stands in the ledger. */
export interface LedgerKey extends KeyDefinition {
  readonly id: string;
  readonly run: string;
  readonly droppedAt: string;
  readonly restoredAt: string | null;
}

/** A committed import as it stands in the ledger. */
export interface LedgerImport {
  readonly run: string;
  readonly environment: string;
  readonly dumpSha256: string;
  readonly tableCount: number;
  readonly rowCount: string;
  readonly importedAt: string;
}

/** What the target itself knows of the move: the schema `movebook`, made and dropped by the move. */
export interface Ledger {
  readonly exists: boolean;
  /** Dropped and not back. */
  readonly unrestored: readonly LedgerKey[];
  readonly restored: readonly LedgerKey[];
  readonly imports: readonly LedgerImport[];
}

/** Reads the ledger; nothing is there when no move has changed the target or the last one is finished. */
export async function readLedger(db: Database): Promise<Ledger> {
  const tables = new Set(
    (await db.ask<{ name: string }>("postgres/list-ledger-tables")).map(({ name }) => name),
  );
  const keys = tables.has("foreign_keys")
    ? await db.ask<LedgerKey>("postgres/list-ledger-keys")
    : [];
  const imports = tables.has("imports")
    ? await db.ask<LedgerImport>("postgres/list-ledger-imports")
    : [];
  return {
    exists: tables.size > 0,
    unrestored: keys.filter(({ restoredAt }) => restoredAt === null),
    restored: keys.filter(({ restoredAt }) => restoredAt !== null),
    imports,
  };
}

/** Makes the ledger where it is missing. */
export const buildLedger = (): string => readSql("postgres/create-ledger");

const literalOrNull = (text: string | null): string =>
  text === null ? "null" : quoteLiteral(text);

/** Writes a key into the ledger; goes before its drop, in the same transaction. */
export function buildLedgerEntry(run: string, key: KeyDefinition): string {
  const values = [run, key.schema, key.table, key.name, key.definition].map(quoteLiteral);
  return `insert into movebook.foreign_keys (run, schema_name, table_name, constraint_name, definition, validated, comment, table_kind, referenced_kind) values (${values.join(", ")}, ${key.validated}, ${literalOrNull(key.comment)}, ${quoteLiteral(key.tableKind)}, ${quoteLiteral(key.referencedKind)});`;
}

/** Writes an import into the ledger; goes into its transaction, so that it is there exactly when the rows are. */
export function buildImportEntry(entry: Omit<LedgerImport, "importedAt">): string {
  const values = [entry.run, entry.environment, entry.dumpSha256].map(quoteLiteral);
  return `insert into movebook.imports (run, environment, dump_sha256, table_count, row_count) values (${values.join(", ")}, ${entry.tableCount}, ${entry.rowCount});`;
}
