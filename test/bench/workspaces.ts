import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { writeImportStream } from "../../scripts/cloudflare/import-stream.ts";
import { listImportTables } from "../../scripts/cloudflare/scratch-table.ts";
import { Scratch } from "../../scripts/cloudflare/scratch.ts";
import { migrateDemoV2 } from "../../scripts/demo/workspaces-database.ts";
import { buildDemoDecisions } from "../../scripts/demo/workspaces-decisions.ts";
import { listProductRows, type ProductOptions } from "../../scripts/demo/workspaces-product.ts";
import { listBatchedStatements, writeProductSchema } from "../../scripts/demo/workspaces-sql.ts";
import { childEnvironment } from "../../scripts/engine/settings.ts";
import { fillLocalFile, openLocalFile } from "../cloudflare/local-file.ts";
import { runRealWrangler } from "../cloudflare/real-wrangler.ts";

/**
 * Times our move of a local D1, from preflight to validation, against the seed's way on the same rows: export, a
 * script's INSERTs of one row each, execute. Asserts nothing about time.
 */

const usage = `npm run bench -- d1 [--records <n>] [--ours]
  --records   records of v1 (default: 100000)
  --ours      leave the seed's way out: it takes minutes
`;

const movebook = fileURLToPath(new URL("../../scripts/movebook.mjs", import.meta.url));
const v1 = { name: "dataos-v1", id: "bench-v1" };
const ourV2 = { name: "dataos-v2", id: "bench-v2" };
const seedV2 = { name: "dataos-v2-seed", id: "bench-v2-seed" };
const perTable = 500;

interface Timing {
  readonly name: string;
  readonly seconds: number;
}

interface Project {
  readonly folder: string;
  readonly stateFolder: string;
}

async function timed(name: string, work: () => Promise<unknown>): Promise<Timing> {
  process.stderr.write(`${name}\n`);
  const began = performance.now();
  await work();
  return { name, seconds: (performance.now() - began) / 1000 };
}

/** No record is longer than one statement may be: the seed's way could not move it. */
const planProduct = (records: number): ProductOptions => ({
  users: Math.max(1, Math.round(records / perTable / 4)),
  tablesPerUser: 4,
  recordsPerTable: perTable,
  longRecords: 0,
});

async function makeProject(options: ProductOptions): Promise<Project> {
  const tmp = fileURLToPath(new URL("../../tmp/bench/", import.meta.url));
  await mkdir(tmp, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(tmp, "d1-"));
  const stateFolder = join(folder, ".wrangler/state");
  const settings = {
    V1_D1_NAME: v1.name,
    V1_D1_ID: v1.id,
    V2_D1_NAME: ourV2.name,
    V2_D1_ID: ourV2.id,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(folder, ".env.d1.local"), lines.join(""));
  await writeFile(join(folder, "d1-decisions.json"), JSON.stringify(buildDemoDecisions(options)));
  const config = {
    name: "bench",
    compatibility_date: "2025-01-01",
    d1_databases: [v1, ourV2, seedV2].map(({ name, id }) => ({
      binding: name.replaceAll("-", "_"),
      database_name: name,
      database_id: id,
    })),
  };
  await writeFile(join(folder, "wrangler.json"), JSON.stringify(config));
  const statements = function* (): Generator<string> {
    yield writeProductSchema(options);
    yield* listBatchedStatements(listProductRows(options));
  };
  fillLocalFile(stateFolder, v1.id, statements());
  for (const database of [ourV2, seedV2]) await migrateDemoV2({ ...database, stateFolder });
  return { folder, stateFolder };
}

function countRecords({ stateFolder }: Project, id: string): number {
  const database = openLocalFile(stateFolder, id);
  const [row] = database.prepare("SELECT count(*) AS n FROM records").all() as { n: bigint }[];
  database.close();
  return Number(row?.n ?? 0);
}

