import { Failure, exitCodes, type Problem } from "../../engine/failure.ts";
import { CommandError } from "../../engine/shell.ts";
import type { StepContext } from "../../engine/step.ts";
import { findTable, type Column } from "../../postgres/catalogue.ts";
import { parsePsqlError, type ServerError } from "../../postgres/errors.ts";
import { displayName, nameKey } from "../../postgres/identifier.ts";
import { brokenKeysMessage } from "../../postgres/load-parts.ts";
import { describePlainly, findFunction, listServerWords } from "../../postgres/plain-error.ts";
import { withBoth } from "./databases.ts";
import { adviseOn, nextAfter } from "./import-advice.ts";
import { explain, type Situation } from "./import-explanations.ts";
import {
  describeRow,
  describeStop,
  findDumpRow,
  findStop,
  locate,
  type Stop,
} from "./import-stop.ts";
import { listMovedTargets } from "./moving-keys.ts";
import { settleSessions } from "./left-sessions.ts";
import { readScope } from "./scope.ts";
import { countOf } from "../../engine/wording.ts";

type BrokenKey = readonly [schema: string, table: string, constraint: string, detail: string];

function describePlace(error: ServerError): string {
  const { schema = "public", table, column, constraint } = error;
  const called = findFunction(error.context);
  return [
    ...(table === undefined ? [] : [`table ${displayName({ schema, name: table })}`]),
    ...(column === undefined ? [] : [`column ${column}`]),
    ...(constraint === undefined ? [] : [`constraint ${constraint}`]),
    ...(called === undefined ? [] : [called]),
  ].join(", ");
}

/** What is known when an error is described: the databases may not answer any more. */
type Known = Pick<Situation, "context"> & Partial<Pick<Situation, "scope">>;

/** A table that does not move, and whose rows refer to what gave way. */
function findStayingTable({ scope }: Known, error: ServerError): string | undefined {
  const { schema = "public", table } = error;
  if (error.sqlstate !== "23503" || table === undefined || scope === undefined) return undefined;
  const moved = listMovedTargets(scope.plan, scope.targetCatalogue);
  return moved.has(nameKey({ schema, name: table }))
    ? undefined
    : displayName({ schema, name: table });
}

/** An error that no rule explains: what the server says without row values, where, and what to do. */
function describeUnexplained(known: Known, error: ServerError, stop: Stop | undefined): Problem {
  const where = describePlace(error);
  const staying = findStayingTable(known, error);
  return {
    what: describeRow(stop) ?? describePlainly(error, findColumn(known, error)),
    ...(where === "" ? {} : { where }),
    todo:
      staying === undefined
        ? adviseOn(known.context, error)
        : `${staying} does not move, and its rows refer to rows that v1 does not bring: mend or delete them in v2, then go on.`,
  };
}

const toError = ([schema, table, constraint, detail]: BrokenKey): ServerError => ({
  sqlstate: "23503",
  message: `insert or update on table "${table}" violates foreign key constraint "${constraint}"`,
  detail,
  schema,
  table,
  constraint,
});

const isAboutKeys = (error: ServerError | undefined): boolean =>
  error?.message.startsWith(brokenKeysMessage) === true;

/** Every error that is in the one that psql showed: one for each broken key, or itself. */
function unfold(error: ServerError): ServerError[] {
  if (!isAboutKeys(error)) return [error];
  return (JSON.parse(error.detail ?? "[]") as BrokenKey[]).map(toError);
}

function findColumn({ scope }: Known, error: ServerError): Column | undefined {
  const { schema = "public", table } = error;
  if (table === undefined || scope === undefined) return undefined;
  return findTable(scope.targetCatalogue, { schema, name: table })?.columns.find(
    ({ name }) => name === error.column,
  );
}

/** One error, explained by v1's rows where they tell; the server's own words go into the report. */
async function findProblems(
  situation: Situation,
  error: ServerError,
  stop: Stop | undefined,
  words: readonly string[],
): Promise<Problem[]> {
  const found = await explain(situation, error);
  const [first, ...more] = found.length > 0 ? found : [describeUnexplained(situation, error, stop)];
  return first === undefined
    ? []
    : [{ ...first, rows: [...(first.rows ?? []), ...words] }, ...more];
}

/** @returns one sentence for what the server refused, and each problem with its rows */
async function describeRefusal(
  context: StepContext,
  error: ServerError,
  stop: Stop | undefined,
): Promise<{ readonly sentence: string; readonly problems: readonly Problem[] }> {
  const errors = unfold(error).map((each) => locate(each, stop));
  const dumpRow = await findDumpRow(context, stop);
  const many = `${countOf(errors.length, "foreign key")} violated (SQLSTATE 23503)`;
  const say = (one: ServerError, column?: Column): string =>
    errors.length > 1 ? many : describePlainly(one, column);
  const [only = error] = errors;
  try {
    return await withBoth(context, async (source, target) => {
      const scope = await readScope(context, source, target);
      const situation = { context, source, target, scope };
      const problems: Problem[] = [];
      for (const one of errors)
        problems.push(
          ...(await findProblems(situation, one, stop, [...listServerWords(one), ...dumpRow])),
        );
      return { sentence: say(only, findColumn(situation, only)), problems };
    });
  } catch (thrown) {
    context.signal.throwIfAborted();
    // the servers cannot be asked any more: what psql said is what there is
    const why = `the databases could not be asked for more: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    const problems = errors.map((one) => ({
      ...describeUnexplained({ context }, one, stop),
      rows: [...listServerWords(one), ...dumpRow, why],
    }));
    return { sentence: say(only), problems };
  }
}

/** psql ended without an error of the server, or lost it. Nothing was committed; the dump is still good. */
function describeLoss(thrown: CommandError, error: ServerError | undefined): Problem {
  const isLost = thrown.exitCode === 2;
  return {
    what: isLost
      ? `the connection to v2 was lost${error === undefined ? "" : `: ${describePlainly(error)}`}`
      : `${thrown.program} ended (${thrown.endedBy ?? `exit code ${thrown.exitCode}`}) before it was done`,
    todo: isLost
      ? "Look whether v2's server is up and reachable, then go on; the dump stays good."
      : "Look who ended it (out of memory, an operator), then go on; the dump stays good.",
    rows: thrown.stderr.trimEnd().split("\n"),
  };
}

/**
 * Waits until the session that has stopped is gone, and turns what ended a conversation with v2 into a failure: every
 * broken key with its rows (asked from v1, where they still are), labels and values of an enum, the row of the dump.
 * Whatever is no error of psql's goes through unchanged.
 * @param deed what was stopped: `the import`
 */
export async function explainImportFailure(
  context: StepContext,
  thrown: unknown,
  deed = "the import",
): Promise<unknown> {
  await settleSessions(context);
  if (!(thrown instanceof CommandError) || context.signal.aborted) return thrown;
  const error = parsePsqlError(thrown.stderr);
  const stop = findStop(context, thrown.part, error?.context);
  const fail = (sentence: string, problems: readonly Problem[], sqlstate?: string): Failure => {
    const at = isAboutKeys(error)
      ? " while it restored the foreign keys"
      : describeStop(thrown.part, stop);
    const what = `${deed} was stopped${at}: ${sentence}`;
    const next = nextAfter(context, sqlstate);
    return new Failure({ exitCode: exitCodes.failed, what, problems, next }, { cause: thrown });
  };
  if (error === undefined || thrown.exitCode === 2) {
    const problem = describeLoss(thrown, error);
    return fail(problem.what, [problem]);
  }
  const { sentence, problems } = await describeRefusal(context, error, stop);
  return fail(sentence, problems, error.sqlstate);
}
