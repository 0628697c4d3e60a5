import { passed, problem, warned, type CheckResult } from "../../../engine/check.ts";
import type { ForeignKey } from "../../../postgres/catalogue.ts";
import type { Database } from "../../../postgres/database.ts";
import { listForeignKeys } from "../../../postgres/foreign-keys.ts";
import { displayName, nameKey, type QualifiedName } from "../../../postgres/identifier.ts";
import { listMaterializedViews } from "../../../postgres/materialized-views.ts";
import { listSequences } from "../../../postgres/sequences.ts";
import { countOf } from "../../../engine/wording.ts";
import { listMovedTargets } from "../moving-keys.ts";
import type { Scope } from "../scope.ts";
import type { ScopedSides } from "./section.ts";
import type { SideName } from "./servers.ts";

const movedNames = (scope: Scope, side: SideName): Set<string> =>
  side === "v2"
    ? new Set(listMovedTargets(scope.plan, scope.targetCatalogue))
    : new Set(
        scope.plan.moved.flatMap((table) => [
          nameKey(table.source),
          ...table.leaves.map((leaf) => nameKey(leaf.source)),
        ]),
      );

/** The tables whose rows the role would not see, or could not load, because row-level security holds for it. */
async function checkRowSecurity(
  side: SideName,
  session: Database,
  scope: Scope,
): Promise<CheckResult[]> {
  const moved = movedNames(scope, side);
  const hidden = await session.ask<QualifiedName & { forced: boolean }>(
    "postgres/list-hidden-tables",
  );
  return hidden
    .filter((table) => moved.has(nameKey(table)))
    .map((table) => {
      const name = displayName(table);
      const what =
        side === "v1"
          ? `row-level security hides rows of ${name} from v1's role`
          : `row-level security holds for v2's role on ${name}: COPY is refused`;
      const lift = table.forced ? `alter table … no force row level security on ${name}, or ` : "";
      return problem(what, {
        where: `${side}, table ${name}`,
        todo: `${lift}take a role with BYPASSRLS.`,
      });
    });
}

async function checkSchemas(
  side: SideName,
  session: Database,
  scope: Scope,
): Promise<CheckResult[]> {
  const schemas = [...new Set(scope.plan.moved.map(({ name }) => name.schema))];
  const closed = await session.ask<{ schema: string }>("postgres/list-closed-schemas", [schemas]);
  return closed.map(({ schema }) =>
    problem(`${side}'s role may not use the schema ${schema}`, {
      where: `${side}, schema ${schema}`,
      todo: `As its owner: grant usage on schema "${schema}" to the role.`,
    }),
  );
}

/** A sequence of v1 whose state v2 needs: v2 has it too, or it belongs to a table that moves. */
async function checkSequences({ source, target, scope }: ScopedSides): Promise<CheckResult[]> {
  const moved = movedNames(scope, "v1");
  const inTarget = new Set((await listSequences(target)).map(nameKey));
  const unreadable = (await listSequences(source)).filter(
    (sequence) => sequence.state === null && sequence.extension === null,
  );
  return unreadable
    .filter(
      ({ owner, ...name }) =>
        inTarget.has(nameKey(name)) ||
        (owner !== null && moved.has(nameKey({ schema: owner.schema, name: owner.table }))),
    )
    .map((sequence) =>
      problem(`v1's role may not read the sequence ${displayName(sequence)}`, {
        where: `v1, sequence ${displayName(sequence)}`,
        todo: "As its owner: grant select on it to the role.",
      }),
    );
}

/** v1 was the target of a move that is not finished, or has a schema of that name: nothing in it would be moved. */
async function checkReservedSchema(source: Database): Promise<CheckResult[]> {
  const tables = await source.ask<QualifiedName>("postgres/list-reserved-tables");
  if (tables.length === 0) return [];
  return [
    problem(
      `v1 holds ${countOf(tables.length, "table")} in the schema movebook, which a move takes for its own: they would not be moved`,
      {
        where: `v1, ${tables.map(displayName).join(", ")}`,
        todo: "If a move into v1 was not finished: finish it or take it back there. If they are tables of the product: rename the schema in v1 and v2.",
      },
    ),
  ];
}

interface LedgerPrivileges {
  readonly mayCreate: boolean;
  readonly ledgerOwner: string | null;
  readonly ownsLedger: boolean;
}

