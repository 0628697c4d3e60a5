import type { Problem } from "../../engine/failure.ts";
import {
  findTable,
  isBelow,
  type Catalogue,
  type Column,
  type Table,
} from "../../postgres/catalogue.ts";
import { displayName, nameKey, type QualifiedName } from "../../postgres/identifier.ts";
import type { Leaf, MovedTable, TablePlan } from "../../postgres/table-plan.ts";
import { countOf } from "../../engine/wording.ts";
import { largeObjectsEntry, readDecisions, type Decisions } from "./leave-out.ts";
import {
  isNamed,
  judgeForeignPartitions,
  judgeOtherKind,
  judgePartitionRights,
  judgeRights,
  otherKinds,
  type Obstacle,
} from "./table-obstacles.ts";

/** What the decision is made from. */
export interface TablesToPlan {
  readonly source: Catalogue;
  readonly target: Catalogue;
  /** nameKey() of the migration history tables of either database. */
  readonly history: ReadonlySet<string>;
  /** V1_LEAVE_OUT: tables and columns of v1 that stay behind by decision. */
  readonly leaveOut: readonly string[];
}

type Verdict = Obstacle | { readonly moves: Table } | { readonly homeless: true };

/** Partitions come and go with their root. */
const isUnit = (table: Table): boolean => table.root === null;

/**
 * Decides which tables move, which stay and why, and what stands in the way. The unit is an ordinary table or the
 * root of a partitioned one; children by inheritance are tables of their own.
 */
export function planTables(facts: TablesToPlan): TablePlan {
  const decisions = readDecisions(facts.source, facts.leaveOut);
  const judged = facts.source.tables
    .filter(isUnit)
    .map((table) => ({ table, verdict: judgeTable(table, facts, decisions) }));
  const fromTarget = judgeTargetOnly(facts);
  return {
    moved: judged.flatMap(({ table, verdict }) =>
      "moves" in verdict ? [buildMovedTable(table, verdict.moves, facts, decisions)] : [],
    ),
    leftOut: [
      ...judged.flatMap(({ table, verdict }) =>
        "leftOut" in verdict ? [{ name: toName(table), reason: verdict.leftOut }] : [],
      ),
      ...fromTarget.leftOut,
    ],
    homeless: judged.flatMap(({ table, verdict }) => ("homeless" in verdict ? [table] : [])),
    targetOnly: fromTarget.targetOnly,
    problems: [
      ...decisions.problems,
      ...judged.flatMap(({ verdict }) => ("problem" in verdict ? [verdict.problem] : [])),
      ...judgeLargeObjects(facts.source, decisions),
    ],
  };
}

const toName = ({ schema, name }: QualifiedName): QualifiedName => ({ schema, name });

function judgeTable(source: Table, facts: TablesToPlan, decisions: Decisions): Verdict {
  const target = findTable(facts.target, source);
  if (decisions.leavesTable(source)) return { leftOut: "left out by decision (V1_LEAVE_OUT)" };
  if (facts.history.has(nameKey(source))) return { leftOut: "migration history" };
  if (source.extension !== null) return { leftOut: `belongs to the extension ${source.extension}` };
  if (target === undefined)
    return judgeOtherKind(source, facts.target.others) ?? { homeless: true };
  return (
    judgeForeignPartitions(source, facts) ??
    judgeRights(source, target) ??
    judgePartitionRights(source, target, facts) ?? { moves: target }
  );
}

function judgeTargetOnly({
  source,
  target,
  history,
}: TablesToPlan): Pick<TablePlan, "leftOut" | "targetOnly"> {
  const alone = target.tables.filter(
    (table) => isUnit(table) && findTable(source, table) === undefined,
  );
  const reasonOf = (table: Table): string | undefined => {
    if (history.has(nameKey(table))) return "migration history";
    if (table.extension !== null) return `belongs to the extension ${table.extension}`;
    const other = source.others.find(isNamed(table));
    if (other !== undefined)
      return `is a ${otherKinds[other.kind]} in v1 and a table in v2: v2's own rows stay`;
    return table.owned ? undefined : `belongs to ${table.owner}, and v1 lacks it`;
  };
  return {
    leftOut: alone.flatMap((table) => {
      const reason = reasonOf(table);
      return reason === undefined ? [] : [{ name: toName(table), reason }];
    }),
    targetOnly: alone.filter((table) => reasonOf(table) === undefined),
  };
}

