import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { atATime, type Dump, listDumps, startCorpusServers } from "./dumps.ts";
import { type CorpusServers, type DatabaseResult, moveDump } from "./one-database.ts";

/**
 * Moves every dump of a folder with the real command and compares v1 and v2 with Postgres' own programs.
 * Exit code 0: all arrived; 1: one did not; 2: there is nothing to move.
 */

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

function listDumpsOrExplain(folder: string | undefined): Dump[] {
  if (folder === undefined) throw new Error("which folder? npm run test:corpus -- <folder>");
  return listDumps(folder);
}

async function main(folder: string | undefined): Promise<number> {
  let dumps: Dump[];
  try {
    dumps = listDumpsOrExplain(folder);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  const servers = await startCorpusServers();
  try {
    const failures = await moveAll(servers, dumps);
    process.stdout.write(`\n${dumps.length - failures} passed, ${failures} failed\n`);
    return failures === 0 ? 0 : 1;
  } finally {
    await servers.stop();
  }
}

process.exitCode = await main(process.argv[2]);
