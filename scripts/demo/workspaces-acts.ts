import { mkdir, writeFile } from "node:fs/promises";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { localFileOf } from "../cloudflare/local-file.ts";
import { quoteIdentifier } from "../cloudflare/identifier.ts";
import { Scratch } from "../cloudflare/scratch.ts";
import type { Screen } from "../engine/screen.ts";
import { buildShownCommand, killMovebookWhen, shownPath } from "./child.ts";
import { call, DemoCancelled, DemoError, findNewest } from "./play.ts";
import { commitAll } from "./project.ts";
import { makeProjectFolder } from "./project-folder.ts";
import {
  type DemoD1,
  fillDemoV1,
  migrateDemoV2,
  writeDemoV2Migrations,
} from "./workspaces-database.ts";
import { workspacesDecisions } from "./workspaces-decisions.ts";

const runArguments = ["run", "d1-workspaces", "--env", "local"];
const stepArguments = (step: string): readonly string[] => [
  "step",
  "d1-workspaces",
  step,
  "--env",
  "local",
];

/** The operator's project, and its two local D1 databases. */
interface WorkspacesStage {
  readonly project: string;
  readonly v1: DemoD1;
  readonly v2: DemoD1;
}

const runsOf = ({ project }: WorkspacesStage): string => join(project, "tmp/d1-workspaces-local");

async function setStage(screen: Screen, scale: number): Promise<WorkspacesStage> {
  const project = await makeProjectFolder("dataos");
  const stateFolder = join(project, ".wrangler/state");
  const v1 = { name: "dataos-v1", id: "11111111-demo-4000-8000-000000000001", stateFolder };
  const v2 = { name: "dataos-v2", id: "22222222-demo-4000-8000-000000000002", stateFolder };
  await mkdir(stateFolder, { recursive: true });
  await writeFile(
    join(project, ".env.d1.local"),
    [
      `V1_D1_NAME=${v1.name}`,
      `V1_D1_ID=${v1.id}`,
      `V2_D1_NAME=${v2.name}`,
      `V2_D1_ID=${v2.id}`,
      "V2_D1_MIGRATIONS_FOLDER=v2/migrations",
      "",
    ].join("\n"),
    { mode: 0o600 },
  );
  await writeDemoV2Migrations(join(project, "v2/migrations"));
  await commitAll(project, "The demo's product: v2's migrations");
  screen.progress("filling v1 and applying v2's migrations, with wrangler");
  await fillDemoV1(v1, {
    users: Math.max(4, Math.round(25 * scale)),
    tablesPerUser: 4,
    recordsPerTable: Math.max(5, Math.round(100 * Math.min(scale, 10))),
  });
  await migrateDemoV2(v2);
  screen.settle();
  return { project, v1, v2 };
}

/** Rows of each table, read by a client of the demo's own: wrangler and movebook have no part in it. */
function countRows({ name, id, stateFolder }: DemoD1): ReadonlyMap<string, number> {
  const scratch = Scratch.open(localFileOf({ place: "local", name, id, stateFolder }), {
    readOnly: true,
  });
  try {
    const tables = [
      ...scratch.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
      ),
    ].flatMap(([table]) => (typeof table === "string" ? [table] : []));
    return new Map(
      tables.map((table) => [
        table,
        scratch.count(`SELECT count(*) FROM ${quoteIdentifier(table)}`),
      ]),
    );
  } finally {
    scratch.close();
  }
}

const moved = ["users", "tables", "fields", "records"] as const;

/** @returns the rows that were moved; @throws DemoError unless v2 has the same number in every table that moves */
function verifyArrived({ v1, v2 }: WorkspacesStage): number {
  const [before, after] = [countRows(v1), countRows(v2)];
  for (const table of moved)
    if ((before.get(table) ?? 0) === 0 || before.get(table) !== after.get(table))
      throw new DemoError(
        `${table}: v1 has ${before.get(table)} rows, v2 ${after.get(table) ?? "no such table"}`,
      );
  if (after.get("workspaces") !== before.get("users"))
    throw new DemoError(
      `v2 has ${after.get("workspaces")} workspaces for ${before.get("users")} users`,
    );
  return moved.reduce((sum, table) => sum + (before.get(table) ?? 0), 0);
}