/** oid, and what stands on it: lo of the extension of that name. */
const mayRefer = (catalogue: Catalogue, { typeName, typeSchema, typeKind }: Column): boolean =>
  (typeSchema === "pg_catalog" && typeName === "oid") ||
  (typeKind === "d" &&
    catalogue.domains.some(
      ({ schema, name, baseName }) =>
        schema === typeSchema && name === typeName && baseName === "oid",
    ));

function judgeLargeObjects(source: Catalogue, decisions: Decisions): Problem[] {
  if (source.largeObjects === 0 || decisions.leavesLargeObjects) return [];
  const columns = source.tables
    .filter((table) => isUnit(table) && !decisions.leavesTable(table))
    .flatMap((table) =>
      table.columns
        .filter((column) => mayRefer(source, column) && !decisions.leavesColumn(table, column.name))
        .map(({ name }) => `${displayName(table)}.${name}`),
    );
  return [
    {
      what: `v1 holds ${countOf(source.largeObjects, "large object")} (pg_largeobject), which belong to no table and are not moved`,
      details:
        columns.length === 0
          ? ["no column of type oid or lo refers to them"]
          : [`columns that may refer to them: ${columns.join(", ")}`],
      todo: `move them by hand (pg_dump --large-objects), or leave them behind with V1_LEAVE_OUT=${largeObjectsEntry}`,
    },
  ];
}

const names = (columns: readonly Column[]): string[] => columns.map(({ name }) => name);

function buildMovedTable(
  source: Table,
  target: Table,
  facts: TablesToPlan,
  decisions: Decisions,
): MovedTable {
  const partner = new Map(target.columns.map((column) => [column.name, column]));
  const isSkipped = (column: Column): boolean => decisions.leavesColumn(source, column.name);
  // a generated column of v1 is in no dump: v2 computes its own, or has none
  const kept = source.columns.filter((column) => !isSkipped(column) && column.generated === "");
  return {
    name: toName(source),
    kind: source.kind,
    source,
    target,
    columns: kept.flatMap((column) => {
      const into = partner.get(column.name);
      return into?.generated === "" ? [{ name: column.name, source: column, target: into }] : [];
    }),
    skipped: names(source.columns.filter(isSkipped)),
    computed: names(kept.filter(({ name }) => (partner.get(name)?.generated ?? "") !== "")),
    homeless: names(kept.filter(({ name }) => !partner.has(name))),
    leaves: listLeaves(source, target, facts),
    apart: listApart(target, facts),
  };
}

function listApart(whole: Table, { source, target }: TablesToPlan): QualifiedName[] {
  const below = target.tables.filter((table) => isBelow(table, whole));
  const filled = below.filter((table) => findTable(source, table)?.root === null);
  return below
    .filter(
      (table) => table.kind === "r" && filled.some((one) => one === table || isBelow(table, one)),
    )
    .map(toName);
}

function listLeaves(source: Table, target: Table, facts: TablesToPlan): Leaf[] {
  if (source.kind === "r") return [{ source: toName(source), into: toName(target) }];
  return facts.source.tables
    .filter(
      (leaf) => leaf.kind === "r" && leaf.root !== null && nameKey(leaf.root) === nameKey(source),
    )
    .map((leaf) => {
      const into = findTable(facts.target, leaf);
      const isSame = into !== undefined && isSamePartition(leaf, into);
      return { source: toName(leaf), into: toName(isSame ? into : target) };
    });
}

/** Hashes of enums and of text depend on the server: such rows are routed anew, whatever the names say. */
function isSamePartition(leaf: Table, into: Table): boolean {
  const types = new Map(into.columns.map((column) => [column.name, column.type]));
  return (
    into.kind === "r" &&
    into.root !== null &&
    leaf.root !== null &&
    nameKey(into.root) === nameKey(leaf.root) &&
    into.bound === leaf.bound &&
    !/(^|\) )HASH \(/.test(leaf.bound ?? "") &&
    leaf.columns.every(
      (column) => types.get(column.name) === undefined || types.get(column.name) === column.type,
    )
  );
}
