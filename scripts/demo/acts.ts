import { join } from "node:path";
import type { Screen } from "../engine/screen.ts";
import { readSql } from "../engine/sql-file.ts";
import { runSql } from "../postgres/throwaway-server.ts";
import { buildShownCommand, shownPath } from "./child.ts";
import { call, type Called, DemoError, findNewest } from "./play.ts";
import { countRows, type Stage, sumOf } from "./stage.ts";

const runsOf = (project: string): string => join(project, "tmp", "data-move-dev");

const runArguments = ["run", "data-move", "--env", "dev"];
const undoArguments = ["undo", "data-move", "--env", "dev", "--yes"];

/** Seconds of each move, and where the failed one left its report. */
export interface DemoFacts {
  readonly rows: number;
  readonly tables: number;
  readonly seconds: { readonly first: number; readonly second: number };
  readonly report: string;
}

/** @returns the rows of v1; @throws DemoError unless v2 has the same number in every table of v1 */
async function verifyArrived({ databases }: Stage): Promise<ReadonlyMap<string, number>> {
  const [v1, v2] = await Promise.all([countRows(databases.v1Url), countRows(databases.v2Url)]);
  for (const [table, rows] of v1)
    if (v2.get(table) !== rows)
      throw new DemoError(`${table}: v1 has ${rows} rows, v2 ${v2.get(table) ?? "no such table"}`);
  return v1;
}

async function verifyEmpty({ databases }: Stage): Promise<void> {
  const rows = sumOf(await countRows(databases.v2Url));
  if (rows !== 0) throw new DemoError(`v2 should be empty and holds ${rows} rows`);
}

async function move(
  screen: Screen,
  stage: Stage,
): Promise<Called & { readonly rows: ReadonlyMap<string, number> }> {
  const { seconds } = await call(screen, stage.project, runArguments, 0);
  const rows = await verifyArrived(stage);
  screen.good(
    `counted by the demo itself: ${sumOf(rows).toLocaleString("en")} rows in v1 and the same in v2, table by table`,
  );
  return { seconds, rows };
}

async function breakAndRefuse(screen: Screen, stage: Stage): Promise<string> {
  screen.heading("Demo, act 3: v2 is emptied, v1 is broken, and the move refuses");
  await call(screen, stage.project, undoArguments, 0);
  await verifyEmpty(stage);
  screen.good("v2 is empty again, its schema and its history are as they were");
  await runSql(stage.databases.v1Url, readSql("demo/break-v1"));
  screen.line();
  screen.warning(
    "Now three entries of v1's waitlist name clients that are not there: its foreign key was dropped by hand.",
  );
  screen.line();
  await call(screen, stage.project, runArguments, 3);
  await verifyEmpty(stage);
  const report = findNewest(runsOf(stage.project), "report-");
  if (report === undefined) throw new DemoError("the refused run left no report");
  screen.good("nothing has changed: v2 is still empty");
  screen.good(
    `the rows themselves stand in the report, which only you can read: ${shownPath(report)}`,
  );
  return report;
}

/** The four acts; the first one, the stage, is set already. */
export async function play(screen: Screen, stage: Stage): Promise<DemoFacts> {
  screen.heading("Demo, act 2: everything in one command");
  const first = await move(screen, stage);
  const report = await breakAndRefuse(screen, stage);
  screen.heading("Demo, act 4: v1 is mended, and the same command goes through");
  await runSql(stage.databases.v1Url, readSql("demo/mend-v1"));
  screen.good("the three entries have their clients back, and v1 its foreign key");
  screen.line();
  const second = await move(screen, stage);
  return {
    rows: sumOf(first.rows),
    tables: first.rows.size,
    seconds: { first: first.seconds, second: second.seconds },
    report,
  };
}

/** What was seen, and where to look. */
export function printSummary(screen: Screen, { project }: Stage, facts: DemoFacts): void {
  const rows = facts.rows.toLocaleString("en");
  screen.heading("Demo: what you saw, and where to look");
  screen.good(
    `${rows} rows of ${facts.tables} tables moved and proved in ${Math.round(facts.seconds.first)} s`,
  );
  screen.good("taken back by undo: v2 empty, as before");
  screen.good("three orphans in v1: refused with exit code 3 before anything changed");
  screen.good(`mended, and moved again in ${Math.round(facts.seconds.second)} s`);
  screen.line();
  const places = [
    ["project", project],
    ["journal", findNewest(runsOf(project), "journal")],
    ["dump", findNewest(runsOf(project), "v1_data.sql")],
    ["manifest", findNewest(runsOf(project), "v1_data.manifest")],
    ["report", facts.report],
  ] as const;
  for (const [label, path] of places) if (path !== undefined) screen.field(label, shownPath(path));
  screen.line();
}

const byHand: readonly (readonly string[])[] = [
  ["status", "data-move", "--env", "dev"],
  undoArguments,
  ["run", "data-move", "--env", "dev", "--dry-run"],
  ["step", "data-move", "preflight", "--env", "dev"],
  ["step", "data-move", "dump", "--env", "dev"],
  ["step", "data-move", "drop-foreign-keys", "--env", "dev"],
  ["step", "data-move", "import", "--env", "dev"],
  ["step", "data-move", "restore-foreign-keys", "--env", "dev"],
  ["step", "data-move", "postimport", "--env", "dev"],
  ["step", "data-move", "validate", "--env", "dev"],
];

/** How to go on by hand while the servers are up. */
export function printByHand(screen: Screen, { project }: Stage, service: string): void {
  screen.line("The servers stay up. In another terminal, step by step:");
  for (const args of byHand) screen.line(`  ${buildShownCommand(project, args)}`);
  screen.line("Look into the databases (the passwords are in the env files of the project):");
  for (const name of ["v1", "v2"])
    screen.line(`  PGSERVICEFILE=${shownPath(service)} psql service=${name}`);
  screen.line();
  screen.line("Ctrl-C stops the servers and removes their data.");
}
