import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Libsql from "libsql";
import { listBatchedStatements, writeProductSchema } from "../../../scripts/demo/workspaces-sql.ts";
import { listProductRows, type ProductOptions } from "../../../scripts/demo/workspaces-product.ts";
import { readSql } from "../../../scripts/engine/sql-file.ts";
import type { Cell } from "../../../scripts/cloudflare/cell.ts";
import {
  fillLocalFile,
  openForReading,
  localDatabaseFile,
  readCells,
} from "../../cloudflare/local-file.ts";
import type { FakeCloudflare } from "../../cloudflare/fake-cloudflare.ts";
import {
  hazardObjects,
  hazardTables,
  sequenceOfCounted,
} from "../../cloudflare/made-hazard-schema.ts";
import { hazardRows, hazardStatements } from "../../cloudflare/made-hazards.ts";
import { entry } from "../../entry.ts";

/** How a call of the command ended. */
export interface Ended {
  readonly code: number | null;
  /** Standard output and standard error. */
  readonly output: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when the output holds that text. */
  readonly says: (text: string) => Promise<void>;
}

export const v1Named = { name: "dataos-v1", id: "11111111-aaaa-4000-8000-000000000001" };
export const v2Named = { name: "dataos-v2", id: "22222222-bbbb-4000-8000-000000000002" };

/** One move: an operator's project and its two databases. */
export interface D1Move {
  readonly folder: string;
  readonly environment: "local" | "remote";
  readonly movebook: (
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ) => Promise<Ended>;
  readonly start: (args: readonly string[], env?: Readonly<Record<string, string>>) => Running;
  /** SQL in a database, behind the tool's back. */
  readonly change: (side: "v1" | "v2", ...statements: string[]) => void;
  /** Cells of a table, read by a client of the tests' own. */
  readonly cells: (
    side: "v1" | "v2",
    table: string,
    columns?: readonly string[],
    orderBy?: string,
  ) => Cell[][];
  /** Everything that is in a database, as one text. */
  readonly picture: (side: "v1" | "v2") => string;
  readonly runs: () => string[];
  readonly writeEnv: (changes: Readonly<Record<string, string | undefined>>) => void;
  readonly decide: (decisions: unknown) => void;
  readonly remove: () => void;
}

export interface MoveOptions {
  readonly product?: Partial<ProductOptions>;
  /** Adds the tables of every hazard to both sides: their rows, indexes, triggers and view to v1. */
  readonly hazards?: boolean;
  /** Of the fake: both databases are remote. */
  readonly fake?: FakeCloudflare;
  /** More statements of v2's schema. */
  readonly v2?: readonly string[];
}

/** Decisions that the demo's product needs. */
export const usualDecisions = {
  leaveOut: {
    tables: {
      views: { reason: "v2 makes its own" },
      rate_limits: { reason: "counted anew" },
      usage_counters: { reason: "counted anew" },
      audit_log: { reason: "kept in v1's archive" },
    },
  },
  map: {
    "users.role": { values: { viewer: "editor" }, reason: "v2 has viewers per workspace" },
    "tables.color": { values: { teal: "green" }, reason: "v2 takes six colours" },
  },
  fill: {
    "workspaces.icon": { value: "📁", reason: "v2's own default" },
    "workspaces.color": { value: "blue", reason: "v2 takes six colours" },
    "bases.icon": { value: "📁", reason: "v2's own default" },
    "bases.color": { value: "blue", reason: "v2 takes six colours" },
    "tables.icon": { value: "📋", reason: "v2's own default" },
    "tables.color": { value: "blue", reason: "v2 takes six colours" },
  },
};

function startCommand(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const waiting = new Map<string, () => void>();
  const hear = (chunk: string): void => {
    output += chunk;
    for (const [text, resolve] of waiting) if (output.includes(text)) resolve();
  };
  child.stdout.setEncoding("utf8").on("data", hear);
  child.stderr.setEncoding("utf8").on("data", hear);
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code) => resolve({ code, output }));
  });
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.set(text, resolve);
      hear("");
      void ended.then(() => reject(new Error(`ended without saying "${text}":\n${output}`)));
    });
  return { child, ended, says };
}

/** Statements of a schema file, or of v1's product. */
const cutSchema = (sql: string): string[] =>
  sql
    .split(/;\s*\n/u)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replaceAll(/--[^\n]*/gu, "").trim() !== "");

/** The product has its own d1_migrations. */
const listTableHazards = (): string[] => [
  ...hazardTables.flatMap(({ statements }) => statements),
  ...hazardObjects.filter((sql) => !sql.includes("d1_migrations")),
];

function* listV1({ product, hazards }: MoveOptions): Generator<string> {
  const options = { users: 6, tablesPerUser: 2, recordsPerTable: 10, longRecords: 1, ...product };
  yield* cutSchema(writeProductSchema(options));
  yield* listBatchedStatements(listProductRows(options));
  if (hazards === true) yield* [...hazardStatements, ...listTableHazards()];
}

