import { existsSync } from "node:fs";
import { problem, type CheckResult } from "../../engine/check.ts";
import { refused, type Failure } from "../../engine/failure.ts";
import { CommandError } from "../../engine/shell.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import type { ForeignKey, Table } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import { parsePsqlError } from "../../postgres/errors.ts";
import { displayName, nameKey } from "../../postgres/identifier.ts";
import type { Ledger } from "../../postgres/ledger.ts";
import { buildKeptLook, parseOtherRows, type Look } from "../../postgres/rollback-contents.ts";
import { readRollbackManifest, type RollbackManifest } from "../../postgres/rollback-manifest.ts";
import { judgeFilled } from "./preflight/target-contents.ts";
import { listStrangers, mayReplace, readEmptying } from "./replace.ts";
import { rollbackFiles } from "./rollback-files.ts";
import { listMembers, needsPoint, readAffected, type Affected } from "./rollback-scope.ts";
import type { Scope } from "./scope.ts";

/** How rows of v2 give way within the transaction of an import. */
export interface Replacement {
  /** Locked against everybody. */
  readonly locked: readonly Table[];
  /** That they hold what the rollback point holds. */
  readonly looks: readonly Look[];
  readonly emptied: readonly Table[];
  /** Keys of tables that do not move, which refer to emptied ones. */
  readonly keys: readonly ForeignKey[];
}

const pointOf = (context: StepContext): RollbackManifest | undefined => {
  const { manifest } = rollbackFiles(context);
  return existsSync(manifest) ? readRollbackManifest(manifest) : undefined;
};

/** The command that takes the point anew, and goes on from there. */
const takeAnew = (context: StepContext, { filled }: Affected): string =>
  `${context.commandLine("run")} --from rollback-point${filled.length > 0 ? " --replace" : ""}`;

function listLooks({ moved, artefacts }: Affected, manifest: RollbackManifest): Look[] {
  const kept = new Map(
    [...manifest.tables, ...manifest.artefacts].map((table) => [nameKey(table), table]),
  );
  return [...moved, ...artefacts].map((table) => {
    const { schema, name, kind } = table;
    const none = { schema, name, kind, rows: 0, sums: ["0", "0"] } as const;
    return buildKeptLook(table, kept.get(nameKey(table)) ?? none);
  });
}

/**
 * What an import does about rows of v2; undefined when none give way.
 * @throws Failure (exit 3) when there is no rollback point of them
 */
export async function readReplacement(
  context: StepContext,
  target: Database,
  scope: Scope,
): Promise<Replacement | undefined> {
  const affected = await readAffected(target, scope);
  if (!needsPoint(affected)) return undefined;
  const { moved, artefacts } = affected;
  const { emptied, dropped } = await readEmptying(target, affected, scope);
  const members = listMembers(moved, scope.targetCatalogue);
  return {
    locked: [...moved, ...artefacts],
    looks: listLooks(affected, readRollbackManifest(rollbackFiles(context).manifest)),
    emptied,
    keys: dropped.filter(({ schema, table }) => !members.has(nameKey({ schema, name: table }))),
  };
}

/** Tables that hold another number of rows than the point; the sums are looked at under the import's lock. */
function listOutdated({ moved, filled }: Affected, manifest: RollbackManifest): string[] {
  const now = new Map(filled.map(({ table, rows }) => [nameKey(table), Number(rows)]));
  const kept = new Map(manifest.tables.map((table) => [nameKey(table), table.rows]));
  return moved.flatMap((table) => {
    const [is, was] = [now.get(nameKey(table)) ?? 0, kept.get(nameKey(table)) ?? 0];
    return is === was
      ? []
      : [`${displayName(table)}: ${countOf(is, "row")} now, ${was} in the rollback point`];
  });
}

function judgePoint(context: StepContext, affected: Affected): CheckResult[] {
  const manifest = pointOf(context);
  if (manifest === undefined)
    return [
      problem("there is no rollback point of what gives way in v2", {
        todo: `Take it: ${takeAnew(context, affected)}`,
      }),
    ];
  const outdated = listOutdated(affected, manifest);
  if (outdated.length === 0) return [];
  return [
    problem("somebody has written to v2 since the rollback point was taken", {
      details: outdated,
      todo: `Take it anew, so that nothing is lost: ${takeAnew(context, affected)}`,
    }),
  ];
}

/** Whether v2's tables are as an import wants them: empty, or saved in a rollback point of this run. */
export async function judgeGivingWay(
  context: StepContext,
  target: Database,
  scope: Scope,
  ledger: Ledger,
): Promise<CheckResult[]> {
  const affected = await readAffected(target, scope);
  const { moved, filled } = affected;
  const results = judgeFilled(context, { looked: moved.length, filled, ledger });
  if (!needsPoint(affected) || (filled.length > 0 && !mayReplace(context, ledger))) return results;
  const strangers = listStrangers(await readEmptying(target, affected, scope));
  return [
    ...results,
    ...judgePoint(context, affected),
    ...strangers.map(({ what, ...facts }) => problem(what, facts)),
  ];
}

/** Rows that were written between the point and the import's lock; undefined when something else ended the import. */
export function explainOutdated(context: StepContext, thrown: unknown): Failure | undefined {
  if (!(thrown instanceof CommandError) || context.signal.aborted) return undefined;
  const error = parsePsqlError(thrown.stderr);
  const tables = error === undefined ? undefined : parseOtherRows(error);
  if (tables === undefined) return undefined;
  return refused(
    "somebody has written to v2 since the rollback point was taken; nothing was changed",
    [
      ...tables.map((table) => ({
        what: `${displayName(table)} does not hold the rows that the rollback point holds`,
        where: `v2, table ${displayName(table)}`,
      })),
      {
        what: "an import would lose what was written",
        todo: `Take the point anew, and go on: ${context.commandLine("run")} --from rollback-point --replace`,
      },
    ],
  );
}
