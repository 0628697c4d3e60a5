import { listProblems } from "../../engine/check.ts";
import { exitCodes, Failure, failed, refused, type Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import type { Database } from "../../postgres/database.ts";
import { readDriverError } from "../../postgres/errors.ts";
import { asProblem } from "../../postgres/explain-failure.ts";
import { askRules } from "../../postgres/forecast/ask-rules.ts";
import type { FindingKind } from "../../postgres/forecast/rule.ts";
import { readLedger } from "../../postgres/ledger.ts";
import { describePlainly, listServerWords } from "../../postgres/plain-error.ts";
import { listSchemaDifferences } from "../../postgres/schema-differences.ts";
import { isImported } from "./import-evidence.ts";
import { judgeGivingWay } from "./rollback-look.ts";
import { readScope, type Scope } from "./scope.ts";
import { countOf } from "../../engine/wording.ts";

const homelessKinds: readonly FindingKind[] = ["table-in-v1-only", "column-in-v1-only"];

/** Tables and columns of v1 that v2 lacks, with their rows: nobody decided about them. */
async function listHomeless(source: Database, { plan }: Scope): Promise<Problem[]> {
  const rules = listSchemaDifferences(plan).filter(({ kind }) => homelessKinds.includes(kind));
  const problems: Problem[] = [];
  for (const finding of await askRules(source, rules)) problems.push(await asProblem(finding));
  return problems;
}

async function listProblemsOf(
  context: StepContext,
  scope: Scope,
  source: Database,
  target: Database,
): Promise<Problem[]> {
  const { plan, history } = scope;
  const contents = await judgeGivingWay(context, target, scope, await readLedger(target));
  return [
    ...plan.problems,
    ...(history.problem === undefined ? [] : [history.problem]),
    ...(await listHomeless(source, scope)),
    ...listProblems([{ heading: "", results: contents }]),
  ];
}

/** A server that refuses to tell, as under row-level security, is no defect of ours. */
function explainSilence(context: StepContext, thrown: unknown): unknown {
  const error = readDriverError(thrown);
  if (error === undefined) return thrown;
  return failed(`the target cannot be looked at before the import: ${describePlainly(error)}`, [
    {
      what: "a server refuses to tell what it holds",
      todo: `See what preflight finds: ${context.commandLine("step", "preflight")}`,
      rows: listServerWords(error),
    },
  ]);
}

/** @throws Failure (exit 3) when v2 holds what this run has imported: a second time nothing could go in */
async function verifyNotImported(context: StepContext, target: Database): Promise<void> {
  if (!context.isDone("import") || !(await isImported(context, target))) return;
  const next = context.commandLine("resume");
  throw refused(
    "this run has imported already",
    [
      {
        what: "v2 holds its rows",
        todo: `Go on with it: ${next}; or take it back: ${context.commandLine("undo")}`,
      },
    ],
    next,
  );
}

/**
 * Looks once more at what may have changed since preflight, or was never looked at: what has no home in v2, and
 * whether v2's tables are empty.
 * @throws Failure (exit 3) with all problems; (exit 1) when a server refuses to tell
 */
export async function verifyTarget(
  context: StepContext,
  source: Database,
  target: Database,
): Promise<void> {
  await verifyNotImported(context, target);
  const scope = await readScope(context, source, target);
  const problems = await listProblemsOf(context, scope, source, target).catch((thrown: unknown) => {
    throw explainSilence(context, thrown);
  });
  if (problems.length === 0) return;
  const { homeless, moved } = scope.plan;
  const isHomeless = homeless.length > 0 || moved.some((table) => table.homeless.length > 0);
  throw new Failure({
    exitCode: exitCodes.refused,
    what: `the target is not ready for an import: ${countOf(problems.length, "problem")}`,
    problems,
    // a run is finished with the settings that it began with: V1_LEAVE_OUT needs a new one
    ...(isHomeless ? { next: context.commandLine("run") } : {}),
  });
}
