import { Failure, exitCodes, refused, type Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import type { Database } from "../../postgres/database.ts";
import { displayName } from "../../postgres/identifier.ts";
import { listNotAsBefore, readBefore, type Before, type NotAsBefore } from "./rollback-state.ts";
import { takeBack } from "./take-back.ts";
import { describeWrittenSince, listWrittenSince } from "./written-since.ts";

/** What is asked for, in words: the undo of an import, or a restore long after it. */
export interface Wording {
  /** `taking it back would lose that`. */
  readonly loses: string;
  /** The command that loses it knowingly. */
  readonly knowingly: string;
}

export const wordingOfUndo = (context: StepContext): Wording => ({
  loses: "taking it back would lose that",
  knowingly: `${context.commandLine("undo")} --replace`,
});

/** @throws Failure (exit 3) when a table holds other rows than the import wrote: those would be lost */
async function verifyOnlyOurs(
  context: StepContext,
  target: Database,
  before: Before,
  { loses, knowingly }: Wording,
): Promise<void> {
  const written = await listWrittenSince(target, before);
  if (written.length === 0) return;
  const lines = written.map(describeWrittenSince);
  if (context.options.replace) {
    for (const line of lines) context.screen.warning(`${line}; that is lost (--replace)`);
    return;
  }
  const todo = `Save those rows yourself (pg_dump --data-only --table=…). To lose them knowingly: ${knowingly}`;
  throw refused(
    `v2 was written to after the import; ${loses}`,
    lines.map((what) => ({ what, todo })),
  );
}

const unknownExtent = (context: StepContext, knowingly: string): Failure =>
  refused("nothing says what the import of this run has written", [
    {
      what: "v2's ledger, the journal and the dump's manifest do not know it: what is v1's in v2 cannot be told from the rest",
      where: context.runFolder,
      todo: `Look at v2's tables. To empty them all the same: ${knowingly}`,
    },
  ]);

/**
 * Puts the rows back in one transaction; when they are back already, nothing is sent.
 * @throws Failure (exit 3) when something would be lost, and nothing was changed
 */
export async function putRowsBack(
  context: StepContext,
  target: Database,
  before: Before,
  wording: Wording,
): Promise<void> {
  const { point, moved, isInLedger, extent } = before;
  if (!isInLedger && (await listNotAsBefore(target, before)).length === 0) {
    context.screen.line("  · the rows are as before the import already");
    return;
  }
  if (extent === undefined && !context.options.replace)
    throw unknownExtent(context, wording.knowingly);
  await verifyOnlyOurs(context, target, before, wording);
  await takeBack(context, target, before, context.options.replace);
  context.screen.good(
    point === undefined
      ? `Tables: ${moved.length} emptied`
      : `Tables: ${moved.length} emptied, the rollback point of ${point.takenAt} is back`,
  );
}

/**
 * What would refuse the undo of the import is told before the step after it is taken back: then nothing is changed.
 * @throws Failure (exit 3)
 */
export async function verifyMayGoBack(context: StepContext, target: Database): Promise<void> {
  if (context.selection?.until === "postimport") return;
  const before = await readBefore(context, target);
  if (context.options.replace || before.extent === undefined) return;
  const isBack = !before.isInLedger && (await listNotAsBefore(target, before)).length === 0;
  if (!isBack) await verifyOnlyOurs(context, target, before, wordingOfUndo(context));
}

/** `Animal: 3 rows, 5 before`; equal numbers mean other contents. */
const describeDifference = ({ name, rows, before }: NotAsBefore): Problem => ({
  what:
    rows === undefined
      ? `${displayName(name)} is not there; it held ${countOf(before, "row")}`
      : rows === before
        ? `${displayName(name)}: ${countOf(rows, "row")} as before, with other contents`
        : `${displayName(name)}: ${countOf(rows, "row")}, ${before} before`,
  where: `v2, table ${displayName(name)}`,
});

/**
 * Looks that v2 is as it was: the rows and their contents, and what the caller has found of schema, sequences and views.
 * @param changes one line each
 * @throws Failure (exit 1, 6 when keys or triggers are not as before) that lists what differs
 */
export async function verifyAsBefore(
  context: StepContext,
  target: Database,
  before: Before,
  changes: readonly string[],
): Promise<void> {
  const rows = await listNotAsBefore(target, before, (table) =>
    context.screen.progress(`comparing ${displayName(table)} with what it held before`),
  );
  context.screen.settle();
  const problems = [...rows.map(describeDifference), ...changes.map((what) => ({ what }))];
  if (problems.length === 0) return;
  const isUnsafe = changes.some((line) => /^(?:constraint|trigger) /u.test(line));
  throw new Failure({
    exitCode: isUnsafe ? exitCodes.unsafe : exitCodes.failed,
    what: "v2 is not as it was before the run",
    problems,
    next: context.commandLine("undo"),
  });
}
