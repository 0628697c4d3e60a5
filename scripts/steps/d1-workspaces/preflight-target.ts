import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { noted, passed, problem, warned, type CheckResult } from "../../engine/check.ts";
import { countOf } from "../../engine/wording.ts";
import { limits } from "../../cloudflare/limits.ts";
import { listTriggers, listVirtualTables, migrationsTable, type Contents } from "./contents.ts";

/** Tables that make v2 the product that this runbook fills. */
const productTables = [
  "users",
  "workspaces",
  "workspace_members",
  "bases",
  "tables",
  "records",
] as const;

function judgeProduct({ rows }: Contents): CheckResult {
  const missing = productTables.filter((table) => !rows.has(table));
  if (missing.length === 0) return passed(`v2 has the tables ${productTables.join(", ")}`);
  return problem(
    rows.size === 0 ? "v2 has no tables" : `v2 has no table ${missing.join(", no table ")}`,
    {
      details: rows.size === 0 ? [] : [`there are: ${[...rows.keys()].join(", ")}`],
      todo: "Apply v2's migrations (wrangler d1 migrations apply), and look at V2_D1_NAME and V2_D1_ID.",
    },
  );
}

/** File names of a folder of migrations, as `d1_migrations` records them. */
function listMigrationFiles(folder: string): string[] | undefined {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort();
}

/**
 * Whether v2's history and its folder of migrations say the same.
 * @param folder absolute; undefined when it is not set
 */
export function judgeMigrations(
  applied: readonly string[] | undefined,
  folder: string | undefined,
): CheckResult[] {
  const count = countOf(applied?.length ?? 0, "applied migration");
  if (folder === undefined)
    return [
      applied === undefined
        ? noted(`v2 has no table ${migrationsTable}: its schema was made otherwise`)
        : noted(`${count}; not compared with files (V2_D1_MIGRATIONS_FOLDER is not set)`),
    ];
  const files = listMigrationFiles(folder);
  if (files === undefined)
    return [
      problem(`the folder of v2's migrations is not there: ${folder}`, {
        todo: "Mend V2_D1_MIGRATIONS_FOLDER.",
      }),
    ];
  const pending = files.filter((name) => applied?.includes(name) !== true);
  const unknown = (applied ?? []).filter((name) => !files.includes(name));
  return [
    ...(pending.length === 0
      ? [passed(`${count}, all of the folder`)]
      : [
          problem(
            `${countOf(pending.length, "migration")} of v2 not applied: ${pending.join(", ")}`,
            {
              where: folder,
              todo: "wrangler d1 migrations apply <v2>, with --local or --remote.",
            },
          ),
        ]),
    ...(unknown.length === 0
      ? []
      : [
          warned(
            `${countOf(unknown.length, "migration")} applied in v2 and not in the folder: ${unknown.join(", ")}`,
            { where: folder },
          ),
        ]),
  ];
}

/** v2 must be empty: rows of a move and other rows could not be told apart later. */
export function judgeEmptiness({ rows }: Contents): CheckResult[] {
  const filled = [...rows].filter(([, count]) => count > 0);
  if (filled.length === 0) return [passed(`${countOf(rows.size, "table")}, all empty`)];
  return filled.map(([table, count]) =>
    problem(`v2 is not empty: ${table} holds ${countOf(count, "row")}`, {
      where: `table ${table}`,
      todo: "Empty it, or take another database as v2: movebook does not mix its rows with others.",
    }),
  );
}

/** A trigger would change or add rows while they are imported. */
export function judgeTriggers({ objects, rows }: Contents): CheckResult[] {
  const triggers = listTriggers(objects, [...rows.keys()]).filter(({ sql }) =>
    /\binsert\b/iu.test(sql),
  );
  if (triggers.length === 0) return [passed("no trigger fires during the import")];
  return [
    {
      ...problem(
        `${countOf(triggers.length, "trigger")} of v2 would fire during the import: ${triggers.map(({ name, table }) => `${name} on ${table}`).join(", ")}`,
        {
          todo: "Drop them before the move and create them again after it.",
        },
      ),
      overridable: "v2-triggers",
    },
  ];
}

/** Full-text indexes are filled by triggers, or by hand after the move. */
const judgeVirtual = ({ objects }: Contents): CheckResult[] => {
  const virtual = listVirtualTables(objects);
  if (virtual.length === 0) return [];
  return [
    warned(`virtual tables of v2 are not filled by the import: ${virtual.join(", ")}`, {
      todo: "Rebuild them after the move: INSERT INTO <table>(<table>) VALUES('rebuild').",
    }),
  ];
};

/** @param columns table → number of its columns */
export function judgeColumns(columns: ReadonlyMap<string, number>): CheckResult[] {
  const wide = [...columns].filter(([, count]) => count > limits.columnsPerTable);
  return wide.map(([table, count]) =>
    problem(`${table} of v2 has ${count} columns; D1 takes ${limits.columnsPerTable}`, {
      where: `table ${table}`,
    }),
  );
}

/** What stands in v2, and whether it can be filled. @param folder of its migrations, absolute */
export const judgeTarget = (contents: Contents, folder: string | undefined): CheckResult[] => [
  judgeProduct(contents),
  ...judgeMigrations(contents.migrations, folder),
  ...judgeTriggers(contents),
  ...judgeVirtual(contents),
];

/** Absolute path of a folder that is named below the project. */
export const below = (projectFolder: string, folder: string): string =>
  folder.startsWith("/") ? folder : join(projectFolder, folder);
