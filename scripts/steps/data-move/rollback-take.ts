import { existsSync, renameSync, rmSync } from "node:fs";
import { basename } from "node:path";
import type { Command } from "../../engine/command.ts";
import { operatorName } from "../../engine/operator.ts";
import type { StepContext } from "../../engine/step.ts";
import { movebookVersion } from "../../engine/version.ts";
import { countOf } from "../../engine/wording.ts";
import type { Catalogue } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import { writeManifest } from "../../postgres/dump-manifest.ts";
import { displayName, nameKey } from "../../postgres/identifier.ts";
import { readIdentity } from "../../postgres/identity.ts";
import { listMaterializedViews } from "../../postgres/materialized-views.ts";
import { buildArchive } from "../../postgres/rollback-archive.ts";
import { isSameKept, readKeptTables, type KeptTable } from "../../postgres/rollback-contents.ts";
import { readRollbackManifest, type RollbackManifest } from "../../postgres/rollback-manifest.ts";
import { listSequences } from "../../postgres/sequences.ts";
import { applicationName } from "./databases.ts";
import { identityOf, targetUrl } from "./params.ts";
import {
  besideArchiver,
  describeFile,
  findArchiver,
  makePrivate,
  runArchiver,
  verifyReadable,
} from "./rollback-archive-files.ts";
import {
  listPointDamage,
  partialFile,
  removePartialFiles,
  rollbackFiles,
  syncToDisk,
} from "./rollback-files.ts";
import { listLeaves, type Affected } from "./rollback-scope.ts";

/** What a run remembers of its rollback point. */
export interface PointFact {
  readonly taken: boolean;
  /** `ann@laptop`: where the files are. */
  readonly operator?: string;
  readonly takenAt?: string;
}

/** What is saved, and v2's catalogue at that moment. */
export interface Found {
  readonly affected: Affected;
  readonly catalogue: Catalogue;
}

/** The pg_dump for v2's server. */
export const archiverFor = (target: Database): Promise<string> =>
  findArchiver(Math.floor(target.version / 10_000));

/** The commands that save what gives way: rows of all, schema of what is dropped. */
export function buildArchives(
  context: StepContext,
  program: string,
  { affected, catalogue }: Found,
  snapshot: string,
): Command[] {
  const facts = { program, applicationName: applicationName(context), snapshot };
  const endpoint = context.setting(targetUrl);
  const { moved, artefacts } = affected;
  const file = (name: string): string => partialFile(context, name);
  return [
    buildArchive(endpoint, {
      ...facts,
      holds: "rows",
      file: file("rows"),
      tables: listLeaves([...moved, ...artefacts], catalogue),
    }),
    ...(artefacts.length === 0
      ? []
      : [
          buildArchive(endpoint, {
            ...facts,
            holds: "schema",
            file: file("schema"),
            tables: artefacts,
          }),
        ]),
  ];
}

type Contents = Pick<RollbackManifest, "tables" | "artefacts" | "sequences" | "views">;

async function readContents(
  context: StepContext,
  target: Database,
  { moved, artefacts }: Affected,
): Promise<Contents> {
  const note = (table: { schema: string; name: string }, index: number): void =>
    context.screen.progress(`counting and summing ${displayName(table)} (${index + 1})`);
  return {
    tables: await readKeptTables(target, moved, note),
    artefacts: await readKeptTables(target, artefacts, note),
    sequences: (await listSequences(target)).flatMap(({ schema, name, state }) =>
      state === null ? [] : [{ schema, name, last: state.last.toString(), called: state.called }],
    ),
    views: (await listMaterializedViews(target)).map(({ schema, name, populated }) => ({
      schema,
      name,
      populated,
    })),
  };
}

/** Dumps and counts in one snapshot, reads all back, and only then gives the files their names; the manifest goes last. */
export async function takePoint(
  context: StepContext,
  target: Database,
  found: Found,
): Promise<RollbackManifest> {
  const { affected, catalogue } = found;
  const files = rollbackFiles(context);
  const program = await archiverFor(target);
  removePartialFiles(context);
  const contents = await target.snapshot(async () => {
    const { id } = await target.one<{ id: string }>("select pg_catalog.pg_export_snapshot() as id");
    const commands = buildArchives(context, program, found, id);
    context.screen.progress("saving v2's rows");
    for (const name of ["rows", "schema"]) makePrivate(partialFile(context, name));
    for (const command of commands) await runArchiver(context, command);
    return readContents(context, target, affected);
  });
  context.screen.progress("reading the rollback point back");
  const [rows, schema] = [partialFile(context, "rows"), partialFile(context, "schema")];
  const tables = [...affected.moved, ...affected.artefacts];
  const kept = [...contents.tables, ...contents.artefacts];
  await verifyReadable(
    context,
    { reader: besideArchiver(program), file: rows },
    listLeaves(tables, catalogue),
    tables.map((table, at) => [table, kept[at]?.rows ?? 0]),
  );
  const { signal } = context;
  const manifest: RollbackManifest = {
    v: 1,
    runbook: context.runbook,
    environment: context.environment,
    run: context.runId,
    movebook: movebookVersion,
    operator: operatorName(),
    takenAt: new Date().toISOString(),
    target: await describeTarget(context, target),
    tools: { pg_dump: program },
    ...contents,
    rows: await describeFile(rows, basename(files.rows), signal),
    ...(affected.artefacts.length === 0
      ? {}
      : { schema: await describeFile(schema, basename(files.schema), signal) }),
  };
  // an old manifest must not vouch for new files
  rmSync(files.manifest, { force: true });
  renameSync(rows, files.rows);
  if (manifest.schema !== undefined) renameSync(schema, files.schema);
  writeManifest(files.manifest, manifest);
  syncToDisk(context.runFolder);
  removePartialFiles(context);
  context.screen.settle();
  return manifest;
}

async function describeTarget(
  context: StepContext,
  target: Database,
): Promise<Record<string, string>> {
  const { systemIdentifier, databaseOid, neonTimeline } = await readIdentity(target);
  return {
    ...identityOf(context.setting(targetUrl)),
    databaseOid,
    ...(systemIdentifier === undefined ? {} : { systemIdentifier }),
    ...(neonTimeline === null ? {} : { neonTimeline }),
  };
}

const isSameList = (was: readonly KeptTable[], is: readonly KeptTable[]): boolean =>
  was.length === is.length &&
  is.every((table) => {
    const before = was.find((one) => nameKey(one) === nameKey(table));
    return before !== undefined && isSameKept(before, table);
  });

/** The point that this run has taken already, when it is whole and v2 still holds what it holds. */
export async function findFittingPoint(
  context: StepContext,
  target: Database,
  { moved, artefacts }: Affected,
): Promise<RollbackManifest | undefined> {
  const { manifest: file } = rollbackFiles(context);
  if (!existsSync(file)) return undefined;
  const manifest = readRollbackManifest(file);
  if ((await listPointDamage(context, manifest)).length > 0) return undefined;
  const fits =
    isSameList(manifest.tables, await readKeptTables(target, moved)) &&
    isSameList(manifest.artefacts, await readKeptTables(target, artefacts));
  return fits ? manifest : undefined;
}

/** `3 tables, 1,204 rows of app@host/shop`. */
export function describeHoldings(manifest: RollbackManifest): string {
  const all = [...manifest.tables, ...manifest.artefacts].filter(({ rows }) => rows > 0);
  const { user = "", host = "", database = "" } = manifest.target;
  const rows = all.reduce((sum, one) => sum + one.rows, 0);
  return `${countOf(all.length, "table")}, ${countOf(rows, "row")} of ${user}@${host}/${database}`;
}
