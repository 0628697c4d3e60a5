import { problem, warned, type CheckResult } from "../../engine/check.ts";
import { refused, type Problem } from "../../engine/failure.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import type { Table } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import { listFilledTables, type FilledTable } from "../../postgres/filled-tables.ts";
import { listForeignKeys } from "../../postgres/foreign-keys.ts";
import { displayName, nameKey, type QualifiedName } from "../../postgres/identifier.ts";
import type { Ledger } from "../../postgres/ledger.ts";
import { remembered } from "./remembered.ts";
import {
  listMembers,
  planEmptying,
  readAffected,
  type Affected,
  type EmptyingPlan,
} from "./rollback-scope.ts";
import type { Scope } from "./scope.ts";

/** True when the operator has said, in this call or in one before it of this run, that rows of v2 give way. */
export const isReplacing = (context: StepContext): boolean =>
  context.options.replace || context.recall(remembered.replacing) === true;

const describeRows = ({ table, rows }: FilledTable): string =>
  `${displayName(table)}: ${countOf(rows, "row")}`;

/** `6 tables of v2 hold 1,204 rows, which give way to v1's`, and the tables. */
export function describeReplaced(filled: readonly FilledTable[]): {
  readonly text: string;
  readonly lines: readonly string[];
} {
  const rows = filled.reduce((sum, one) => sum + one.rows, 0n);
  const hold = filled.length === 1 ? "holds" : "hold";
  return {
    text: `${countOf(filled.length, "table")} of v2 ${hold} ${countOf(rows, "row")}, which give way to v1's (--replace)`,
    lines: filled.map(describeRows),
  };
}

/** An import that is in v2 is finished or taken back, never replaced. */
export const mayReplace = (context: StepContext, ledger: Ledger): boolean =>
  isReplacing(context) && ledger.imports.length === 0;

/** Rows of v2 that give way, table by table, as a warning. */
export const judgeReplaced = (filled: readonly FilledTable[]): CheckResult[] => {
  const { text, lines } = describeReplaced(filled);
  return [
    warned(text, {
      details: [...lines],
      todo: "They are saved in a rollback point before, and undo brings them back. v1's rows are the truth, also where v1 holds none of a table.",
    }),
  ];
};

/** Tables that hold rows are emptied although keys refer to them. */
export async function readEmptying(
  target: Database,
  { moved, filled }: Affected,
  scope: Scope,
): Promise<EmptyingPlan> {
  const names = new Set(filled.map(({ table }) => nameKey(table)));
  return planEmptying(
    moved.filter((table) => names.has(nameKey(table))),
    moved,
    await listForeignKeys(target),
    scope.targetCatalogue,
  );
}

/** Keys that stand in the way of emptying: this role can neither drop them nor add them again. */
export const listStrangers = ({ strangers }: EmptyingPlan): Problem[] =>
  strangers.flatMap(({ table, keys }) =>
    keys.map((key) => ({
      what: `${displayName(key.references)} cannot be emptied: the foreign key ${key.name} on ${displayName(table)} refers to it, and v2's role can${key.owned ? "not add it again as it was" : "not drop it"}`,
      where: `table ${displayName(table)}, which belongs to ${table.owner}`,
      todo: `As ${table.owner}: drop the key for the time of the move; or make v2's role a member of ${table.owner}.`,
    })),
  );

interface HiddenTable extends QualifiedName {
  readonly forced: boolean;
}

/** Tables whose rows cannot be saved: row-level security hides some of them, or they belong to others. */
export async function listUnsavable(
  target: Database,
  tables: readonly Table[],
): Promise<Problem[]> {
  const names = new Set(tables.map(nameKey));
  const hidden = (await target.ask<HiddenTable>("postgres/list-hidden-tables")).filter((table) =>
    names.has(nameKey(table)),
  );
  return [
    ...hidden.map((table) => ({
      what: `row-level security holds for v2's role on ${displayName(table)}: its rows cannot be saved as a whole`,
      where: `v2, table ${displayName(table)}`,
      todo: `${table.forced ? "alter table … no force row level security, or " : ""}take a role with BYPASSRLS.`,
    })),
    ...tables
      .filter(({ owned }) => !owned)
      .map((table) => ({
        what: `${displayName(table)} belongs to ${table.owner}: v2's role could not bring it back`,
        where: `v2, table ${displayName(table)}`,
        todo: `Make v2's role a member of ${table.owner}.`,
      })),
  ];
}

/** Tables that do not move, hold rows, and refer to what is emptied: their rows must find theirs among v1's. */
async function warnOfReferring(
  target: Database,
  { dropped }: EmptyingPlan,
  scope: Scope,
): Promise<CheckResult[]> {
  const moved = listMembers(
    scope.plan.moved.map((table) => table.target),
    scope.targetCatalogue,
  );
  const foreign = dropped.filter(
    ({ schema, table }) => !moved.has(nameKey({ schema, name: table })),
  );
  const tables = foreign.map(({ schema, table, tableKind }) => ({
    schema,
    name: table,
    kind: tableKind,
  }));
  const filled = new Set(
    (await listFilledTables(target, tables)).map(({ table }) => nameKey(table)),
  );
  return foreign
    .filter(({ schema, table }) => filled.has(nameKey({ schema, name: table })))
    .map((key) => {
      const name = displayName({ schema: key.schema, name: key.table });
      return warned(
        `${name} does not move, and its rows refer to ${displayName(key.references)} (${key.name}): they must find theirs among v1's rows`,
        {
          todo: `Otherwise the import ends, changes nothing and names the rows: mend or delete those of ${name} in v2.`,
        },
      );
    });
}

/** What stands in the way of replacing, before anything is saved or changed; as results of a check. */
export async function checkReplacing(target: Database, scope: Scope): Promise<CheckResult[]> {
  const affected = await readAffected(target, scope);
  if (affected.filled.length === 0) return [];
  const emptying = await readEmptying(target, affected, scope);
  return [
    ...listStrangers(emptying).map(({ what, ...facts }) => problem(what, facts)),
    ...(await warnOfReferring(target, emptying, scope)),
  ];
}

/**
 * Asks whether the rows may give way: a person, or --yes. In an environment that is confirmed the import itself asks for
 * the target's name.
 * @throws Failure (exit 3) when it was not confirmed
 */
export async function confirmReplacing(
  context: StepContext,
  filled: readonly FilledTable[],
): Promise<void> {
  if (filled.length === 0) return;
  const { screen, options } = context;
  const { text, lines } = describeReplaced(filled);
  screen.warning(text);
  for (const line of lines) screen.line(`    ${line}`);
  if (context.environment === "prod" || options.yes) return;
  if (screen.canAsk) {
    const answer = await screen.ask("Replace these rows? (y/N)", context.signal);
    if (/^y(es)?$/i.test(answer)) return;
  }
  throw refused("replacing rows of v2 was not confirmed", [
    {
      what: text,
      details: [...lines],
      todo: `Say so: ${context.commandLine("resume")} --replace --yes`,
    },
  ]);
}
