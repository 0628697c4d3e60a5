import { Failure, exitCodes, type Problem } from "../../engine/failure.ts";
import { CommandError } from "../../engine/shell.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { readDumpRow } from "../../postgres/dump-file.ts";
import { readManifest } from "../../postgres/dump-manifest.ts";
import { parseCopyContext, parsePsqlError, type ServerError } from "../../postgres/errors.ts";
import { explainFailure } from "../../postgres/explain-failure.ts";
import type { ForeignKey } from "../../postgres/catalogue.ts";
import { listForeignKeys } from "../../postgres/foreign-keys.ts";
import { countOrphans, sampleOrphans } from "../../postgres/orphans.ts";
import { displayName } from "../../postgres/identifier.ts";
import { brokenKeysMessage, lockWait } from "../../postgres/load-parts.ts";
import { describeServerError } from "../../postgres/server-message.ts";
import { withBoth } from "./databases.ts";
import { dumpFiles } from "./dump-files.ts";
import { readScope, type Scope } from "./scope.ts";
import { countOf } from "./wording.ts";

const sampleSize = 10;

type BrokenKey = readonly [schema: string, table: string, constraint: string, detail: string];

/** What the server said, without row values on the screen; all of it in the rows for the report. */
function describePlainly(error: ServerError): Problem {
  const { schema, table, column, constraint } = error;
  const where = [
    ...(table === undefined
      ? []
      : [`table ${displayName({ schema: schema ?? "public", name: table })}`]),
    ...(column === undefined ? [] : [`column ${column}`]),
    ...(constraint === undefined ? [] : [`constraint ${constraint}`]),
  ].join(", ");
  const { what } = describeServerError(`ERROR ${error.sqlstate}`, {
    code: error.sqlstate,
    message: error.message,
  });
  return { what, ...(where === "" ? {} : { where }), rows: listServerWords(error) };
}

const listServerWords = (error: ServerError): string[] =>
  [error.message, error.detail, error.hint, error.context].filter((text) => text !== undefined);

/** The row of the dump at which a COPY stopped. */
async function findDumpRow(context: StepContext, error: ServerError): Promise<string[]> {
  const place = parseCopyContext(error.context);
  if (place === undefined) return [];
  const files = dumpFiles(context);
  const { sections } = readManifest(files.manifest);
  const section = sections.find(({ table }) => table.name === place.table);
  if (section === undefined) return [];
  const row = await readDumpRow(files.dump, section, place.line);
  return row === undefined ? [] : [`line ${section.line + place.line - 1} of the dump: ${row}`];
}

/** A key that rows break: all of them counted and the first ten shown, in v1, where they still are. */
async function explainOrphans(
  source: Database,
  keys: readonly ForeignKey[],
  error: ServerError,
): Promise<Problem[]> {
  const key = keys.find(
    ({ schema, table, name }) =>
      schema === error.schema && table === error.table && name === error.constraint,
  );
  if (key === undefined) return [];
  const from = displayName({ schema: key.schema, name: key.table });
  const to = displayName(key.references);
  const orphans = await countOrphans(source, key);
  // none in v1: the row that is referred to exists there and does not move
  if (orphans === 0n) return [];
  return [
    {
      what: `${countOf(orphans, "row")} of ${from} ${orphans === 1n ? "violates" : "violate"} foreign key constraint "${key.name}": no such row in ${to}`,
      where: `table ${from}, column ${key.columns.join(", ")} → ${to} (${key.referencedColumns.join(", ")})`,
      todo: "Mend these rows in v1 (then dump anew), or leave the key out of v2; the report shows the first ten.",
      rows: await sampleOrphans(source, key, sampleSize),
    },
  ];
}

async function explain(
  source: Database,
  target: Database,
  scope: Scope,
  error: ServerError,
): Promise<readonly Problem[]> {
  const targetForeignKeys = await listForeignKeys(target);
  if (error.sqlstate === "55P03") return explainWaiting(target, error);
  if (error.sqlstate === "23503") return explainOrphans(source, targetForeignKeys, error);
  const facts = {
    plan: scope.plan,
    source: scope.sourceCatalogue,
    target: scope.targetCatalogue,
    sourceForeignKeys: await listForeignKeys(source),
    targetForeignKeys,
  };
  return explainFailure(source, facts, error);
}

