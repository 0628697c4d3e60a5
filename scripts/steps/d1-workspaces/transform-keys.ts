import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import type { ForeignKeyShape, TableShape } from "../../cloudflare/table-shape.ts";
import { findColumn, findNamed, isSameName } from "./transform-workbench.ts";

/** References of this product that hold although a schema does not declare them. */
const known: readonly (readonly [child: string, column: string, parent: string])[] = [
  ["workspaces", "owner_id", "users"],
  ["workspace_members", "workspace_id", "workspaces"],
  ["workspace_members", "user_id", "users"],
  ["bases", "workspace_id", "workspaces"],
  ["tables", "base_id", "bases"],
  ["tables", "workspace_id", "workspaces"],
  ["fields", "table_id", "tables"],
  ["records", "table_id", "tables"],
];

/** The foreign keys of one of v2's tables, and the references that this product has without declaring them. */
export function listReferences(
  shape: TableShape,
  shapes: readonly TableShape[],
): ForeignKeyShape[] {
  const implied = known.flatMap(([child, column, parent]) => {
    const own = isSameName(shape.name, child) ? findColumn(shape, column) : undefined;
    const target = findNamed(shapes, parent);
    const id = findColumn(target, "id");
    const isDeclared = shape.foreignKeys.some(({ columns }) =>
      columns.some((name) => isSameName(name, column)),
    );
    if (own === undefined || target === undefined || id === undefined || isDeclared) return [];
    return [{ columns: [own.name], table: target.name, references: [id.name] }];
  });
  return [...shape.foreignKeys, ...implied];
}

/** `c.a = p.x AND c.b = p.y`. */
export const joinKeys = (key: ForeignKeyShape, child: string, parent: string): string =>
  key.columns
    .map(
      (column, index) =>
        `${parent}.${quoteIdentifier(key.references[index] ?? "")} = ${child}.${quoteIdentifier(column)}`,
    )
    .join(" AND ");

export interface OrderedTable {
  readonly shape: TableShape;
  /** True: it refers to a table that refers to it, or its rows refer to each other in a ring. */
  readonly cyclic: boolean;
}

/** Tables that a table can reach over its references, itself only over others. */
function reaches(from: TableShape, to: TableShape, shapes: readonly TableShape[]): boolean {
  const seen = new Set<string>();
  const waiting = [from];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const { table } of listReferences(next, shapes)) {
      const parent = findNamed(shapes, table);
      if (parent === undefined || parent === next) continue;
      if (parent === to) return true;
      if (!seen.has(parent.name)) waiting.push(parent);
      seen.add(parent.name);
    }
  }
  return false;
}

/** The table and those that refer to it and to which it refers, over others too. */
function circleOf(shape: TableShape, shapes: readonly TableShape[]): TableShape[] {
  return shapes.filter(
    (other) => other === shape || (reaches(shape, other, shapes) && reaches(other, shape, shapes)),
  );
}

/**
 * Parents before children, else in the order of the schema. Tables of a ring have no such order among themselves: they
 * stand side by side, marked.
 */
export function orderTables(shapes: readonly TableShape[]): OrderedTable[] {
  const left = new Set(shapes);
  const ordered: OrderedTable[] = [];
  while (left.size > 0) {
    const waiting = [...left];
    const isReady = (circle: readonly TableShape[]): boolean =>
      circle.every((shape) =>
        listReferences(shape, shapes).every(({ table }) => {
          const parent = findNamed(waiting, table);
          return parent === undefined || circle.includes(parent);
        }),
      );
    const circle = waiting.map((shape) => circleOf(shape, shapes)).find(isReady) ?? waiting;
    for (const shape of circle) {
      ordered.push({ shape, cyclic: circle.length > 1 });
      left.delete(shape);
    }
  }
  return ordered;
}