function verifyEmpty({ v2 }: WorkspacesStage): void {
  const filled = [...countRows(v2)].filter(([name, rows]) => rows > 0 && name !== "d1_migrations");
  if (filled.length > 0)
    throw new DemoError(`v2 should be empty, and holds rows in ${filled.map(([n]) => n).join()}`);
}

/** True once the journal of the newest run says that the import has begun. */
function hasImportBegun(stage: WorkspacesStage): boolean {
  if (!existsSync(runsOf(stage))) return false;
  return readdirSync(runsOf(stage)).some((run) => {
    const journal = join(runsOf(stage), run, "journal.jsonl");
    return (
      existsSync(journal) && /"step-started","step":"import"/.test(readFileSync(journal, "utf8"))
    );
  });
}

async function moveThroughKill(screen: Screen, stage: WorkspacesStage): Promise<number> {
  screen.heading("Demo, act 3: decided; the move is killed in the import, and goes on");
  const file = join(stage.project, "d1-decisions.json");
  await writeFile(file, `${JSON.stringify(workspacesDecisions, undefined, 2)}\n`);
  screen.good(`each decision has its reason: ${shownPath(file)}`);
  screen.line();
  const end = await killMovebookWhen(screen, stage.project, runArguments, () =>
    hasImportBegun(stage),
  );
  screen.line();
  if (end === 130) throw new DemoCancelled();
  if (end !== "killed") throw new DemoError(`the move ended with exit code ${end} before the kill`);
  screen.warning("kill -9: movebook is gone in the middle of the import");
  screen.line();
  await call(screen, stage.project, ["resume", "d1-workspaces", "--env", "local"], 0);
  const rows = verifyArrived(stage);
  screen.good(
    `counted by the demo itself: ${rows.toLocaleString("en")} rows of users, tables, fields and records in v1, and the same in v2`,
  );
  return rows;
}

/** Shows the move of a local D1: refused until decided, killed and resumed, taken back. */
export async function playWorkspaces(screen: Screen, scale: number): Promise<void> {
  screen.heading("Demo, act 1: v1 and v2, two local D1 databases");
  const stage = await setStage(screen, scale);
  const total = [...countRows(stage.v1).values()].reduce((sum, rows) => sum + rows, 0);
  screen.good(`v1: ${total.toLocaleString("en")} rows in flat tables, sessions and counters too`);
  screen.good("v2: workspaces → bases → tables; schema by its migrations, no rows");
  screen.good(`an operator's project: ${shownPath(stage.project)}`);
  screen.heading("Demo, act 2: what v1 has and v2 does not wants a decision");
  await call(screen, stage.project, runArguments, 3);
  verifyEmpty(stage);
  screen.good("nothing has changed: v2 is still empty");
  const rows = await moveThroughKill(screen, stage);
  screen.heading("Demo, act 4: taken back");
  await call(screen, stage.project, [...stepArguments("rollback"), "--yes"], 0);
  verifyEmpty(stage);
  screen.good("v2 is empty again");
  printSummary(screen, stage, rows);
}

function printSummary(screen: Screen, stage: WorkspacesStage, rows: number): void {
  screen.heading("Demo: what you saw, and where to look");
  screen.good("undecided tables and values: refused with exit code 3 before anything changed");
  screen.good(`${rows.toLocaleString("en")} rows moved into workspaces and proved byte for byte`);
  screen.good("killed in the import: resumed, nothing lost and nothing doubled");
  screen.good("taken back by rollback: v2 empty, as before");
  screen.line();
  for (const [label, name] of [
    ["journal", "journal"],
    ["dump", "v1_dump.sql"],
    ["import", "manifest"],
    ["report", "report-"],
  ] as const) {
    const path = findNewest(runsOf(stage), name);
    if (path !== undefined) screen.field(label, shownPath(path));
  }
  screen.line();
  screen.line("The local databases stay where they are until the next demo. By hand:");
  for (const args of [["status", "d1-workspaces", "--env", "local"], runArguments])
    screen.line(`  ${buildShownCommand(stage.project, args)}`);
}