function* listV2({ hazards, v2 = [] }: MoveOptions): Generator<string> {
  yield "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)";
  yield "INSERT INTO d1_migrations (name) VALUES ('0001_init.sql')";
  yield* cutSchema(readSql("d1-workspaces/v2-reference-schema"));
  if (hazards === true)
    yield* [...hazardStatements, ...listTableHazards()].filter((sql) =>
      sql.startsWith("CREATE TABLE"),
    );
  yield* v2;
}

const describeCells = (cells: readonly Cell[]): string =>
  cells
    .map((cell) =>
      Buffer.isBuffer(cell)
        ? `x${cell.toString("hex")}`
        : typeof cell === "object" && cell !== null
          ? `r${cell.bytes.toString("hex")}`
          : `${typeof cell}:${Object.is(cell, -0) ? "-0" : String(cell)}`,
    )
    .join("|");

const listTables = (database: Libsql.Database): [string, string][] =>
  database
    .prepare(
      "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*' ORDER BY type, name",
    )
    .raw()
    .all() as [string, string][];

/** An operator's project with a v1 that holds rows, and a v2 that holds none. */
export function makeD1Move(options: MoveOptions = {}): D1Move {
  const folder = mkdtempSync(join(tmpdir(), "movebook-d1-e2e-"));
  const { fake } = options;
  const environment = fake === undefined ? "local" : "remote";
  const stateFolder = join(folder, ".wrangler/state");
  const named = { v1: v1Named, v2: v2Named };
  const fileOf = (side: "v1" | "v2"): string =>
    fake?.database(named[side].name).file ?? localDatabaseFile(stateFolder, named[side].id);
  const change = (side: "v1" | "v2", ...statements: string[]): void => {
    if (fake === undefined) fillLocalFile(stateFolder, named[side].id, statements);
    else fake.database(named[side].name).apply(statements);
  };
  change("v1", ...listV1(options));
  change("v2", ...listV2(options));
  const env = new Map<string, string>(
    Object.entries({
      V1_D1_NAME: v1Named.name,
      V1_D1_ID: v1Named.id,
      V2_D1_NAME: v2Named.name,
      V2_D1_ID: v2Named.id,
      ...fake?.environment,
    }),
  );
  const writeEnv = (changes: Readonly<Record<string, string | undefined>>): void => {
    for (const [name, value] of Object.entries(changes))
      if (value === undefined) env.delete(name);
      else env.set(name, value);
    const text = [...env].map(([name, value]) => `${name}=${value}\n`).join("");
    writeFileSync(join(folder, `.env.d1.${environment}`), text, { mode: 0o600 });
  };
  const decide = (decisions: unknown): void =>
    writeFileSync(join(folder, "d1-decisions.json"), JSON.stringify(decisions));
  mkdirSync(join(folder, "lock"));
  writeEnv({});
  decide(usualDecisions);
  const read = <T>(side: "v1" | "v2", work: (database: Libsql.Database) => T): T => {
    const database = openForReading(fileOf(side));
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  const own = { TMPDIR: join(folder, "lock") };
  return {
    folder,
    environment,
    movebook: (args, more = {}) => startCommand(folder, args, { ...own, ...more }).ended,
    start: (args, more = {}) => startCommand(folder, args, { ...own, ...more }),
    change,
    cells: (side, table, columns, orderBy = "1") =>
      read(side, (database) =>
        readCells(database, table, {
          ...(columns === undefined ? {} : { columns: [...columns] }),
          orderBy,
        }),
      ),
    picture: (side) =>
      read(side, (database) =>
        listTables(database)
          .flatMap(([name, sql]) => [
            sql,
            ...(/^create table/iu.test(sql)
              ? readCells(database, name, { orderBy: "1, 2" }).map(describeCells)
              : []),
          ])
          .join("\n"),
      ),
    runs: () => {
      const runs = join(folder, "tmp", `d1-workspaces-${environment}`);
      return readdirSync(runs)
        .sort()
        .map((name) => join(runs, name));
    },
    writeEnv,
    decide,
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Texts of all files below a folder, to look for what must not be there. */
export function readAll(folder: string): string {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((item) => item.isFile())
    .map((item) => readFileSync(join(item.parentPath, item.name), "latin1"))
    .join("\n");
}

/** Every hazard as it is meant, and as a client of the tests' own reads it in a database. */
export function listHazards(
  move: D1Move,
  side: "v1" | "v2",
): { name: string; meant: readonly (readonly Cell[])[]; stored: readonly (readonly Cell[])[] }[] {
  return [
    {
      name: "hazards",
      meant: hazardRows.map(({ id, why, cell }) => [BigInt(id), why, cell]),
      stored: move.cells(side, "hazards", ["id", "why", "value"]),
    },
    ...hazardTables.map(({ name, columns, orderBy, cells }) => ({
      name,
      meant: cells,
      stored: move.cells(side, name, columns, orderBy),
    })),
    {
      name: "the sequence of counted",
      meant: [["counted", sequenceOfCounted]],
      stored: move
        .cells(side, "sqlite_sequence", ["name", "seq"])
        .filter(([name]) => name === "counted"),
    },
  ];
}
