import { failed, type Failure, type Problem } from "../../engine/failure.ts";
import { CommandError } from "../../engine/shell.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import type { Database } from "../../postgres/database.ts";
import { describeEndpoint } from "../../postgres/endpoint.ts";
import { SchemaDumpFile } from "../../postgres/schema-dump-file.ts";
import {
  buildSchemaDumpCommand,
  narrowScope,
  type SchemaDumpScope,
} from "../../postgres/schema-dump.ts";
import { programsOf } from "./chosen-programs.ts";
import { applicationName } from "./databases.ts";
import { targetUrl } from "./params.ts";

interface Holder {
  readonly name: string;
  readonly role: string | null;
  readonly address: string | null;
  readonly pid: number;
  readonly tables: string;
  readonly since: string | null;
}

/** Sessions that keep pg_dump from a table; a time-out does not say whose lock it waited for. */
async function listHolders(target: Database): Promise<string[]> {
  const holders = await target.ask<Holder>("postgres/list-exclusive-locks");
  return holders.map(
    ({ name, role, address, pid, tables, since }) =>
      `${name} (${[role, address, `pid ${pid}`].filter((one) => one !== null).join(", ")}) holds ${tables}${since === null ? "" : ` since ${since}`}`,
  );
}

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
        ? `Wait until ${countOf(holders.length, "session")} let go, or end them.`
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
    file.keep();
  } finally {
    file.close();
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
