import type { QualifiedName } from "./identifier.ts";
import type { MigrationTool } from "./migration-tools.ts";

/** A tool that keeps a history: any but `none`. */
export type HistoryTool = Exclude<MigrationTool, "none">;

/** A table with one of the names below, as the catalogue describes it. */
export interface HistoryCandidate extends QualifiedName {
  readonly readable: boolean;
  readonly owned: boolean;
  readonly owner: string;
  readonly columns: readonly string[];
}

interface TableShape {
  readonly name: string;
  /** Columns without which it is somebody else's table. */
  readonly columns: readonly string[];
  /** Only these columns: a name that applications use too. */
  readonly exact?: boolean;
}

/** How a tool's history looks. */
interface HistoryShape extends TableShape {
  readonly tool: HistoryTool;
  /** Tables of the tool beside the history, in the same schema. */
  readonly beside: readonly (TableShape & { readonly isProof?: boolean })[];
  /** SQL of an entry: what was applied, how it ended, and what can be compared with the files. */
  readonly entry: {
    readonly name: string;
    readonly state: string;
    readonly checksum?: string;
    readonly order: string;
  };
}

const applied = "'applied'";

/** Rails comes before dbmate: both have `schema_migrations (version)`, and ar_internal_metadata tells them apart. */
export const historyShapes: readonly HistoryShape[] = [
  {
    tool: "prisma",
    name: "_prisma_migrations",
    columns: ["migration_name", "checksum", "finished_at", "rolled_back_at"],
    beside: [{ name: "_prisma_migrations_lock", columns: [] }],
    entry: {
      name: "migration_name",
      state:
        "case when rolled_back_at is not null then 'rolled-back' when finished_at is not null then 'applied' else 'failed' end",
      checksum: "checksum",
      order: "started_at, id",
    },
  },
  {
    tool: "rails",
    name: "schema_migrations",
    columns: ["version"],
    exact: true,
    beside: [{ name: "ar_internal_metadata", columns: ["key", "value"], isProof: true }],
    entry: { name: "version", state: applied, order: "version" },
  },
  {
    tool: "dbmate",
    name: "schema_migrations",
    columns: ["version"],
    exact: true,
    beside: [],
    entry: { name: "version", state: applied, order: "version" },
  },
  {
    tool: "drizzle",
    name: "__drizzle_migrations",
    columns: ["id", "hash", "created_at"],
    beside: [],
    entry: { name: "created_at", state: applied, checksum: "hash", order: "created_at, id" },
  },
  {
    tool: "knex",
    name: "knex_migrations",
    columns: ["id", "name", "batch", "migration_time"],
    beside: [{ name: "knex_migrations_lock", columns: ["is_locked"] }],
    entry: { name: "name", state: applied, order: "id" },
  },
  {
    tool: "alembic",
    name: "alembic_version",
    columns: ["version_num"],
    exact: true,
    beside: [],
    entry: { name: "version_num", state: applied, order: "version_num" },
  },
  {
    tool: "flyway",
    name: "flyway_schema_history",
    columns: ["installed_rank", "version", "script", "success"],
    beside: [],
    entry: {
      name: "script",
      state: "case when success then 'applied' else 'failed' end",
      order: "installed_rank",
    },
  },
  {
    tool: "node-pg-migrate",
    name: "pgmigrations",
    columns: ["id", "name", "run_on"],
    beside: [],
    entry: { name: "name", state: applied, order: "id" },
  },
];

/** Every name that a table of a history can have. */
export const historyTableNames: readonly string[] = [
  ...new Set(
    historyShapes.flatMap((shape) => [shape.name, ...shape.beside.map(({ name }) => name)]),
  ),
];

/** A history as the catalogue shows it. */
export interface RecognisedHistory {
  readonly shape: HistoryShape;
  /** The history itself; undefined when only tables beside it are left. */
  readonly table: HistoryCandidate | undefined;
  /** All of them, the history first. */
  readonly tables: readonly [HistoryCandidate, ...HistoryCandidate[]];
}

const fits = (shape: TableShape, table: HistoryCandidate): boolean =>
  shape.name === table.name &&
  shape.columns.every((column) => table.columns.includes(column)) &&
  (shape.exact !== true || table.columns.length === shape.columns.length);

function recogniseIn(
  shape: HistoryShape,
  tables: readonly HistoryCandidate[],
): RecognisedHistory | undefined {
  const table = tables.find((candidate) => fits(shape, candidate));
  const beside = shape.beside.flatMap((each) => {
    const found = tables.find((candidate) => fits(each, candidate));
    return found === undefined ? [] : [{ found, isProof: each.isProof === true }];
  });
  const needsProof = shape.beside.some(({ isProof }) => isProof === true);
  if (needsProof && (table === undefined || !beside.some(({ isProof }) => isProof)))
    return undefined;
  const all = [...(table === undefined ? [] : [table]), ...beside.map(({ found }) => found)];
  const [first, ...more] = all;
  return first === undefined ? undefined : { shape, table, tables: [first, ...more] };
}

/** Groups tables to histories, schema by schema; an application's own table of such a name but another shape is none. */
export function recogniseHistories(candidates: readonly HistoryCandidate[]): RecognisedHistory[] {
  const schemas = [...new Set(candidates.map(({ schema }) => schema))];
  return schemas.flatMap((schema) => {
    const left = new Set(candidates.filter((candidate) => candidate.schema === schema));
    return historyShapes.flatMap((shape) => {
      const found = recogniseIn(shape, [...left]);
      if (found === undefined) return [];
      for (const table of found.tables) left.delete(table);
      return [found];
    });
  });
}
