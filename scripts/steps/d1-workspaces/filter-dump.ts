import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { refused, type Problem } from "../../engine/failure.ts";
import type { Filter, FilterCall } from "../../engine/filter.ts";
import { readSql } from "../../engine/sql-file.ts";
import { countOf } from "../../engine/wording.ts";
import { mendFromDump, writeMended } from "../../cloudflare/dump-mended.ts";
import { writeImportStream } from "../../cloudflare/import-stream.ts";
import { lintDump, type HazardCount } from "../../cloudflare/lint-dump.ts";
import { hazardKinds } from "../../cloudflare/lint-kinds.ts";
import { Scratch } from "../../cloudflare/scratch.ts";
import { listImportTables } from "../../cloudflare/scratch-table.ts";
import { noDecisions, parseDecisions, type Decisions } from "./decisions.ts";
import { DecisionsBook } from "./decisions-book.ts";
import { transformDump } from "./transform-dump.ts";
import { describeCount } from "./transform-sections.ts";
import { isOwnTable, isSessionTable } from "./transform-workbench.ts";

export interface FilterDumpCall {
  /** A dump of v1 as `d1 export` wrote it. */
  readonly input: Readable;
  /** Gets one SQL file for v2. Is not ended. */
  readonly output: Writable;
  /** v2's schema as SQL; undefined: the reference of this product. */
  readonly v2Schema: string | undefined;
  readonly decisions: Decisions;
  /** A private folder for what is too large for the memory: holds personal data while it runs. */
  readonly folder: string;
  /** Says a line to people. Without row values. */
  readonly warn: (line: string) => void;
  readonly signal: AbortSignal;
}

const nameHazard = ({ kind, table, column, count }: HazardCount): string =>
  `${count} × ${hazardKinds[kind].what}, in ${[table, column].filter((name) => name !== undefined).join(".")}`;

/** Without v1 nobody knows whether what reads as JSON now was valid JSON there. */
const describeMended = (hazard: HazardCount): string =>
  `mended: ${nameHazard(hazard)}${hazard.kind === "folded-json" ? "; exactly, when it is valid JSON in v1" : ""}`;

/** Hazards of the rows that will be moved: those that v1 has to be asked about. */
function judgeHazards(
  counts: readonly HazardCount[],
  decisions: Decisions,
  warn: (line: string) => void,
): Problem[] {
  const book = new DecisionsBook(decisions);
  const moved = counts.filter(
    ({ table, column }) =>
      !isOwnTable(table) &&
      !isSessionTable(table) &&
      !book.isTableLeftOut(table) &&
      (column === undefined || !book.isColumnLeftOut(table, column)),
  );
  for (const hazard of moved)
    if (hazardKinds[hazard.kind].mend === "exact") warn(describeMended(hazard));
  return moved
    .filter(({ kind }) => ["reread", "none"].includes(hazardKinds[kind].mend))
    .map((hazard) => ({
      what: nameHazard(hazard),
      where: [hazard.table, hazard.column].filter((name) => name !== undefined).join("."),
      todo:
        hazardKinds[hazard.kind].mend === "none"
          ? hazardKinds[hazard.kind].deed
          : "A run of the runbook reads these values again from v1: movebook run d1-workspaces --env <environment>.",
    }));
}

async function mend(call: FilterDumpCall, dump: string): Promise<string> {
  const { counts } = await lintDump(dump, { signal: call.signal });
  const problems = judgeHazards(counts, call.decisions, call.warn);
  if (problems.length > 0)
    throw refused("the dump has lost values that only v1 can tell", problems);
  const output = join(call.folder, "mended.sql");
  await writeMended({ dump, output, mend: mendFromDump, signal: call.signal });
  return output;
}

function tellProblem(warn: (line: string) => void, { what, where, todo }: Problem): void {
  warn([what, where, todo].filter((text) => text !== undefined).join(" – "));
}

async function transformFile(call: FilterDumpCall, dump: string): Promise<string> {
  const scratchFile = join(call.folder, "scratch.sqlite");
  if (call.v2Schema === undefined)
    call.warn("no schema of v2 is given: the reference schema is taken (--v2-schema <file>)");
  const transformed = await transformDump({
    dump,
    v2Schema: call.v2Schema ?? readSql("d1-workspaces/v2-reference-schema"),
    decisions: call.decisions,
    scratchFile,
    signal: call.signal,
  });
  for (const warning of transformed.warnings) tellProblem(call.warn, warning);
  for (const line of [...transformed.notes, ...transformed.decisions]) call.warn(line);
  if (transformed.problems.length > 0)
    throw refused(
      `v1 does not fit into v2 as it is: ${countOf(transformed.problems.length, "problem")}`,
      transformed.problems,
    );
  for (const count of transformed.counts) call.warn(describeCount(count));
  call.warn(
    "v1 was not asked: compare these counts with it, because a dump that was cut between two statements looks whole",
  );
  return scratchFile;
}

/**
 * The transform as a filter: a dump of v1 in, one SQL file for v2 out. v1 is not asked, so a dump that shows a loss which
 * it cannot tell itself is refused. Rows that are missing, and JSON that was none in v1, cannot be seen in a dump.
 * @throws Failure (exit 3) when something would be lost or refused by v2; nothing is written then
 */
export async function filterDump(call: FilterDumpCall): Promise<void> {
  const dump = join(call.folder, "dump.sql");
  await pipeline(call.input, createWriteStream(dump, { mode: 0o600 }), { signal: call.signal });
  const mended = await mend(call, dump);
  rmSync(dump);
  const scratchFile = await transformFile(call, mended);
  const scratch = Scratch.open(scratchFile, { readOnly: true });
  try {
    await writeImportStream(scratch, listImportTables(scratch), call.output, {
      signal: call.signal,
    });
  } finally {
    scratch.close();
  }
}

async function run({ input, output, options, warn, signal }: FilterCall): Promise<void> {
  const { "v2-schema": schema, decisions } = options;
  if (decisions === undefined) warn("no decisions are given (--decisions <file>)");
  const folder = mkdtempSync(join(tmpdir(), `movebook-filter-${process.pid}-`));
  try {
    await filterDump({
      input,
      output,
      v2Schema: schema === undefined ? undefined : readFileSync(schema, "utf8"),
      decisions:
        decisions === undefined
          ? noDecisions
          : parseDecisions(readFileSync(decisions, "utf8"), decisions),
      folder,
      warn,
      signal,
    });
    output.end();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `movebook transform d1-workspaces v1-dump.sql > v2-import.sql`. */
export const transformFilter: Filter = {
  does: "Makes one SQL file for v2 of a dump of v1.",
  params: [
    {
      name: "v2-schema",
      value: "file",
      meaning:
        "v2's schema: its migrations, or `wrangler d1 export --no-data`. Not given: the reference schema.",
    },
    {
      name: "decisions",
      value: "file",
      meaning: "the decisions about what v2 cannot take as it is (JSON)",
    },
  ],
  run,
};
