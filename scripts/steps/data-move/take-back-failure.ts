import { Failure, exitCodes, failed, refused, type Problem } from "../../engine/failure.ts";
import { CommandError } from "../../engine/shell.ts";
import type { StepContext } from "../../engine/step.ts";
import { parsePsqlError, type ServerError } from "../../postgres/errors.ts";
import { displayName } from "../../postgres/identifier.ts";
import { brokenKeysMessage } from "../../postgres/load-parts.ts";
import { lockWait } from "../../postgres/lock-wait.ts";
import { describePlainly, listServerWords } from "../../postgres/plain-error.ts";
import { parseOtherRows } from "../../postgres/rollback-contents.ts";
import { describeHolders } from "../../postgres/table-holders.ts";
import { withTarget } from "./databases.ts";
import { settleSessions } from "./left-sessions.ts";

type BrokenKey = readonly [schema: string, table: string, constraint: string, detail: string];

const describeBroken = ([schema, table, constraint, detail]: BrokenKey): Problem => ({
  what: `rows of ${displayName({ schema, name: table })} break the foreign key ${constraint}: they refer to rows that the import brought`,
  where: `table ${displayName({ schema, name: table })}, constraint ${constraint}`,
  todo: "Mend or delete these rows in v2, then call again; nothing was changed.",
  rows: [detail],
});

function explainServerError(error: ServerError, cause: unknown): Failure {
  const tables = parseOtherRows(error);
  if (tables !== undefined)
    return refused(
      "v2 was written to while it was looked at; nothing was changed",
      tables.map((table) => ({
        what: `${displayName(table)} holds other rows than a moment ago`,
        todo: "See that nobody writes to v2, then call again.",
      })),
    );
  if (error.message.startsWith(brokenKeysMessage))
    return refused(
      "rows of v2 refer to what would go; nothing was changed",
      (JSON.parse(error.detail ?? "[]") as BrokenKey[]).map(describeBroken),
    );
  return failed(
    `v2 could not be put back, and is as it was: ${describePlainly(error)}`,
    [{ what: `the server said ${error.sqlstate}`, rows: listServerWords(error) }],
    { cause },
  );
}

/** Who holds the tables that were waited for in vain. */
async function explainWaiting(context: StepContext, cause: unknown): Promise<Failure> {
  const holders = await withTarget(context, describeHolders).catch(() => []);
  const problem = {
    what: `v2's tables could not be locked within ${lockWait / 1_000} s: another session holds them`,
    details: holders.length === 0 ? ["it has let go of them meanwhile"] : holders,
    todo: "End that session's transaction (stop the application that uses v2), then call again.",
  };
  return failed("v2 could not be put back, and is as it was", [problem], { cause });
}

/** What ended the transaction that puts v2 back; what is no error of psql's goes through unchanged. */
export async function explainTakeBackFailure(
  context: StepContext,
  thrown: unknown,
): Promise<unknown> {
  await settleSessions(context);
  if (!(thrown instanceof CommandError) || context.signal.aborted) return thrown;
  const error = parsePsqlError(thrown.stderr);
  if (error?.sqlstate === "55P03") return explainWaiting(context, thrown);
  if (error !== undefined && thrown.exitCode !== 2) return explainServerError(error, thrown);
  return new Failure(
    {
      exitCode: exitCodes.failed,
      what: `the connection to v2 was lost, or psql was ended, while v2 was put back (${thrown.message})`,
      problems: [
        {
          what: "it is one transaction: v2 is as it was, or put back as a whole",
          todo: `Call again: ${context.commandLine("undo")}`,
          rows: thrown.stderr.trimEnd().split("\n"),
        },
      ],
    },
    { cause: thrown },
  );
}
