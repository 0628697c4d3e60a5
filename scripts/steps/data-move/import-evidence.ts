import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { listTables } from "../../postgres/catalogue.ts";
import { listFilled, listFilledTables } from "../../postgres/filled-tables.ts";
import { nameKey } from "../../postgres/identifier.ts";
import { readLedger, type LedgerImport, type LoadedTable } from "../../postgres/ledger.ts";
import { remembered } from "./remembered.ts";

/** psql prints a line that begins like this, with the number of the import's transaction. */
const transactionPrefix = "movebook:transaction ";

/** Prints the number of the transaction: whether it was committed can then be asked even when the ledger is gone. */
export const buildTransactionLook = (): string =>
  `select '${transactionPrefix}' || pg_catalog.txid_current();`;

/** Keeps the number, when the line has it. */
export function noteTransaction(context: StepContext, line: string): void {
  if (line.startsWith(transactionPrefix))
    context.remember(remembered.importTransaction, line.slice(transactionPrefix.length));
}

/** An import as it goes into the ledger. */
export type ImportEntry = Omit<LedgerImport, "importedAt">;

/** The import that this run has sent, or was about to send; undefined when it has come to none. */
export const recallImport = (context: StepContext): ImportEntry | undefined =>
  context.recall(remembered.importEntry) as ImportEntry | undefined;

/**
 * Whether the server says that the transaction was committed; undefined when its number was not seen, or it is too long
 * ago for the server to know.
 */
export async function wasCommitted(
  context: StepContext,
  target: Database,
): Promise<boolean | undefined> {
  const transaction = context.recall(remembered.importTransaction);
  if (typeof transaction !== "string") return undefined;
  const [row] = await target.ask<{ status: string | null }>("postgres/find-transaction-status", [
    transaction,
  ]);
  return row?.status == null ? undefined : row.status === "committed";
}

/** How many of the tables hold rows; one that somebody has dropped holds none. */
export async function countFilled(
  target: Database,
  tables: readonly LoadedTable[],
): Promise<number> {
  if (tables.length === 0) return 0;
  const present = new Set((await listTables(target)).map(nameKey));
  const there = tables.filter((table) => present.has(nameKey(table)));
  return (await listFilled(target, there)).length;
}

/**
 * True when v2's tables hold exactly the rows that this run's import wrote, at least one in all: it was committed,
 * because it is one transaction into empty tables. For a v2 whose ledger is gone. Where rows gave way, and might be as
 * many, the server must know the transaction.
 */
export async function holdsImport(context: StepContext, target: Database): Promise<boolean> {
  const { tables = [], replaced = false } = recallImport(context) ?? {};
  if (!tables.some(({ rows }) => rows > 0)) return false;
  if (!((await wasCommitted(context, target)) ?? !replaced)) return false;
  const wanted = tables.filter(({ rows }) => rows > 0).length;
  if ((await countFilled(target, tables)) !== wanted) return false;
  const filled = await listFilledTables(
    target,
    tables.filter(({ rows }) => rows > 0),
  );
  const counts = new Map(filled.map(({ table, rows }) => [nameKey(table), Number(rows)]));
  return tables.every((table) => (counts.get(nameKey(table)) ?? 0) === table.rows);
}

/** By v2 itself: its ledger, or, when somebody has dropped that, its rows. */
export async function isImported(context: StepContext, target: Database): Promise<boolean> {
  const { imports } = await readLedger(target);
  if (imports.length > 0) return imports.some(({ run }) => run === context.runId);
  return holdsImport(context, target);
}
