import { movebookVersion } from "../engine/version.ts";
import { refused } from "../engine/failure.ts";
import { readSql } from "../engine/sql-file.ts";
import type { Database } from "./database.ts";
import { quoteLiteral, type QualifiedName } from "./identifier.ts";
import type { KeyDefinition } from "./key-changes.ts";

/** Layout of the ledger that this version makes and reads. Layout 1 had no number; its keys can still be restored. */
export const ledgerLayout = 2;

/** A dropped foreign key as it stands in the ledger. */
export interface LedgerKey extends KeyDefinition {
  readonly id: string;
  readonly run: string;
  readonly droppedAt: string;
  readonly restoredAt: string | null;
}

/** Rows that an import wrote into a table of the target; a partitioned one is counted as a whole. */
export interface LoadedTable extends QualifiedName {
  /** `p` is partitioned; an ordinary table is counted without its children by inheritance. */
  readonly kind: "r" | "p";
  readonly rows: number;
}

/** A committed import as it stands in the ledger. */
export interface LedgerImport {
  readonly run: string;
  readonly environment: string;
  readonly dumpSha256: string;
  readonly tableCount: number;
  readonly rowCount: string;
  /** Empty in a ledger of layout 1. */
  readonly tables: readonly LoadedTable[];
  /** Rows of the target gave way; they are in a rollback point. */
  readonly replaced: boolean;
  readonly importedAt: string;
}

/** How far a run has changed the target. */
export type RunPhase = "keys-dropped" | "loaded" | "finishing" | "undoing";

/** A run that has changed the target, as it stands in the ledger; what it wrote of itself: ledger-run.ts. */
export interface LedgerRun {
  readonly run: string;
  readonly environment: string;
  /** Who changed the target last: `ann@laptop`. */
  readonly operator: string;
  /** Version of movebook that did it. */
  readonly movebook: string;
  readonly phase: RunPhase;
  readonly beganAt: string;
  readonly changedAt: string;
}

/** What the target itself knows of the move: the schema `movebook`, made and dropped by the move. */
export interface Ledger {
  readonly exists: boolean;
  /** Undefined when there is no ledger. */
  readonly layout: number | undefined;
  /** Dropped and not back. */
  readonly unrestored: readonly LedgerKey[];
  readonly restored: readonly LedgerKey[];
  readonly imports: readonly LedgerImport[];
  /** Oldest first. */
  readonly runs: readonly LedgerRun[];
}

/** @throws Failure (exit 3) when a later movebook made the ledger: what stands in it is not guessed */
function verifyKnown(layout: number, madeBy: string): void {
  if (layout <= ledgerLayout) return;
  throw refused(`the ledger in v2 was made by movebook ${madeBy}`, [
    {
      what: `it has layout ${layout}; this is movebook ${movebookVersion}, which knows layout ${ledgerLayout}`,
      where: "v2, schema movebook",
      todo: `Use movebook ${madeBy} or a later one.`,
    },
  ]);
}

async function readLayout(db: Database, tables: ReadonlySet<string>): Promise<number | undefined> {
  if (tables.size === 0) return undefined;
  const [row] = tables.has("ledger")
    ? await db.ask<{ layout: number; movebook: string }>("postgres/list-ledger-layouts")
    : [];
  if (row !== undefined) verifyKnown(row.layout, row.movebook);
  // a number that somebody deleted: only layout 2 has runs
  return row?.layout ?? (tables.has("runs") || tables.has("ledger") ? ledgerLayout : 1);
}

/**
 * Reads the ledger; nothing is there when no move has changed the target or the last one is finished.
 * @throws Failure (exit 3) when a later movebook made it
 */
export async function readLedger(db: Database): Promise<Ledger> {
  const names = await db.ask<{ name: string }>("postgres/list-ledger-tables");
  const tables = new Set(names.map(({ name }) => name));
  const layout = await readLayout(db, tables);
  const list = async <T extends object>(table: string, question: string): Promise<T[]> =>
    tables.has(table) ? db.ask<T>(question) : [];
  const keys = await list<LedgerKey>("foreign_keys", "postgres/list-ledger-keys");
  return {
    exists: tables.size > 0,
    layout,
    unrestored: keys.filter(({ restoredAt }) => restoredAt === null),
    restored: keys.filter(({ restoredAt }) => restoredAt !== null),
    imports: await list<LedgerImport>("imports", "postgres/list-ledger-imports"),
    runs: await list<LedgerRun>("runs", "postgres/list-ledger-runs"),
  };
}

/**
 * Every change of the target but the restore of keys needs a ledger of this layout, or none.
 * @param restore the command that puts back the keys of the old one
 * @throws Failure (exit 3)
 */
export function verifyLayout(
  { layout, unrestored }: Pick<Ledger, "layout" | "unrestored">,
  restore: string,
): void {
  if (layout === undefined || layout === ledgerLayout) return;
  const keys = unrestored.length > 0 ? `Put its foreign keys back: ${restore}. ` : "";
  throw refused("the ledger in v2 was made by an earlier movebook", [
    {
      what: `it has layout ${layout}, which does not say how far its run is; this is movebook ${movebookVersion} with layout ${ledgerLayout}`,
      where: "v2, schema movebook",
      todo: `${keys}Finish that run, or take it back, with the movebook that began it; that one drops the ledger.`,
    },
  ]);
}

/** Makes the ledger where it is missing. A ledger of layout 1 is not made into one of layout 2: that is an error. */
export const buildLedger = (): string =>
  `${readSql("postgres/create-ledger")}insert into movebook.ledger (layout, movebook) select ${ledgerLayout}, ${quoteLiteral(movebookVersion)} where not exists (select 1 from movebook.ledger);\n`;

const literalOrNull = (text: string | null): string =>
  text === null ? "null" : quoteLiteral(text);

/** Writes a key into the ledger; goes before its drop, in the same transaction. */
export function buildLedgerEntry(run: string, key: KeyDefinition): string {
  const values = [run, key.schema, key.table, key.name, key.definition].map(quoteLiteral);
  return `insert into movebook.foreign_keys (run, schema_name, table_name, constraint_name, definition, validated, comment, table_kind, referenced_kind, copies) values (${values.join(", ")}, ${key.validated}, ${literalOrNull(key.comment)}, ${quoteLiteral(key.tableKind)}, ${quoteLiteral(key.referencedKind)}, ${quoteLiteral(JSON.stringify(key.copies))});`;
}

/** Writes an import into the ledger; goes into its transaction, so that it is there exactly when the rows are. */
export function buildImportEntry(entry: Omit<LedgerImport, "importedAt">): string {
  const values = [entry.run, entry.environment, entry.dumpSha256].map(quoteLiteral);
  const tables = quoteLiteral(JSON.stringify(entry.tables));
  return `insert into movebook.imports (run, environment, dump_sha256, table_count, row_count, tables, replaced) values (${values.join(", ")}, ${entry.tableCount}, ${entry.rowCount}, ${tables}, ${entry.replaced});`;
}
