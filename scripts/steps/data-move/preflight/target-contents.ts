import { noted, passed, problem, warned, type CheckResult } from "../../../engine/check.ts";
import type { StepContext } from "../../../engine/step.ts";
import type { Database } from "../../../postgres/database.ts";
import { listFilledTables, type FilledTable } from "../../../postgres/filled-tables.ts";
import { displayName } from "../../../postgres/identifier.ts";
import type { KeyDefinition } from "../../../postgres/key-changes.ts";
import { ledgerLayout, readLedger, type Ledger } from "../../../postgres/ledger.ts";
import { describeLostKeys, listLostKeys } from "../lost-ledger.ts";
import { checkReplacing, judgeReplaced, mayReplace } from "../replace.ts";
import { nameKeys } from "../key-names.ts";
import { countOf } from "../../../engine/wording.ts";
import type { ScopedSides } from "./section.ts";

const listed = 30;

function adviseOnFilled(context: StepContext, ledger: Ledger): string {
  const [last] = ledger.imports.toReversed();
  if (last === undefined)
    return `An import goes into empty tables: take another v2; or let these rows give way: ${context.commandLine("run")} --replace saves them in a rollback point first.`;
  const next =
    last.run === context.runId
      ? `go on with ${context.commandLine("resume")}`
      : `look at it with ${context.commandLine("status")}`;
  return `Run ${last.run} imported ${countOf(BigInt(last.rowCount), "row")} at ${last.importedAt}: ${next}, prove it with ${context.commandLine("step", "validate")}, or take it back with ${context.commandLine("undo")}.`;
}

/** Judges tables that hold rows already: a second import would break half-way, or mix two sets of rows. */
export function judgeFilled(
  context: StepContext,
  facts: {
    readonly looked: number;
    readonly filled: readonly FilledTable[];
    readonly ledger: Ledger;
  },
): CheckResult[] {
  const { looked, filled, ledger } = facts;
  if (filled.length === 0) return [passed(`v2's tables are empty (${countOf(looked, "table")})`)];
  // steps by hand, and a resume that looks afterwards
  if (context.isDone("import") || ledger.imports.some(({ run }) => run === context.runId))
    return [
      noted(
        `${countOf(filled.length, "table")} of v2 ${filled.length === 1 ? "holds" : "hold"} what this run has imported`,
      ),
    ];
  if (mayReplace(context, ledger)) return judgeReplaced(filled);
  const lines = filled.map(({ table, rows }) => `${displayName(table)}: ${countOf(rows, "row")}`);
  const details =
    lines.length <= listed
      ? lines
      : [...lines.slice(0, listed), `… and ${lines.length - listed} more`];
  return [
    problem(
      `${countOf(filled.length, "table")} of v2 ${filled.length === 1 ? "holds" : "hold"} rows already`,
      {
        details,
        todo: adviseOnFilled(context, ledger),
      },
    ),
  ];
}

/** Every table that rows go into must be empty. */
export async function checkEmptiness({
  context,
  target,
  scope,
}: ScopedSides): Promise<CheckResult[]> {
  const tables = scope.plan.moved.map((table) => table.target);
  const filled = await listFilledTables(target, tables);
  const ledger = await readLedger(target);
  const results = judgeFilled(context, { looked: tables.length, filled, ledger });
  return mayReplace(context, ledger)
    ? [...results, ...(await checkReplacing(target, scope))]
    : results;
}

/** Foreign keys that an earlier run dropped and did not restore. */
export function judgeLedger(context: StepContext, ledger: Ledger): CheckResult[] {
  if (ledger.unrestored.length === 0) return [passed("no foreign keys are waiting to be restored")];
  const count = countOf(ledger.unrestored.length, "foreign key");
  const runs = [...new Set(ledger.unrestored.map(({ run }) => run))];
  const details = [`dropped by run ${runs.join(", ")}: ${nameKeys(ledger.unrestored)}`];
  if (runs.every((run) => run === context.runId))
    return [
      noted(
        `${count} of v2 ${ledger.unrestored.length === 1 ? "was" : "were"} dropped by this run`,
      ),
    ];
  return [
    problem(`v2 is without ${count} that an earlier run dropped`, {
      where: "v2, movebook.foreign_keys",
      details,
      todo: `Restore them first: ${context.commandLine("step", "restore-foreign-keys")}`,
    }),
  ];
}

/** A ledger of another layout takes nothing but the restore of its keys. */
function judgeLayout({ layout }: Ledger): CheckResult[] {
  if (layout === undefined || layout === ledgerLayout) return [];
  return [
    problem("the ledger in v2 was made by an earlier movebook", {
      where: "v2, schema movebook",
      todo: "Restore its foreign keys, then finish that run, or take it back, with the movebook that began it.",
    }),
  ];
}

/** Keys that only the journal knows, because somebody has dropped the ledger. */
function judgeLost(context: StepContext, lost: readonly KeyDefinition[]): CheckResult[] {
  if (lost.length === 0) return [];
  return [
    problem(describeLostKeys(lost), {
      todo: `Restore them first: ${context.commandLine("step", "restore-foreign-keys")}`,
    }),
  ];
}

/** Runs that others, or a run before, have not finished. */
const judgeOthers = (context: StepContext, { imports, runs }: Ledger): CheckResult[] => [
  ...imports
    .filter(({ run }) => run !== context.runId)
    .map(({ run, importedAt }) =>
      warned(
        `the ledger in v2 says that run ${run} imported at ${importedAt} and was not finished`,
      ),
    ),
  ...runs
    .filter(({ run, phase }) => run !== context.runId && phase === "undoing")
    .map(({ run, operator, changedAt }) =>
      problem(`run ${run} is being taken back, by ${operator} since ${changedAt}`, {
        where: "v2, movebook.runs",
        todo: `Finish that first: ${context.commandLine("undo")}`,
      }),
    ),
];

/** What an earlier move left in v2. */
export async function checkLedger(context: StepContext, target: Database): Promise<CheckResult[]> {
  const ledger = await readLedger(target);
  return [
    ...judgeLayout(ledger),
    ...judgeLost(context, await listLostKeys(context, target, ledger)),
    ...judgeLedger(context, ledger),
    ...judgeOthers(context, ledger),
  ];
}
