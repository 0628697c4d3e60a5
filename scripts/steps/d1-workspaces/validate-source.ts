import {
  differing,
  notRunning,
  noting,
  passing,
  type Finding,
  type FindingSection,
} from "../../engine/findings.ts";
import type { Problem } from "../../engine/failure.ts";
import type { Sides } from "./sides.ts";
import { cannotCompare, findChangesSinceExport } from "./source-fingerprint.ts";
import { isSameName } from "./transform-workbench.ts";
import { explainNotRun } from "./validate-not-run.ts";

const label = "v1's fingerprint, as at the export";

/** Counters and tables that stay behind may move: nothing of v2 depends on them. */
function isHarmless({ tables }: Sides, { where }: Problem): boolean {
  if (where === "sqlite_sequence") return true;
  const name = /^table (?<name>.+)$/u.exec(where ?? "")?.groups?.["name"];
  return name !== undefined && !tables.some(({ shape }) => isSameName(shape.name, name));
}

function judge(sides: Sides, changes: readonly Problem[]): Finding[] {
  const harmful = changes.filter((change) => !isHarmless(sides, change));
  const rest = changes.filter((change) => isHarmless(sides, change));
  return [
    ...rest.map(({ what }): Finding => ({
      outcome: "warned",
      label: `${what} (not moved)`,
    })),
    ...(harmful.length === 0
      ? [passing(label, "unchanged")]
      : harmful.map(({ what, where }) =>
          differing(label, "changed", {
            what: `v1 was written to since the export: ${what}`,
            ...(where === undefined ? {} : { where: `${where} of v1` }),
            todo: "v2 lacks that. Stop the writes to v1, take the import back, and run again from the export.",
          }),
        )),
  ];
}

/** A fingerprint that cannot be compared says nothing; that every row was compared, does. */
function judgeOther({ context }: Sides): Finding {
  if (!context.options.quick) return noting(`${cannotCompare}: the rows, read back above, decide`);
  const todo = `Compare every row instead, without --quick: ${context.commandLine("step", "validate")}`;
  return notRunning(label, { what: cannotCompare, where: label, todo });
}

/** That nobody, movebook included, has written to v1. */
export async function findSource(sides: Sides): Promise<FindingSection[]> {
  const heading = "v1, untouched";
  sides.context.screen.progress("taking the fingerprint of v1");
  try {
    const found = await findChangesSinceExport(sides.context);
    if (found.kind === "compared") return [{ heading, findings: judge(sides, found.changes) }];
    if (found.kind === "other-version") return [{ heading, findings: [judgeOther(sides)] }];
    const what = "this run has no fingerprint of v1: it was not exported in it";
    return [{ heading, findings: [notRunning(label, { what, where: label })] }];
  } catch (error) {
    return [{ heading, findings: [explainNotRun(label, error)] }];
  }
}