async function runOurs({ folder }: Project): Promise<void> {
  const args = [movebook, "--project", folder, "run", "d1-workspaces", "--env", "local"];
  const child = spawn(process.execPath, args, {
    env: { ...childEnvironment(), CI: "true" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`movebook ended with exit code ${code}`);
}

/** The run's folder. */
async function findRun({ folder }: Project): Promise<string> {
  const runs = join(folder, "tmp/d1-workspaces-local");
  const [run] = (await readdir(runs)).filter((name) => name.startsWith("2"));
  if (run === undefined) throw new Error(`there is no run in ${runs}`);
  return join(runs, run);
}

async function readSteps(project: Project): Promise<Timing[]> {
  const journal = await readFile(join(await findRun(project), "journal.jsonl"), "utf8");
  return journal
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; step: string; ms: number })
    .filter(({ type }) => type === "step-done")
    .map(({ step, ms }) => ({ name: `  ${step}`, seconds: ms / 1000 }));
}

async function callWrangler({ folder }: Project, args: readonly string[]): Promise<void> {
  const all = ["d1", ...args, "--local"];
  const { code, stdout, stderr } = await runRealWrangler(folder, all, { timeout: 3_600_000 });
  if (code !== 0) throw new Error(`wrangler ended with exit code ${code}: ${stdout}${stderr}`);
}

/** What the seed's script would write: the rows that we made, one INSERT each. */
async function writeSingleRows(project: Project, file: string): Promise<void> {
  const scratch = Scratch.open(join(await findRun(project), "scratch.sqlite"), { readOnly: true });
  const output = createWriteStream(file);
  try {
    await writeImportStream(scratch, listImportTables(scratch), output, { batchBytes: 1 });
    output.end();
    await once(output, "finish");
  } finally {
    scratch.close();
  }
}

async function runSeed(project: Project): Promise<Timing[]> {
  const [dump, file] = [join(project.folder, "dump.sql"), join(project.folder, "import.sql")];
  return [
    await timed("  wrangler d1 export", () =>
      callWrangler(project, ["export", v1.name, "--output", dump]),
    ),
    await timed("  a script that writes single INSERTs", () => writeSingleRows(project, file)),
    await timed("  wrangler d1 execute --file", () =>
      callWrangler(project, ["execute", seedV2.name, "--file", file, "--yes"]),
    ),
  ];
}

function print(timings: readonly Timing[], base: number): void {
  for (const { name, seconds } of timings) {
    const ratio = (seconds / base).toFixed(2);
    process.stdout.write(
      `${name.padEnd(40)} ${seconds.toFixed(1).padStart(7)} ${ratio.padStart(7)}\n`,
    );
  }
}

const sum = (timings: readonly Timing[]): number =>
  timings.reduce((total, { seconds }) => total + seconds, 0);

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((word) => word !== "d1"),
    options: {
      records: { type: "string", default: "100000" },
      ours: { type: "boolean", default: false },
    },
  });
  const records = Number(values.records);
  if (!(records >= perTable)) throw new RangeError(`--records takes a number from ${perTable}`);
  process.stderr.write("filling v1\n");
  const project = await makeProject(planProduct(records));
  try {
    const rows = countRecords(project, v1.id);
    const ours = await timed("movebook", () => runOurs(project));
    const steps = await readSteps(project);
    const seed = values.ours ? [] : await runSeed(project);
    for (const { id } of values.ours ? [ourV2] : [ourV2, seedV2])
      if (countRecords(project, id) !== rows) throw new Error(`records are missing in ${id}`);
    process.stdout.write(
      `machine  ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, Node ${process.versions.node}\n` +
        `data     ${rows.toLocaleString("en")} records in a local D1\n\n${"".padEnd(40)} seconds   ratio\n`,
    );
    print(
      [{ name: "movebook, preflight to validation", seconds: ours.seconds }, ...steps],
      ours.seconds,
    );
    if (seed.length > 0)
      print(
        [{ name: "the seed's way, nothing compared", seconds: sum(seed) }, ...seed],
        ours.seconds,
      );
    process.stdout.write("\nratio: time relative to the whole of movebook; above 1 is slower\n");
  } finally {
    await rm(project.folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof RangeError || error instanceof TypeError;
  process.stderr.write(
    `${error instanceof Error ? error.message : String(error)}\n${isUsage ? usage : ""}`,
  );
  process.exitCode = isUsage ? 2 : 1;
}
