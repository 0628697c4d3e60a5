import { failed, type Failure, type Problem } from "../../engine/failure.ts";
import { CommandError } from "../../engine/shell.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { describeEndpoint } from "../../postgres/endpoint.ts";
import { SchemaDumpFile } from "../../postgres/schema-dump-file.ts";
import { describeHolders } from "../../postgres/table-holders.ts";
import {
  buildSchemaDumpCommand,
  narrowScope,
  type SchemaDumpScope,
} from "../../postgres/schema-dump.ts";
import { programsOf } from "./chosen-programs.ts";
import { applicationName } from "./databases.ts";
import { targetUrl } from "./params.ts";

/** Sessions that keep pg_dump from a table, which it only reads; a time-out does not say whose lock it waited for. */
const listHolders = async (target: Database): Promise<string[]> =>
  (await describeHolders(target)).filter((line) => line.includes(": AccessExclusiveLock held by "));

async function explain(
  context: StepContext,
  target: Database,
  error: CommandError,
): Promise<Failure> {
  const lines = error.stderr.trimEnd().split("\n");
  const holders = await listHolders(target).catch(() => []);
  const problem: Problem = {
    what: lines.find((line) => line.startsWith("pg_dump: error:")) ?? lines[0] ?? "",
    where: describeEndpoint(context.setting(targetUrl)),
    todo:
      holders.length > 0
        ? "Wait until who holds v2's tables lets go of them, or end that session; then go on."
        : "Look at what pg_dump says; nothing was changed by it.",
    ...(holders.length === 0 ? {} : { details: holders }),
    rows: lines,
  };
  return failed(`v2's schema could not be dumped: ${error.message}`, [problem], { cause: error });
}

async function write(context: StepContext, scope: SchemaDumpScope, path: string): Promise<void> {
  const { pg_dump: program } = await programsOf(context);
  const command = buildSchemaDumpCommand(context.setting(targetUrl), scope, {
    program,
    applicationName: applicationName(context),
  });
  const file = new SchemaDumpFile(path, scope);
  try {
    await context.execute(command, { onLine: file.take });
    keep(file, path);
  } finally {
    file.close();
  }
}

/** @throws Failure (exit 1) when the file is not complete: pg_dump was cut off, or the disk is full */
function keep(file: SchemaDumpFile, path: string): void {
  try {
    file.keep();
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw failed("v2's schema could not be kept", [{ what, where: path }], { cause: error });
  }
}

/**
 * Dumps v2's schema into a file of mode 0600 with the run's own pg_dump.
 * @throws Failure (exit 1) that names the sessions which hold its tables
 */
export async function dumpSchema(
  context: StepContext,
  target: Database,
  scope: SchemaDumpScope,
  path: string,
): Promise<void> {
  try {
    await write(context, scope, path);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const narrow = await narrowScope(target, scope);
    if (narrow === undefined) throw await explain(context, target, error);
    await write(context, narrow, path).catch(async (again: unknown) => {
      throw again instanceof CommandError ? await explain(context, target, again) : again;
    });
  }
}
