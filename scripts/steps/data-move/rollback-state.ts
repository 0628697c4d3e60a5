import { existsSync } from "node:fs";
import { refused } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { findTable, listTables, type Catalogue, type Table } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import { displayName, type QualifiedName } from "../../postgres/identifier.ts";
import { readIdentity } from "../../postgres/identity.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { compareKept, type KeptTable } from "../../postgres/rollback-contents.ts";
import { readRollbackManifest, type RollbackManifest } from "../../postgres/rollback-manifest.ts";
import { readExtent, type ImportExtent } from "./import-extent.ts";
import { remembered } from "./remembered.ts";
import { rollbackFiles, verifyPointFiles } from "./rollback-files.ts";
import type { PointFact } from "./rollback-take.ts";

/** What v2 held before the import of a run, and what that has written. */
export interface Before {
  readonly point: RollbackManifest | undefined;
  readonly extent: ImportExtent | undefined;
  /** v2's catalogue now. */
  readonly catalogue: Pick<Catalogue, "tables">;
  /** The tables that the import filled, as they are now. */
  readonly moved: readonly Table[];
  /** What they held before. */
  readonly kept: readonly KeptTable[];
  /** The ledger says that the import's rows are in v2. */
  readonly isInLedger: boolean;
}

const pointElsewhere = (context: StepContext, operator: string | undefined): Error =>
  refused("the rollback point of this run is not on this machine", [
    {
      what: `it was taken ${operator === undefined ? "elsewhere" : `by ${operator}`}: without its files v2's rows from before cannot be brought back; nothing was changed`,
      where: rollbackFiles(context).rows,
      todo: "Call undo on that machine, or copy its rollback.* files into this folder.",
    },
  ]);

/** The point of a run, whole and of this database; undefined when the run needed none. @throws Failure (exit 3) */
async function findPoint(
  context: StepContext,
  target: Database,
  replaced: boolean,
): Promise<RollbackManifest | undefined> {
  const fact = context.recall(remembered.rollbackPoint) as PointFact | undefined;
  const { manifest: file } = rollbackFiles(context);
  if (fact?.taken === false) return undefined;
  if (!existsSync(file)) {
    if (fact === undefined && !replaced) return undefined;
    throw pointElsewhere(context, fact?.operator);
  }
  const manifest = readRollbackManifest(file);
  await verifyPointFiles(context, manifest);
  await verifySameDatabase(target, manifest);
  return manifest;
}

/** Host and names can be another database's by now. @throws Failure (exit 3) */
async function verifySameDatabase(
  target: Database,
  { target: was }: RollbackManifest,
): Promise<void> {
  const { databaseOid, systemIdentifier } = await readIdentity(target);
  const differs = (before: string | undefined, now: string | undefined): boolean =>
    before !== undefined && now !== undefined && before !== now;
  if (
    !differs(was["databaseOid"], databaseOid) &&
    !differs(was["systemIdentifier"], systemIdentifier)
  )
    return;
  throw refused("the rollback point was taken of another database", [
    {
      what: "v2 has the same address and name, but is not the database that the point was taken of: it was made anew since",
      todo: "When its rows are wanted there all the same, load them by hand: pg_restore --data-only.",
    },
  ]);
}

function findMoved(
  tables: readonly QualifiedName[],
  catalogue: Pick<Catalogue, "tables">,
): Table[] {
  const found = tables.map((name) => ({ name, table: findTable(catalogue, name) }));
  const gone = found.filter(({ table }) => table === undefined);
  if (gone.length > 0)
    throw refused(
      "tables that the import filled are no longer in v2",
      gone.map(({ name }) => ({
        what: `table ${displayName(name)} was dropped or renamed since`,
      })),
    );
  return found.flatMap(({ table }) => (table === undefined ? [] : [table]));
}

/** Reads what was before, and what the import has written since. @throws Failure (exit 3) before anything is changed */
export async function readBefore(context: StepContext, target: Database): Promise<Before> {
  const { imports } = await readLedger(target);
  const entry = imports.find(({ run }) => run === context.runId);
  const point = await findPoint(context, target, entry?.replaced === true);
  const extent = await readExtent(context, target);
  const catalogue = { tables: await listTables(target) };
  const moved = findMoved(point?.tables ?? extent?.tables ?? [], catalogue);
  const kept =
    point?.tables ??
    moved.map(({ schema, name, kind }) => ({
      schema,
      name,
      kind,
      rows: 0,
      sums: ["0", "0"] as const,
    }));
  return { point, extent, catalogue, moved, kept, isInLedger: entry !== undefined };
}

/** A table that does not hold what it held before. */
export interface NotAsBefore {
  readonly name: QualifiedName;
  /** Undefined: the table is not there. */
  readonly rows: number | undefined;
  readonly before: number;
}

/** Which tables do not hold what they held before: of the moved ones and of v1's migration history. */
export async function listNotAsBefore(
  target: Database,
  { kept, point }: Pick<Before, "kept" | "point">,
  onTable: (table: QualifiedName) => void = () => undefined,
): Promise<NotAsBefore[]> {
  const catalogue = { tables: await listTables(target) };
  const wrong: NotAsBefore[] = [];
  for (const before of [...kept, ...(point?.artefacts ?? [])]) {
    onTable(before);
    const name = { schema: before.schema, name: before.name };
    const table = findTable(catalogue, before);
    const now = table === undefined ? undefined : await compareKept(target, table, before);
    if (now?.isSame !== true) wrong.push({ name, rows: now?.rows, before: before.rows });
  }
  return wrong;
}
