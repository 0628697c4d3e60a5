import { refused, type Problem } from "../../engine/failure.ts";
import { readSql } from "../../engine/sql-file.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { rowidName } from "../../cloudflare/shape-twin.ts";
import type { Scratch } from "../../cloudflare/scratch.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";
import { describeCell } from "./transform-samples.ts";
import {
  findColumn,
  findNamed,
  findSource,
  ownerColumns,
  workspaceOwnerColumns,
  type Workbench,
} from "./transform-workbench.ts";

type Facts = readonly (readonly [name: string, candidates: readonly string[]])[];

/** Canonical table → v1's table, and canonical column → names that v1 may give it. */
const canonical: readonly (readonly [string, string, Facts])[] = [
  [
    "source_users",
    "users",
    [
      ["id", ["id"]],
      ["created_at", ["created_at", "createdat"]],
      ["updated_at", ["updated_at", "updatedat"]],
    ],
  ],
  [
    "source_workspaces",
    "workspaces",
    [
      ["id", ["id"]],
      ["owner_id", workspaceOwnerColumns],
      ["created_at", ["created_at", "createdat"]],
      ["updated_at", ["updated_at", "updatedat"]],
    ],
  ],
  [
    "source_members",
    "workspace_members",
    [
      ["workspace_id", ["workspace_id"]],
      ["user_id", ["user_id"]],
      ["role", ["role"]],
    ],
  ],
  [
    "source_bases",
    "bases",
    [
      ["id", ["id"]],
      ["workspace_id", ["workspace_id"]],
    ],
  ],
  [
    "source_tables",
    "tables",
    [
      ["id", ["id"]],
      ["owner_id", ownerColumns],
      ["base_id", ["base_id"]],
      ["workspace_id", ["workspace_id"]],
    ],
  ],
];

/** The rowid of a table of the scratch file. @throws Failure when columns hide all its names */
export function positionOf(shape: TableShape): string {
  const name = rowidName(shape);
  if (name !== undefined) return name;
  throw refused(`the table ${shape.name} has columns rowid, _rowid_ and oid`, [
    { what: "its rows cannot be told apart", todo: "Rename one of the columns." },
  ]);
}

function createSource(bench: Workbench, name: string, table: string, facts: Facts): void {
  const source = bench.book.isTableLeftOut(table) ? undefined : findSource(bench.sources, table);
  const columns = facts.map(([fact, candidates]) => {
    const column = findColumn(source?.shape, ...candidates);
    return `${column === undefined ? "NULL" : `s.${quoteIdentifier(column.name)}`} AS ${fact}`;
  });
  const position = source === undefined ? "1" : `s.${positionOf(source.shape)}`;
  const from =
    source === undefined ? "WHERE 0" : `FROM main.${quoteIdentifier(source.source)} AS s`;
  bench.scratch.exec(
    `CREATE TEMP TABLE ${name} AS SELECT ${columns.join(", ")}, ${position} AS position ${from}`,
  );
}

const indexes: Readonly<Record<string, readonly string[]>> = {
  source_users: ["id"],
  source_workspaces: ["id"],
  source_members: ["workspace_id, user_id"],
  source_bases: ["id", "workspace_id, position"],
  source_tables: ["position"],
  workspace_owners: ["user_id, workspace_id", "workspace_id"],
  made_workspaces: ["owner_id", "id"],
  home_workspaces: ["user_id"],
  table_workspaces: ["workspace_id", "position"],
  made_bases: ["workspace_id"],
  placed_tables: ["position"],
};

function indexTable(scratch: Scratch, table: string): void {
  for (const [number, columns] of (indexes[table] ?? []).entries())
    scratch.exec(`CREATE INDEX temp.${table}_${number} ON ${table} (${columns})`);
}

/** sql/d1-workspaces/<file> → the table that it makes, in the order in which they build on each other. */
const makers = [
  ["find-workspace-owners", "workspace_owners"],
  ["make-workspaces", "made_workspaces"],
  ["find-home-workspaces", "home_workspaces"],
  ["make-members", "made_members"],
  ["find-table-workspaces", "table_workspaces"],
  ["make-bases", "made_bases"],
  ["place-tables", "placed_tables"],
] as const;

/** Puts the product's facts into tables of one form, and works out the workspaces, memberships, bases and places. */
export function makeWorkspaces(bench: Workbench): void {
  for (const [name, table, facts] of canonical) {
    createSource(bench, name, table, facts);
    indexTable(bench.scratch, name);
  }
  for (const [file, table] of makers) {
    bench.scratch.exec(readSql(`d1-workspaces/${file}`));
    indexTable(bench.scratch, table);
  }
  reportTakenIds(bench);
}

function reportTakenIds({ scratch, problems }: Workbench): void {
  const taken = [...scratch.rows(readSql("d1-workspaces/find-taken-ids"))];
  if (taken.length === 0) return;
  problems.push({
    what: `${taken.length} ids that Default workspaces and bases would get stand in v1 already`,
    todo: "Rename those rows in v1: made ids are ws_<user id> and base_<workspace id>.",
    rows: taken
      .slice(0, 20)
      .map(([table, id]) => `${describeCell(table)}.id = ${describeCell(id)}`),
  });
}

const needed: readonly (readonly [table: string, columns: readonly string[]])[] = [
  ["users", ["id"]],
  ["tables", ["id"]],
  ["records", ["id", "table_id"]],
];

const neededInTarget: readonly (readonly [table: string, columns: readonly string[]])[] = [
  ["users", ["id"]],
  ["workspaces", ["id"]],
  ["workspace_members", ["workspace_id", "user_id"]],
  ["bases", ["id", "workspace_id"]],
  ["tables", ["id", "base_id"]],
  ["records", ["id", "table_id"]],
];

function listMissing(
  side: string,
  shapes: readonly TableShape[],
  wanted: typeof needed,
  todo: string,
): Problem[] {
  const there = shapes.map(({ name }) => name);
  const shown = there.length === 0 ? "none" : there.slice(0, 40).join(", ");
  return wanted.flatMap(([table, columns]) => {
    const shape = findNamed(shapes, table);
    if (shape === undefined)
      return [{ what: `${side} has no table ${table}`, where: `tables there: ${shown}`, todo }];
    return columns
      .filter((column) => findColumn(shape, column) === undefined)
      .map((column) => ({
        what: `${side} has no column ${table}.${column}`,
        where: `columns there: ${shape.columns.map(({ name }) => name).join(", ")}`,
        todo,
      }));
  });
}

/** @throws Failure (exit 3) that names what is missing and what is there, when v1 or v2 is another product's */
export function verifyProduct(bench: Workbench): void {
  const shapes = bench.sources.map(({ shape }) => shape);
  const tables = findNamed(shapes, "tables");
  const hasPlace =
    tables === undefined ||
    findColumn(tables, ...ownerColumns, "base_id", "workspace_id") !== undefined;
  const problems = [
    ...listMissing("v1", shapes, needed, "Is it the dump of this product's v1?"),
    ...(hasPlace
      ? []
      : [
          {
            what: "nothing in v1's tables says whose they are",
            where: `columns there: ${tables.columns.map(({ name }) => name).join(", ")}`,
            todo: `One of ${ownerColumns.join(", ")}, base_id or workspace_id is needed.`,
          },
        ]),
    ...listMissing(
      "v2",
      bench.schema.shapes,
      neededInTarget,
      "Apply v2's migrations before, or name another schema.",
    ),
  ];
  if (problems.length > 0) throw refused("v1 and v2 are not those of this move", problems);
}
