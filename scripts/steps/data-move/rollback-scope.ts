import { isBelow, type Catalogue, type ForeignKey, type Table } from "../../postgres/catalogue.ts";
import type { Database } from "../../postgres/database.ts";
import { listFilledTables, type FilledTable } from "../../postgres/filled-tables.ts";
import { nameKey, type QualifiedName } from "../../postgres/identifier.ts";
import { isRestorable } from "./moving-keys.ts";
import type { Scope } from "./scope.ts";

/** What of v2 an import changes: what a rollback point holds. */
export interface Affected {
  /** Tables that rows go into: ordinary ones, and partitioned ones as a whole. */
  readonly moved: readonly Table[];
  /** Those of them that hold rows, which give way. */
  readonly filled: readonly FilledTable[];
  /** Tables of v1's migration history, which go. */
  readonly artefacts: readonly Table[];
}

const findAll = (
  catalogue: Pick<Catalogue, "tables">,
  names: readonly QualifiedName[],
): Table[] => {
  const wanted = new Set(names.map(nameKey));
  return catalogue.tables.filter((table) => wanted.has(nameKey(table)));
};

/** Tables of v1's migration history that are in v2. */
export const listArtefacts = ({ history, targetCatalogue }: Scope): Table[] =>
  findAll(
    targetCatalogue,
    history.artefacts.flatMap(({ tables }) => tables),
  );

/** Reads which tables of v2 give way. */
export async function readAffected(target: Database, scope: Scope): Promise<Affected> {
  const moved = scope.plan.moved.map((table) => table.target);
  return {
    moved,
    filled: await listFilledTables(target, moved),
    artefacts: listArtefacts(scope),
  };
}

/** True when an import of this run takes something away that only a rollback point brings back. */
export const needsPoint = ({ filled, artefacts }: Affected): boolean =>
  filled.length > 0 || artefacts.length > 0;

/** True for the table itself and for what hangs below it. */
export const isOf = (part: Table, whole: Table): boolean =>
  nameKey(part) === nameKey(whole) || isBelow(part, whole);

const listParts = (tables: readonly Table[], catalogue: Pick<Catalogue, "tables">): Table[] => {
  // most are no partitions, and found by name
  const names = new Set(tables.map(nameKey));
  const parts = tables.filter(({ root }) => root !== null);
  return catalogue.tables.filter(
    (table) => names.has(nameKey(table.root ?? table)) || parts.some((part) => isOf(table, part)),
  );
};

/** Tables and partitions that hold the rows of these tables. */
export const listLeaves = (
  tables: readonly Table[],
  catalogue: Pick<Catalogue, "tables">,
): Table[] => listParts(tables, catalogue).filter(({ kind }) => kind === "r");

/** Tables that refer to the given ones, directly or through each other. Pure. */
export function listReferring(
  tables: readonly QualifiedName[],
  keys: readonly ForeignKey[],
  catalogue: Pick<Catalogue, "tables">,
): Table[] {
  const byName = new Map(catalogue.tables.map((table) => [nameKey(table), table]));
  const rootOf = (name: QualifiedName): Table | undefined => {
    const table = byName.get(nameKey(name));
    return table?.root === null || table === undefined ? table : byName.get(nameKey(table.root));
  };
  const known = new Set(tables.map(nameKey));
  const found: Table[] = [];
  for (let before = -1; before !== found.length;) {
    before = found.length;
    for (const key of keys) {
      const [from, to] = [rootOf({ schema: key.schema, name: key.table }), rootOf(key.references)];
      if (from === undefined || to === undefined) continue;
      if (known.has(nameKey(from)) || !known.has(nameKey(to))) continue;
      known.add(nameKey(from));
      found.push(from);
    }
  }
  return found;
}

/** How tables are emptied although foreign keys refer to them. */
export interface EmptyingPlan {
  /** Emptied in one statement: those that hold rows, and those that refer to them by a key that stays. */
  readonly emptied: readonly Table[];
  /** Keys that are dropped before and added again after: on the moved tables, and from others to the emptied ones. */
  readonly dropped: readonly ForeignKey[];
  /** Tables that do not move and refer to emptied ones by a key that this role cannot drop or add again. */
  readonly strangers: readonly { readonly table: Table; readonly keys: readonly ForeignKey[] }[];
}

const standsOn = (key: ForeignKey): string => nameKey({ schema: key.schema, name: key.table });

/**
 * TRUNCATE refuses a table that a key of another table refers to. Keys that can be dropped and added again are; where
 * one stays, its table must be emptied too.
 * @param filled tables that are emptied
 * @param moved tables that rows go into
 */
export function planEmptying(
  filled: readonly Table[],
  moved: readonly Table[],
  keys: readonly ForeignKey[],
  catalogue: Pick<Catalogue, "tables">,
): EmptyingPlan {
  const staying = keys.filter((key) => !isRestorable(key));
  const referring = listReferring(filled, staying, catalogue);
  const ours = new Set(moved.map(nameKey));
  const emptied = [...filled, ...referring];
  const members = listMembers(emptied, catalogue);
  const movedMembers = listMembers(moved, catalogue);
  return {
    emptied,
    dropped: keys.filter(
      (key) =>
        isRestorable(key) &&
        (movedMembers.has(standsOn(key)) || members.has(nameKey(key.references))),
    ),
    strangers: referring
      .filter((table) => !ours.has(nameKey(table)))
      .map((table) => {
        const own = listMembers([table], catalogue);
        return { table, keys: staying.filter((key) => own.has(standsOn(key))) };
      }),
  };
}

/** nameKey()s of tables and all their partitions. */
export const listMembers = (
  tables: readonly Table[],
  catalogue: Pick<Catalogue, "tables">,
): ReadonlySet<string> => new Set(listParts(tables, catalogue).map(nameKey));
