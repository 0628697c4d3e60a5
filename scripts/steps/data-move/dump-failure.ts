import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { exitCodes, Failure, type Problem } from "../../engine/failure.ts";
import { CommandError } from "../../engine/shell.ts";
import type { StepContext } from "../../engine/step.ts";
import { sizeOf } from "../../engine/wording.ts";
import { describeEndpoint } from "../../postgres/endpoint.ts";
import { describeHolders } from "../../postgres/table-holders.ts";
import { withSource } from "./databases.ts";
import { sourceUrl } from "./params.ts";

/** What became of a dump that stopped; `file` is the one that it was writing. */
interface Stopped {
  readonly context: StepContext;
  readonly error: CommandError;
  readonly file: string;
}

const firstLine = (text: string): string =>
  text.split("\n").find((line) => /error/i.test(line)) ?? text.split("\n")[0] ?? "";

/** Nobody but pg_dump's own operating system says why it was ended. */
const describeKilled = ({ error, context }: Stopped): Problem => ({
  what: `${error.program} was ended by ${error.endedBy ?? "a signal"} before it was done`,
  where: context.runFolder,
  todo: "Look who ended it (out of memory: the system's log says so; an operator), then go on: the dump is made anew.",
});

function describeFull({ file }: Stopped): Problem {
  const folder = dirname(file);
  let free = "";
  try {
    const { bavail, bsize } = statfsSync(folder);
    free = `: ${sizeOf(bavail * bsize)} free now, after what was written is removed`;
  } catch {
    // a file system that does not say
  }
  return {
    what: `the disk under the run's folder is full${free}`,
    where: folder,
    todo: "Make room there, or link tmp/ to a larger disk, then go on: the dump is made anew.",
  };
}

async function describeWaiting({ context }: Stopped): Promise<Problem> {
  const holders = await withSource(context, describeHolders).catch(() => []);
  return {
    what: "a table of v1 could not be read: another session holds it",
    where: describeEndpoint(context.setting(sourceUrl)),
    details: holders.length === 0 ? ["it has let go of it meanwhile"] : holders,
    todo: "End that session's transaction, then go on: the dump is made anew.",
  };
}

const describeLost = ({ context }: Stopped): Problem => ({
  what: "the connection to v1 was lost",
  where: describeEndpoint(context.setting(sourceUrl)),
  todo: "Look whether v1's server is up and reachable, then go on: the dump is made anew.",
});

const describeOther = ({ context, error }: Stopped): Problem => ({
  what: firstLine(error.stderr),
  where: describeEndpoint(context.setting(sourceUrl)),
});

/** pg_dump speaks English to us (LC_ALL=C); what the server says is in the server's language, its own words are not. */
function chooseWords({ error }: Stopped): (stopped: Stopped) => Problem | Promise<Problem> {
  const { stderr } = error;
  if (/No space left on device|File too large|Disk quota exceeded/u.test(stderr))
    return describeFull;
  // a full disk may also end it by SIGXFSZ, when the limit is the process's own
  if (error.endedBy === "SIGXFSZ") return describeFull;
  if (error.endedBy !== null) return describeKilled;
  if (/LOCK TABLE/u.test(stderr)) return describeWaiting;
  if (
    /server closed the connection|connection to server|SSL connection|no connection to/iu.test(
      stderr,
    )
  )
    return describeLost;
  return describeOther;
}

/**
 * Turns what ended pg_dump into a failure: what is full, gone or held, where, and what to do. Whatever is no error of
 * the command goes through unchanged.
 * @param file that pg_dump was writing; it is removed already
 */
export async function explainDumpFailure(
  context: StepContext,
  thrown: unknown,
  file: string,
): Promise<unknown> {
  if (!(thrown instanceof CommandError) || context.signal.aborted) return thrown;
  const stopped = { context, error: thrown, file };
  const problem = await chooseWords(stopped)(stopped);
  return new Failure(
    {
      exitCode: exitCodes.failed,
      what: `the dump was stopped: ${problem.what}`,
      problems: [{ ...problem, rows: thrown.stderr.trimEnd().split("\n") }],
    },
    { cause: thrown },
  );
}