interface Holder {
  readonly name: string;
  readonly role: string | null;
  readonly address: string | null;
  readonly pid: number;
  readonly table: string;
  readonly mode: string;
  readonly since: string | null;
}

/** Who holds the tables that an import waited for in vain. */
async function explainWaiting(target: Database, error: ServerError): Promise<Problem[]> {
  const holders = await target.ask<Holder>("postgres/list-table-holders");
  const lines = holders.map(
    ({ name, role, address, pid, table, mode, since }) =>
      `${table}: ${mode} held by ${name} (role ${role ?? "not visible"}, from ${address ?? "a local socket"}, server process ${pid}${since === null ? "" : `, in a transaction since ${since}`})`,
  );
  return [
    {
      what: `the tables of v2 could not be locked within ${lockWait / 1_000} s: another session holds them`,
      details: lines.length === 0 ? ["it has let go of them meanwhile"] : lines,
      todo: "End that session's transaction (stop the application that uses v2), then call again.",
      rows: listServerWords(error),
    },
  ];
}

function toError([schema, table, constraint, detail]: BrokenKey): ServerError {
  return {
    sqlstate: "23503",
    message: `foreign key ${constraint} is broken`,
    detail,
    schema,
    table,
    constraint,
  };
}

/** Every error that is in the one that psql showed: one for each broken key, or itself. */
function unfold(error: ServerError): ServerError[] {
  if (!error.message.startsWith(brokenKeysMessage)) return [error];
  return (JSON.parse(error.detail ?? "[]") as BrokenKey[]).map(toError);
}

/** The COPY's context names the table without its schema; find it among those that move. */
function locate(error: ServerError, scope: Scope): ServerError {
  const place = parseCopyContext(error.context);
  if (place === undefined || error.table !== undefined) return error;
  const table = scope.plan.moved.find(
    ({ name, leaves }) =>
      name.name === place.table || leaves.some(({ into }) => into.name === place.table),
  );
  const { column } = place;
  return {
    ...error,
    schema: table?.name.schema ?? "public",
    table: table?.name.name ?? place.table,
    ...(column === undefined ? {} : { column }),
  };
}

async function findProblems(context: StepContext, error: ServerError): Promise<Problem[]> {
  const dumpRow = await findDumpRow(context, error).catch(() => []);
  const errors = unfold(error);
  try {
    return await withBoth(context, async (source, target) => {
      const scope = await readScope(context, source, target);
      const problems: Problem[] = [];
      for (const one of errors.map((each) => locate(each, scope))) {
        const found = await explain(source, target, scope, one);
        const words = [...listServerWords(one), ...dumpRow];
        if (found.length === 0) problems.push({ ...describePlainly(one), rows: words });
        else
          problems.push(
            ...found.map((each, index) =>
              index === 0 ? { ...each, rows: [...(each.rows ?? []), ...words] } : each,
            ),
          );
      }
      return problems;
    });
  } catch {
    context.signal.throwIfAborted();
    // the servers cannot be asked any more: what psql said is what there is
    return errors.map((one) => ({
      ...describePlainly(one),
      rows: [...listServerWords(one), ...dumpRow],
    }));
  }
}

function describeLoss(error: CommandError): Problem {
  return {
    what:
      error.exitCode === 2
        ? "the connection to v2 was lost"
        : `${error.program} ended (${error.endedBy ?? `exit code ${error.exitCode}`}) before it was done`,
    rows: error.stderr.split("\n"),
  };
}

/**
 * Turns what ended an import into a failure: every broken key with its rows (asked from v1, where they still are),
 * labels and values of an enum, the row of the dump. Whatever is no error of psql's goes through unchanged.
 */
export async function explainImportFailure(
  context: StepContext,
  thrown: unknown,
): Promise<unknown> {
  if (!(thrown instanceof CommandError) || context.signal.aborted) return thrown;
  const error = parsePsqlError(thrown.stderr);
  const lost = error === undefined || thrown.exitCode === 2;
  const problems = lost ? [describeLoss(thrown)] : await findProblems(context, error);
  const at = thrown.part?.title?.replace(/ \(.*$/su, "");
  const count = countOf(problems.length, "problem");
  return new Failure(
    {
      exitCode: exitCodes.failed,
      what: `the import was stopped by the server${at === undefined ? "" : ` in "${at}"`}: ${count}`,
      problems,
      next: context.commandLine("run"),
    },
    { cause: thrown },
  );
}
