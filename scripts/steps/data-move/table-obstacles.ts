import type { Problem } from "../../engine/failure.ts";
import {
  isBelow,
  type Catalogue,
  type OtherRelation,
  type Table,
} from "../../postgres/catalogue.ts";
import { displayName, nameKey, type QualifiedName } from "../../postgres/identifier.ts";

/** Why a table that both sides have does not move: it is not ours, or something stands in the way. */
export type Obstacle = { readonly leftOut: string } | { readonly problem: Problem };

interface Sides {
  readonly source: Catalogue;
  readonly target: Catalogue;
}

/** What else can stand under a table's name. */
export const otherKinds: Readonly<Record<OtherRelation["kind"], string>> = {
  v: "view",
  m: "materialized view",
  f: "foreign table",
};

export const isNamed =
  (name: QualifiedName) =>
  (other: OtherRelation): boolean =>
    nameKey(other) === nameKey(name);

/** A table of v1 that is something else in v2. */
export function judgeOtherKind(
  source: Table,
  others: readonly OtherRelation[],
): Obstacle | undefined {
  const other = others.find(isNamed(source));
  if (other === undefined) return undefined;
  const name = displayName(source);
  return {
    problem: {
      what: `${name} is a table in v1 and a ${otherKinds[other.kind]} in v2: its rows could not be loaded`,
      where: `table ${name}`,
      todo: `make it a table in v2, or leave it behind with V1_LEAVE_OUT=${name}`,
    },
  };
}

/** No dump holds the rows of a foreign partition of v1, and rows that v2 routes into one leave it for another server. */
export function judgeForeignPartitions(
  table: Table,
  { source, target }: Sides,
): Obstacle | undefined {
  const name = displayName(table);
  for (const [side, { others }] of Object.entries({ v1: source, v2: target })) {
    const parts = others.filter(({ root }) => root !== null && nameKey(root) === nameKey(table));
    if (parts.length === 0) continue;
    const says =
      side === "v1" ? "its rows are in no dump" : "rows would leave v2 for another server";
    return {
      problem: {
        what: `table ${name} has foreign tables among its partitions in ${side}: ${says}`,
        where: `${side}, ${parts.map(displayName).join(", ")}`,
        todo: `detach them for the time of the move, or leave the table behind with V1_LEAVE_OUT=${name}`,
      },
    };
  }
  return undefined;
}

/** Whether v1's role may read a table and v2's may load it. */
export function judgeRights(source: Table, target: Table): Obstacle | undefined {
  const name = displayName(source);
  const where = `table ${name}`;
  if (target.extension !== null)
    return {
      problem: {
        what: `table ${name} belongs to the extension ${target.extension} in v2 and to nobody's in v1: its rows could not be moved`,
        where,
        todo: `leave it behind with V1_LEAVE_OUT=${name}, or give v2 a table of its own`,
      },
    };
  if (!target.owned && !source.owned)
    return { leftOut: `belongs to ${target.owner} in v2, and to ${source.owner} in v1: not ours` };
  if (!target.owned) return refuseToLoad(target, name);
  return source.readable ? undefined : refuseToRead(source, name);
}

/** Partitions may belong to others than the table above them; their rows are dumped and loaded one by one. */
export function judgePartitionRights(
  source: Table,
  target: Table,
  facts: Sides,
): Obstacle | undefined {
  const name = displayName(source);
  const closed = facts.target.tables.find((part) => isBelow(part, target) && !part.owned);
  if (closed !== undefined) return refuseToLoad(closed, name);
  const unread = facts.source.tables.find((part) => isBelow(part, source) && !part.readable);
  return unread === undefined ? undefined : refuseToRead(unread, name);
}

/** @param behind what can be left behind: the table, or the one whose partition it is */
const refuseToLoad = (table: Table, behind: string): Obstacle => ({
  problem: {
    what: `table ${displayName(table)} belongs to ${table.owner} in v2: v2's role could not load it`,
    where: `table ${displayName(table)}`,
    todo: `in v2, as ${table.owner}: grant the role membership in ${table.owner}, or alter table … owner to it; or leave the table behind with V1_LEAVE_OUT=${behind}`,
  },
});

const refuseToRead = (table: Table, behind: string): Obstacle => ({
  problem: {
    what: `v1's role may not read table ${displayName(table)}, which belongs to ${table.owner}`,
    where: `table ${displayName(table)}`,
    todo: `in v1, as ${table.owner}: grant select on it to the role; or leave it behind with V1_LEAVE_OUT=${behind}`,
  },
});
