import { refused, type Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import type { Database } from "../../postgres/database.ts";
import { listForeignKeys } from "../../postgres/foreign-keys.ts";
import { nameKey } from "../../postgres/identifier.ts";
import type { KeyDefinition } from "../../postgres/key-changes.ts";
import {
  buildImportEntry,
  buildLedgerEntry,
  readLedger,
  verifyLayout,
  type Ledger,
  type RunPhase,
} from "../../postgres/ledger.ts";
import { writeRun } from "../../postgres/ledger-run.ts";
import { holdsImport, recallImport } from "./import-evidence.ts";
import { nameKeys } from "./key-names.ts";
import { remembered } from "./remembered.ts";
import { readRunEntry } from "./run-entry.ts";

type KeyName = Pick<KeyDefinition, "schema" | "table" | "name">;

/** A key for maps; two different foreign keys never share one. */
export const keyOf = (key: KeyName): string =>
  `${nameKey({ schema: key.schema, name: key.table })} ${key.name}`;

/** Keys that the journal says were dropped, and that nobody has seen back since. */
export const recallDroppedKeys = (context: StepContext): readonly KeyDefinition[] =>
  (context.recall(remembered.droppedKeys) ?? []) as readonly KeyDefinition[];

/** Writes down keys with all that brings them back; those that are known already stay as they are. */
export function rememberDroppedKeys(
  context: StepContext,
  inLedger: readonly KeyDefinition[],
  more: readonly KeyDefinition[],
): void {
  const keys = new Map<string, KeyDefinition>();
  for (const key of [...inLedger, ...recallDroppedKeys(context), ...more]) {
    if (!keys.has(keyOf(key))) keys.set(keyOf(key), toDefinition(key));
  }
  context.remember(remembered.droppedKeys, [...keys.values()]);
}

/** What the journal keeps of a key. */
export const toDefinition = (key: KeyDefinition): KeyDefinition => ({
  schema: key.schema,
  table: key.table,
  name: key.name,
  definition: key.definition,
  validated: key.validated,
  comment: key.comment,
  tableKind: key.tableKind,
  referencedKind: key.referencedKind,
  copies: key.copies,
});

/**
 * Keys that the journal says were dropped, that the catalogue lacks as they were, and that the ledger does not know:
 * somebody has dropped the ledger.
 */
export async function listLostKeys(
  context: StepContext,
  target: Database,
  { unrestored, restored }: Pick<Ledger, "unrestored" | "restored">,
): Promise<KeyDefinition[]> {
  const known = new Set([...unrestored, ...restored].map(keyOf));
  const missing = recallDroppedKeys(context).filter((key) => !known.has(keyOf(key)));
  if (missing.length === 0) return [];
  const present = new Map((await listForeignKeys(target)).map((key) => [keyOf(key), key]));
  return missing.filter((key) => {
    const is = present.get(keyOf(key));
    return is === undefined || is.definition !== key.definition || is.validated !== key.validated;
  });
}

/** What is said of keys that only the journal knows. */
export const describeLostKeys = (lost: readonly KeyDefinition[]): string =>
  `v2 is without ${countOf(lost.length, "foreign key")} that this run dropped, and the ledger that held ${lost.length === 1 ? "it" : "them"} is gone; the journal on this machine has ${lost.length === 1 ? "it" : "them"}: ${nameKeys(lost)}`;

/** @throws Failure (exit 3) when only the journal knows of dropped keys: they come back first */
export async function verifyNoKeysLost(context: StepContext, target: Database): Promise<void> {
  const lost = await listLostKeys(context, target, await readLedger(target));
  if (lost.length === 0) return;
  const problem: Problem = {
    what: describeLostKeys(lost),
    todo: `Put them back first: ${context.commandLine("step", "restore-foreign-keys")}`,
  };
  throw refused(`${countOf(lost.length, "foreign key")} of v2 must be restored first`, [problem]);
}

/** In which phase a run is whose ledger somebody has dropped. */
async function findPhase(
  context: StepContext,
  target: Database,
  { runs }: Ledger,
): Promise<RunPhase> {
  const known = runs.find(({ run }) => run === context.runId);
  if (known !== undefined) return known.phase;
  return (await holdsImport(context, target)) ? "loaded" : "keys-dropped";
}

async function writeBack(
  context: StepContext,
  target: Database,
  ledger: Ledger,
  lost: readonly KeyDefinition[],
): Promise<void> {
  const phase = await findPhase(context, target, ledger);
  await writeRun(target, readRunEntry(context, phase));
  for (const key of lost) await target.query(buildLedgerEntry(context.runId, key));
  const entry = recallImport(context);
  const isKnown = ledger.imports.some(({ run }) => run === context.runId);
  if (phase !== "keys-dropped" && entry !== undefined && !isKnown)
    await target.query(buildImportEntry(entry));
}

/**
 * Writes keys that only the journal knows into a new ledger, in one transaction, before they are restored: from then on
 * v2 remembers them again.
 * @returns how many
 */
export async function mendLedger(context: StepContext, target: Database): Promise<number> {
  const ledger = await readLedger(target);
  const lost = await listLostKeys(context, target, ledger);
  if (lost.length === 0) return 0;
  verifyLayout(ledger, context.commandLine("step", "restore-foreign-keys"));
  await target.query("begin");
  try {
    await writeBack(context, target, ledger, lost);
    await target.query("commit");
  } catch (error) {
    await target.query("rollback").catch(() => undefined);
    throw error;
  }
  context.screen.warning(
    `the ledger in v2 was gone; ${countOf(lost.length, "foreign key")} written into it again, from the journal`,
  );
  return lost.length;
}
