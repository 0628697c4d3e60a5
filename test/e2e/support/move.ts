import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDemoDatabases, type DemoDatabases } from "../../../scripts/demo/databases.ts";
import { makeDemoProject } from "../../../scripts/demo/project.ts";
import {
  runSql,
  startThrowawayServer,
  type ThrowawayServer,
} from "../../../scripts/postgres/throwaway-server.ts";
import { entry } from "../../entry.ts";

/** Two clusters with the demo's databases as templates; each test gets copies. */
export interface Pair {
  readonly v1: ThrowawayServer;
  readonly v2: ThrowawayServer;
  readonly template: DemoDatabases;
  readonly stop: () => Promise<void>;
}

/**
 * Starts both clusters.
 * @param scale of the demo: 0 gives some 440 rows
 * @param environment of the servers, beside the fixed one
 */
export async function startPair(
  scale = 0,
  environment: Readonly<Record<string, string>> = {},
): Promise<Pair> {
  const [v1, v2] = await Promise.all([
    startThrowawayServer({ settings: { max_prepared_transactions: "2" }, environment }),
    startThrowawayServer({ template: 2, environment }),
  ]);
  const template = await makeDemoDatabases(v1, v2, { scale });
  return { v1, v2, template, stop: async () => void (await Promise.all([v1.stop(), v2.stop()])) };
}

/** How a call of the command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, for tests that do not care. */
  readonly output: string;
}

/** One move: an operator's project and two databases of its own. */
export interface Move {
  readonly folder: string;
  readonly v1Url: string;
  readonly v2Url: string;
  readonly v1Database: string;
  readonly v2Database: string;
  /** SQL as v1's owner. */
  readonly inV1: (sql: string) => Promise<string>;
  /** SQL as v2's owner. */
  readonly inV2: (sql: string) => Promise<string>;
  /** Runs the real command in the project. */
  readonly movebook: (args: readonly string[], options?: CallOptions) => Promise<Ended>;
  /** Starts it and gives the process, for tests that interfere. */
  readonly start: (args: readonly string[], options?: CallOptions) => Running;
  /** Folders of runs below tmp/data-move-<environment>/, oldest first. */
  readonly runs: (environment?: string) => string[];
  readonly remove: () => void;
}

export interface CallOptions {
  readonly env?: Readonly<Record<string, string>>;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when the output holds that text. */
  readonly says: (text: string) => Promise<void>;
}

const withDatabase = (url: string, database: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.toString();
};

/** Starts the real command in a folder. */
export function startCommand(
  folder: string,
  args: readonly string[],
  options: CallOptions = {},
): Running {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const waiting = new Map<string, () => void>();
  const look = (): void => {
    for (const [text, resolve] of waiting) if ((stdout + stderr).includes(text)) resolve();
  };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    look();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    look();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr, output: stdout + stderr }));
  });
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.set(text, resolve);
      look();
      void ended.then(({ output }) =>
        reject(new Error(`ended without saying "${text}":\n${output}`)),
      );
    });
  return { child, ended, says };
}

let count = 0;

/** Copies of the template databases and a project folder, in a clean git repository on branch dev. */
export async function makeMove(pair: Pair): Promise<Move> {
  count += 1;
  const { template } = pair;
  const [v1Database, v2Database] = [`v1_${count}`, `v2_${count}`];
  await pair.v1.createDatabase(v1Database, {
    owner: template.v1Owner,
    copyOf: template.v1Database,
  });
  await pair.v2.createDatabase(v2Database, {
    owner: template.v2Owner,
    copyOf: template.v2Database,
  });
  const v1Url = withDatabase(template.v1Url, v1Database);
  const v2Url = withDatabase(template.v2Url, v2Database);
  const folder = mkdtempSync(join(tmpdir(), "movebook-e2e-"));
  await makeDemoProject(folder, { v1Url, v2Url });
  return {
    folder,
    v1Url,
    v2Url,
    v1Database,
    v2Database,
    inV1: (sql) => runSql(v1Url, sql),
    inV2: (sql) => runSql(v2Url, sql),
    movebook: (args, options) => startCommand(folder, args, options).ended,
    start: (args, options) => startCommand(folder, args, options),
    runs: (environment = "dev") => {
      const runs = join(folder, "tmp", `data-move-${environment}`);
      return readdirSync(runs)
        .sort()
        .map((name) => join(runs, name));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Everything in the reports of a step of a run. */
export function readReports(runFolder: string, step: string): string {
  return readdirSync(runFolder)
    .filter((name) => name.startsWith(`report-${step}-`))
    .map((name) => readFileSync(join(runFolder, name), "utf8"))
    .join("\n");
}

/** What a data move must leave as it was, by the server's own words; and what it must bring. */
export const questions = {
  keys: `select n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid), k.convalidated, obj_description(k.oid, 'pg_constraint')
         from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
         where k.contype = 'f' and n.nspname not like 'pg_%' order by 1, 2, 3`,
  triggers: `select tgrelid::regclass, tgname, tgenabled from pg_trigger where not tgisinternal order by 1, 2`,
  history: `select md5(string_agg(h::text, E'\\n' order by h.id)) from _prisma_migrations h`,
  schemas: `select nspname from pg_namespace where nspname not like 'pg_%' order by 1`,
  rows: `select (select count(*) from "Animal"), (select count(*) from "Party"), (select count(*) from "Invoice")`,
} as const;
