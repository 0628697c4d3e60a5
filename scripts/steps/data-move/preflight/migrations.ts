import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import {
  noted,
  notRun,
  passed,
  problem,
  warned,
  type CheckResult,
  type CheckSection,
} from "../../../engine/check.ts";
import type { StepContext } from "../../../engine/step.ts";
import { compareHistory, type HistoryComparison } from "../../../postgres/compare-history.ts";
import type { HistoryTool } from "../../../postgres/history-shapes.ts";
import { displayName } from "../../../postgres/identifier.ts";
import {
  readMigrationFiles,
  tellsPending,
  usualFolders,
} from "../../../postgres/migration-files.ts";
import type { History, HistoryDecision } from "../../../postgres/migration-history.ts";
import { migrationsFolder } from "../params.ts";
import { countOf } from "../../../engine/wording.ts";

const commands: Readonly<Record<HistoryTool, string>> = {
  prisma: "npx prisma migrate deploy",
  dbmate: "dbmate up",
  drizzle: "npx drizzle-kit migrate",
  knex: "npx knex migrate:latest",
  rails: "bin/rails db:migrate",
  alembic: "alembic upgrade head",
  flyway: "flyway migrate",
  "node-pg-migrate": "npx node-pg-migrate up",
};

/** The seed's names for the project's own scripts. */
const scriptOf = (environment: string): string =>
  environment === "prod" ? "db:v2:prod:deploy" : `db:v2:${environment}:migrate`;

function hasScript(projectFolder: string, name: string): boolean {
  try {
    const { scripts } = JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8")) as {
      scripts?: Record<string, string>;
    };
    return scripts?.[name] !== undefined;
  } catch {
    return false;
  }
}

/** What applies v2's migrations: the project's own script when it has the seed's one, otherwise the tool. */
export function migrateCommand(
  projectFolder: string,
  environment: string,
  tool: HistoryTool,
): string {
  const script = scriptOf(environment);
  return hasScript(projectFolder, script) ? `npm run ${script}` : commands[tool];
}

const listed = 20;
const firstOf = (names: readonly string[]): string[] =>
  names.length <= listed
    ? [...names]
    : [...names.slice(0, listed), `… and ${names.length - listed} more`];

function judgeFailed(failed: readonly string[], tool: HistoryTool, command: string): CheckResult[] {
  if (failed.length === 0) return [];
  const resolve = tool === "prisma" ? " (prisma migrate resolve)" : "";
  return [
    problem(
      `${countOf(failed.length, "migration")} of v2 failed and ${failed.length === 1 ? "was" : "were"} not finished`,
      {
        details: firstOf(failed),
        todo: `Look what of it is in v2's schema, mark it${resolve}, then: ${command}`,
      },
    ),
  ];
}

/** The comparison in the seed's words. */
export function judgeComparison(
  comparison: HistoryComparison,
  tool: HistoryTool,
  command: string,
): CheckResult[] {
  const { applied, pending, failed, edited, unknown } = comparison;
  const isUpToDate = pending.length === 0 && failed.length === 0;
  return [
    ...(isUpToDate
      ? [
          passed("Database schema is up to date"),
          passed(`All migrations applied (${applied.length})`),
        ]
      : []),
    ...(pending.length === 0
      ? []
      : [
          problem(`${countOf(pending.length, "migration")} pending in v2`, {
            details: firstOf(pending),
            todo: `Apply ${pending.length === 1 ? "it" : "them"}: ${command}`,
          }),
        ]),
    ...judgeFailed(failed, tool, command),
    ...(edited.length === 0
      ? []
      : [
          warned(`${countOf(edited.length, "migration file")} changed after being applied to v2`, {
            details: firstOf(edited),
            todo: "Look whether v2's schema is what the file says now.",
          }),
        ]),
    ...(unknown.length === 0
      ? []
      : [
          warned(`${countOf(unknown.length, "migration")} applied to v2 and not in this folder`, {
            details: firstOf(unknown),
            todo: "Look whether this checkout is older than v2's schema.",
          }),
        ]),
  ];
}

interface Folder {
  readonly path: string;
  readonly isNamed: boolean;
}

function findFolder(context: StepContext, tool: HistoryTool): Folder {
  const named = context.optionalSetting(migrationsFolder);
  const from = (folder: string): string =>
    isAbsolute(folder) ? folder : join(context.projectFolder, folder);
  if (named !== undefined) return { path: from(named), isNamed: true };
  const usual = usualFolders[tool].map(from);
  return { path: usual.find((folder) => existsSync(folder)) ?? usual[0] ?? "", isNamed: false };
}

/** Failed migrations stand in the history itself; only pending ones need the files. */
function judgeWithoutFiles(
  own: History,
  folder: Folder | undefined,
  command: string,
): CheckResult[] {
  const { applied, failed } = compareHistory(own.tool, [], own.entries);
  const count = own.entries.filter(({ state }) => state === "applied").length - applied.length;
  const known = judgeFailed(failed, own.tool, command);
  if (folder === undefined)
    return [
      ...known,
      noted(
        `${countOf(count, "migration")} applied by ${own.tool}; pending ones are not looked for: ask ${own.tool} itself`,
      ),
    ];
  const facts = {
    where: folder.path,
    todo: "Call from v2's project, or name the folder with V2_MIGRATIONS_FOLDER.",
  };
  const text = `the folder of v2's migrations is not there: pending ones cannot be seen (${countOf(count, "migration")} applied)`;
  return [...known, folder.isNamed ? notRun(text, facts) : warned(text, facts)];
}

async function judgeOwn(context: StepContext, own: History): Promise<CheckResult[]> {
  const command = migrateCommand(context.projectFolder, context.environment, own.tool);
  if (!own.readable)
    return [
      notRun(`v2's role may not read ${displayName(own.table)}`, {
        todo: "Grant select on it to the role, or take the role that applies the migrations.",
      }),
    ];
  if (!tellsPending(own.tool)) return judgeWithoutFiles(own, undefined, command);
  const folder = findFolder(context, own.tool);
  if (!existsSync(folder.path)) return judgeWithoutFiles(own, folder, command);
  const files = await readMigrationFiles(own.tool, folder.path);
  const results = judgeComparison(compareHistory(own.tool, files, own.entries), own.tool, command);
  return [...results, noted(`files: ${relative(context.projectFolder, folder.path)}`)];
}

/** v2's migrations: applied, pending, failed, edited; and whose history stays. For preflight and for `status`. */
export async function checkMigrations(
  context: StepContext,
  { own, why, problem: wrong }: HistoryDecision,
): Promise<CheckResult[]> {
  const decision = wrong === undefined ? noted(`history: ${why}`) : problem(wrong.what, wrong);
  return [...(own === undefined ? [] : await judgeOwn(context, own)), decision];
}

/** The same with its heading. */
export async function buildMigrationSection(
  context: StepContext,
  decision: HistoryDecision,
): Promise<CheckSection> {
  return { heading: "Migrations of v2:", results: await checkMigrations(context, decision) };
}
