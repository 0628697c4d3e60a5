import { problem, warned, type CheckResult } from "../../../engine/check.ts";
import type { Database } from "../../../postgres/database.ts";
import { listForeignKeys } from "../../../postgres/foreign-keys.ts";
import {
  displayName,
  nameKey,
  quoteLiteral,
  type QualifiedName,
} from "../../../postgres/identifier.ts";
import { listMovedTargets } from "../moving-keys.ts";
import type { ScopedSides } from "./section.ts";

interface PreparedTransaction {
  readonly name: string;
  readonly role: string;
  readonly since: string;
  /** The tables that it locks. */
  readonly tables: readonly QualifiedName[];
}

const listPrepared = (db: Database): Promise<PreparedTransaction[]> =>
  db.ask<PreparedTransaction>("postgres/list-prepared-transactions");

const describe = ({ name, role, since }: PreparedTransaction): string =>
  `the prepared transaction ${quoteLiteral(name)} (${role}, since ${since})`;

const adviseOn = ({ name }: PreparedTransaction): string =>
  `commit prepared ${quoteLiteral(name)}, or rollback prepared ${quoteLiteral(name)}`;

/** nameKey()s of the tables of v2 that an import locks: those that rows go into, and those at other ends of keys. */
async function listLocked({ target, scope }: ScopedSides): Promise<ReadonlySet<string>> {
  const moved = listMovedTargets(scope.plan, scope.targetCatalogue);
  const ends = (await listForeignKeys(target)).flatMap((key) => {
    const of = nameKey({ schema: key.schema, name: key.table });
    const to = nameKey(key.references);
    return moved.has(of) || moved.has(to) ? [of, to] : [];
  });
  return new Set([...moved, ...ends]);
}

/**
 * Prepared transactions belong to no session and do not end by themselves: in v2 they would hold up an import, in v1
 * what they changed is in no dump.
 */
export async function checkPreparedTransactions(sides: ScopedSides): Promise<CheckResult[]> {
  const [inSource, inTarget] = await Promise.all([
    listPrepared(sides.source),
    listPrepared(sides.target),
  ]);
  if (inSource.length + inTarget.length === 0) return [];
  const locked = await listLocked(sides);
  const inTheWay = inTarget.filter(({ tables }) =>
    tables.some((table) => locked.has(nameKey(table))),
  );
  return [
    ...inTheWay.map((each) =>
      problem(`${describe(each)} holds tables of v2: an import could not lock them`, {
        where: `v2, ${each.tables.map(displayName).join(", ")}`,
        todo: `As ${each.role}, in v2: ${adviseOn(each)}.`,
      }),
    ),
    ...inSource.map((each) =>
      warned(`${describe(each)} is open in v1: what it changed is not moved`, {
        todo: `As ${each.role}, in v1, before the move: ${adviseOn(each)}.`,
      }),
    ),
  ];
}
