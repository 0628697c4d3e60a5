import { refused, type Failure } from "../engine/failure.ts";
import { operatorName } from "../engine/operator.ts";
import { readSql } from "../engine/sql-file.ts";
import { movebookVersion } from "../engine/version.ts";
import type { Database } from "./database.ts";
import { buildBlock, quoteLiteral } from "./identifier.ts";
import { buildLedger, type RunPhase } from "./ledger.ts";

/** From which phases a run may come to one. It may come to each as its first: the ledger is dropped when a run is finished. */
const phasesBefore: Readonly<Record<RunPhase, readonly RunPhase[]>> = {
  "keys-dropped": ["keys-dropped"],
  // from loaded: keys that are dropped by hand after the import
  loaded: ["keys-dropped", "loaded"],
  finishing: ["loaded", "finishing"],
  undoing: ["keys-dropped", "loaded", "finishing", "undoing"],
};

/** What a run writes of itself into the target. */
export interface RunEntry {
  readonly run: string;
  readonly environment: string;
  readonly phase: RunPhase;
  /** The lines of its journal so far. */
  readonly journal: string;
  /** Files of its run folder: name → contents. */
  readonly files: Readonly<Record<string, string>>;
}

/** What a run wrote of itself. */
export type StoredRun = Pick<RunEntry, "run" | "journal" | "files">;

const escapeUnit = (unit: string): string =>
  `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * JSON in ASCII, which means the same: a database of another encoding than UTF8 refuses characters that it lacks, and an
 * import must not fail for an arrow in a journal.
 */
const toAscii = (json: string): string =>
  json.replaceAll(/[^\0-\x7f]/gu, (character) => character.split("").map(escapeUnit).join(""));

/** File contents as JSON texts of their own: jsonb itself takes neither every escape nor every character. */
const packFiles = (files: RunEntry["files"]): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(files).map(([name, contents]) => [name, toAscii(JSON.stringify(contents))]),
    ),
  );

const unpackFiles = (files: Readonly<Record<string, string>>): RunEntry["files"] =>
  Object.fromEntries(
    Object.entries(files).map(([name, packed]) => [name, JSON.parse(packed) as string]),
  );

/** In the order of the parameters of write-ledger-run.sql. */
const listValues = (entry: RunEntry): string[] => [
  entry.run,
  entry.environment,
  // only shown; the journal has it as it is
  operatorName().replaceAll(/[^\x20-\x7e]/gu, "?"),
  movebookVersion,
  entry.phase,
  toAscii(entry.journal),
  packFiles(entry.files),
];

/**
 * Writes a run into the ledger, or moves it on; as a text for psql, which goes into the transaction of the deed. Whether
 * the phase could be moved says `buildRunCheck`, which goes behind it.
 */
export function buildRunEntry(entry: RunEntry): string {
  const values = listValues(entry).map(quoteLiteral);
  const before = `array[${phasesBefore[entry.phase].map(quoteLiteral).join(", ")}]`;
  const [, ...lines] = readSql("postgres/write-ledger-run")
    .replace(/returning run;/u, ";")
    .split("\n");
  return lines
    .join("\n")
    .replaceAll(/\$(\d)/gu, (_, at: string) => [...values, before][Number(at) - 1] ?? "");
}

/** Ends the transaction unless it has written the run with that phase; the error names the phase that was found. */
export const buildRunCheck = ({ run, phase }: Pick<RunEntry, "run" | "phase">): string =>
  buildBlock(
    `declare found_phase pg_catalog.text; begin select r.phase into found_phase from movebook.runs as r where r.run = ${quoteLiteral(run)}; if not exists (select 1 from movebook.runs as r where r.run = ${quoteLiteral(run)} and r.phase = ${quoteLiteral(phase)} and r.changed_at = pg_catalog.now()) then raise exception using errcode = 'object_not_in_prerequisite_state', message = pg_catalog.format('the run cannot come to "%s": in the ledger it is "%s"', ${quoteLiteral(phase)}, coalesce(found_phase, 'not written down')); end if; end`,
  );

async function explainRefusedPhase(db: Database, { run, phase }: RunEntry): Promise<Failure> {
  const [row] = await db.query<{ phase: string }>(
    "select phase from movebook.runs where run = $1",
    [run],
  );
  return refused(`run ${run} cannot come to "${phase}"`, [
    {
      what: `in the ledger it is "${row?.phase ?? "not written down"}": another call has gone on with it meanwhile`,
      where: "v2, movebook.runs",
      todo: "Look where it stands with status, and go on from there.",
    },
  ]);
}

/**
 * Writes a run into the ledger, or moves it on, within the transaction that is open. Makes the ledger when it is missing.
 * @param from phases that it may come from; left out: those before it on the way forward
 * @throws Failure (exit 3) that says which phase was found, when it may not come from there
 */
export async function writeRun(
  db: Database,
  entry: RunEntry,
  from: readonly RunPhase[] = phasesBefore[entry.phase],
): Promise<void> {
  await db.query(buildLedger());
  const written = await db.ask("postgres/write-ledger-run", [...listValues(entry), from]);
  if (written.length !== 1) throw await explainRefusedPhase(db, entry);
}

/** As `writeRun`, in a transaction of its own: goes before a deed that is no transaction. */
export async function moveRun(
  db: Database,
  entry: RunEntry,
  from?: readonly RunPhase[],
): Promise<void> {
  await db.query("begin");
  try {
    await writeRun(db, entry, from);
    await db.query("commit");
  } catch (error) {
    await db.query("rollback").catch(() => undefined);
    throw error;
  }
}

/** What a run wrote of itself; undefined when the ledger does not know it. Ask only where `readLedger` has shown runs. */
export async function findStoredRun(db: Database, run: string): Promise<StoredRun | undefined> {
  const [row] = await db.ask<StoredRun>("postgres/find-ledger-run", [run]);
  return row === undefined ? undefined : { ...row, files: unpackFiles(row.files) };
}
