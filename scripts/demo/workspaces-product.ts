import { listContentRows } from "./workspaces-content.ts";
import { listPeopleRows } from "./workspaces-people.ts";
import { timeAfter } from "./workspaces-random.ts";

/** How big the demo's v1 is, and which of v1's habits it shows. The same options give the same rows. */
export interface ProductOptions {
  readonly users: number;
  readonly tablesPerUser: number;
  readonly recordsPerTable: number;
  /** Default: 1. */
  readonly seed?: number;
  /** Records of more than 100,000 bytes, which no single statement of D1 can hold. Default: 3, or all that there are. */
  readonly longRecords?: number;
  /** True: every second user has workspaces, members and bases already. Default: false, flat tables only. */
  readonly withWorkspaces?: boolean;
  /** With workspaces: every seventh table of their owners was never moved into a base. Default: false. */
  readonly strays?: boolean;
  /** Some users have the role `viewer`, which v2 does not know. Default: true. */
  readonly viewers?: boolean;
  /** Some icons and colours are NULL, and some colours `teal`: v2 takes neither. Default: true. */
  readonly nullIcons?: boolean;
}

export type ProductPlan = Required<ProductOptions>;

/** A value as v1 stores it: text, an integer, or NULL. */
export type ProductValue = string | number | null;

export interface ProductRow {
  readonly table: string;
  /** By column name; the columns of one table are always the same, in the same order. */
  readonly values: Readonly<Record<string, ProductValue>>;
}

export function planProduct(options: ProductOptions): ProductPlan {
  return {
    seed: 1,
    longRecords: 3,
    withWorkspaces: false,
    strays: false,
    viewers: true,
    nullIcons: true,
    ...options,
  };
}

/** The folder below sql/ and the names of v1's migrations, in order. */
export function listMigrations({ withWorkspaces = false }: ProductOptions): readonly string[] {
  return withWorkspaces ? ["0001_init", "0002_workspaces"] : ["0001_init"];
}

/** Every row of v1, parents first, one at a time: memory does not grow with the number of records. */
export function* listProductRows(options: ProductOptions): Generator<ProductRow> {
  const plan = planProduct(options);
  yield* listPeopleRows(plan);
  yield* listContentRows(plan);
  for (const [index, name] of listMigrations(plan).entries())
    yield {
      table: "d1_migrations",
      values: { id: index + 1, name: `${name}.sql`, applied_at: timeAfter(index * 86_400) },
    };
}

/** Rows of each table that `listProductRows` gives, by counting them. */
export function countProductRows(options: ProductOptions): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { table } of listProductRows(options)) counts.set(table, (counts.get(table) ?? 0) + 1);
  return counts;
}
