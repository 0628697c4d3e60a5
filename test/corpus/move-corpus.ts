import { mkdirSync, mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import { findClients } from "./libpq.ts";
import { type CorpusServers, type DatabaseResult, moveDump } from "./one-database.ts";

/**
 * Moves every dump of a folder with the real command and compares v1 and v2 with Postgres' own programs.
 * Exit code 0: all arrived; 1: one did not; 2: there is nothing to move.
 */

const atATime = 2;

interface Dump {
  readonly file: string;
  readonly name: string;
  /** Plain letters: it is a database and the beginning of a role's name. */
  readonly database: string;
}

function listDumps(folder: string): Dump[] {
  const taken = new Set<string>();
  return readdirSync(folder)
    .filter((name) => /\.sql(?:\.gz)?$/i.test(name))
    .toSorted()
    .map((file) => {
      const name = file.replace(/\.sql(?:\.gz)?$/i, "");
      const plain = name.toLowerCase().replaceAll(/\W/g, "_").slice(0, 40);
      let database = `corpus_${plain}`;
      for (let number = 2; taken.has(database); number += 1) database = `corpus_${plain}_${number}`;
      taken.add(database);
      return { file: join(folder, file), name, database };
    });
}

const seconds = (time: number): string => `${time.toFixed(1)} s`;

function printResult(name: string, width: number, result: DatabaseResult): void {
  const { times, faults, notes } = result;
  const figures = [
    `${result.tables} tables`,
    `${result.rows.toLocaleString("en")} rows`,
    `restore ${seconds(times.restore)}`,
    `move ${seconds(times.move)}`,
    `compare ${seconds(times.compare)}`,
  ].join(", ");
  const lines = [
    `${faults.length === 0 ? "✓" : "✗"} ${name.padEnd(width)}  ${figures}`,
    ...faults.map((fault) => `    ✗ ${fault.replaceAll("\n", "\n      ")}`),
    ...notes.map((note) => `    · ${note}`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Each database is on its own: one that fails stops no other. @returns how many failed */
async function moveAll(servers: CorpusServers, dumps: readonly Dump[]): Promise<number> {
  const tmp = fileURLToPath(new URL("../../tmp/corpus/", import.meta.url));
  mkdirSync(tmp, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(tmp, "run-"));
  const width = Math.max(...dumps.map(({ name }) => name.length));
  const queue = [...dumps];
  let failures = 0;
  const work = async (): Promise<void> => {
    for (let dump = queue.shift(); dump !== undefined; dump = queue.shift()) {
      const { file, name, database } = dump;
      const result = await moveDump(servers, file, database, join(folder, database));
      if (result.faults.length > 0) failures += 1;
      printResult(name, width, result);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  if (failures === 0) rmdirSync(folder);
  return failures;
}

async function startServers(): Promise<{ v1: ThrowawayServer; v2: ThrowawayServer }> {
  const [v1, v2] = await Promise.all([
    startThrowawayServer(),
    startThrowawayServer({ template: 2 }),
  ]);
  return { v1, v2 };
}

function listDumpsOrExplain(folder: string | undefined): Dump[] {
  if (folder === undefined) throw new Error("which folder? npm run test:corpus -- <folder>");
  const dumps = listDumps(resolve(folder));
  if (dumps.length === 0)
    throw new Error(`${resolve(folder)} holds no *.sql or *.sql.gz: plain dumps of pg_dump`);
  return dumps;
}

async function main(folder: string | undefined): Promise<number> {
  let dumps: Dump[];
  try {
    dumps = listDumpsOrExplain(folder);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  const { v1, v2 } = await startServers();
  try {
    const clients = await findClients(Math.max(v1.major, v2.major));
    const failures = await moveAll({ clients, v1, v2 }, dumps);
    process.stdout.write(`\n${dumps.length - failures} passed, ${failures} failed\n`);
    return failures === 0 ? 0 : 1;
  } finally {
    await Promise.all([v1.stop(), v2.stop()]);
  }
}

process.exitCode = await main(process.argv[2]);