async function checkLedgerSchema(target: Database): Promise<CheckResult[]> {
  const [may] = await target.ask<LedgerPrivileges>("postgres/check-ledger-privileges");
  if (may === undefined) throw new Error("the server did not say what the role may do");
  if (may.ledgerOwner !== null && !may.ownsLedger)
    return [
      problem(
        `the schema movebook is in v2 and belongs to ${may.ledgerOwner}: v2's role cannot use it`,
        {
          where: "v2, schema movebook",
          todo: `Run with the role ${may.ledgerOwner}, or let it finish or undo its move.`,
        },
      ),
    ];
  if (may.mayCreate || may.ownsLedger) return [];
  return [
    problem(
      "v2's role may not make the schema movebook, in which a move writes down what it changes",
      {
        where: "v2",
        todo: "As the database's owner: grant create on the database to the role; or create schema movebook authorization <role>.",
      },
    ),
  ];
}

function describeStaying(key: ForeignKey): CheckResult {
  const table = displayName({ schema: key.schema, name: key.table });
  const stays = `the foreign key ${key.name} on ${table} stays during the load`;
  const other = displayName(key.references);
  if (!key.mayReference)
    return warned(`${stays}: v2's role may not reference ${other}`, {
      todo: `As the owner of ${other}: grant references on it to the role.`,
    });
  return warned(
    `${stays}: a superuser has changed the mode of its triggers, and v2's role could not change the mode of new ones`,
    {
      todo: `Where they are on, rows are checked as they come. If they should be as usual, as superuser: alter table … enable trigger all, on ${table} and ${other}.`,
    },
  );
}

/** Keys that could not be added again as they were stay in place and check the rows as they come, in the dump's order. */
async function checkReferences(target: Database, scope: Scope): Promise<CheckResult[]> {
  const moved = movedNames(scope, "v2");
  return (await listForeignKeys(target))
    .filter(
      (key) =>
        moved.has(nameKey({ schema: key.schema, name: key.table })) &&
        key.owned &&
        key.extension === null &&
        !(key.mayReference && key.asMade),
    )
    .map(describeStaying);
}

/** Materialized views that hold data in v1 and that v2's role cannot fill: they belong to somebody else. */
async function checkViews({ source, target }: ScopedSides): Promise<CheckResult[]> {
  const [inSource, inTarget] = await Promise.all([
    listMaterializedViews(source),
    listMaterializedViews(target),
  ]);
  const populated = new Set(inSource.filter((view) => view.populated).map(nameKey));
  return inTarget
    .filter((view) => !view.owned && view.extension === null && populated.has(nameKey(view)))
    .map((view) =>
      warned(
        `the materialized view ${displayName(view)} of v2 is not refreshed: it belongs to another role`,
        { todo: `After the move, as its owner: refresh materialized view ${displayName(view)}.` },
      ),
    );
}

const checkArtefacts = ({ history }: Scope): CheckResult[] =>
  history.artefacts
    .filter(({ otherOwners }) => otherOwners.length > 0)
    .map(({ table, otherOwners }) =>
      problem(
        `v1's migration history ${displayName(table)} is in v2 and belongs to ${otherOwners.join(", ")}: v2's role cannot drop it`,
        {
          where: `v2, table ${displayName(table)}`,
          todo: `As ${otherOwners.join(", ")}: drop it, or make the role a member.`,
        },
      ),
    );

/** What the roles may do; owners and SELECT table by table are in the plan of tables. */
export async function checkPrivileges(sides: ScopedSides): Promise<CheckResult[]> {
  const { source, target, scope } = sides;
  const results = [
    ...(await checkSchemas("v1", source, scope)),
    ...(await checkSchemas("v2", target, scope)),
    ...(await checkRowSecurity("v1", source, scope)),
    ...(await checkRowSecurity("v2", target, scope)),
    ...(await checkSequences(sides)),
    ...(await checkReservedSchema(source)),
    ...(await checkLedgerSchema(target)),
    ...(await checkReferences(target, scope)),
    ...(await checkViews(sides)),
    ...checkArtefacts(scope),
  ];
  const isRefused = results.some(({ outcome }) => outcome === "problem");
  return isRefused ? results : [passed("the roles may do what the move needs"), ...results];
}
