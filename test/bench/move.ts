import { rm } from "node:fs/promises";
import { cpus, totalmem, type as osType, release } from "node:os";
import { parseArgs } from "node:util";
import { countRows, sumOf } from "../../scripts/demo/stage.ts";
import { type Contender, listContenders, ours } from "./contenders.ts";
import { type Bench, setBench } from "./stage.ts";

/**
 * Times our move against the seed's way and other ones on generated data, each into a fresh copy of the same empty v2.
 * Asserts nothing about time.
 */

interface Flags {
  readonly scale: number;
  readonly rounds: number;
  /** The rounds were asked for: no stopping early. */
  readonly exact: boolean;
  readonly json: boolean;
}

interface Result {
  readonly name: string;
  readonly does: string;
  readonly seconds: number[];
  readonly skipped?: string;
  error?: string;
}

const usage = `npm run bench -- [--scale <n>] [--rounds <n>] [--json]
  --scale    1 gives some 600,000 rows (default: 1.7)
  --rounds   each contender's time is the median (default: up to 3, as long as two and a half minutes last)
`;

/** Seconds after which no further round begins, unless the rounds were asked for. */
const budget = 150;

function readFlags(): Flags {
  const { values } = parseArgs({
    options: {
      scale: { type: "string", default: "1.7" },
      rounds: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [scale, rounds] = [Number(values.scale), Number(values.rounds ?? 3)];
  if (!(scale >= 0) || !Number.isInteger(rounds) || rounds < 1)
    throw new RangeError("--scale takes a number, --rounds a whole one from 1");
  return { scale, rounds, exact: values.rounds !== undefined, json: values.json };
}

const median = (times: readonly number[]): number | undefined => {
  const sorted = times.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
};

let targets = 0;

async function timeOne(bench: Bench, contender: Contender, result: Result): Promise<void> {
  targets += 1;
  const database = `bench_target_${targets}`;
  const url = await bench.makeTarget(database);
  try {
    const began = performance.now();
    await contender.run(bench, url);
    const seconds = (performance.now() - began) / 1000;
    const rows = sumOf(await countRows(url));
    if (rows !== bench.rows) result.error = `${rows} rows arrived, v1 has ${bench.rows}`;
    else result.seconds.push(seconds);
  } catch (error) {
    result.error = error instanceof Error ? error.message : String(error);
  } finally {
    await bench.dropTarget(database);
  }
}

async function runRounds(bench: Bench, flags: Flags, began: number): Promise<Result[]> {
  const contenders = listContenders();
  const results = contenders.map(({ name, does, skipped }): Result => ({
    name,
    does,
    seconds: [],
    ...(skipped === undefined ? {} : { skipped }),
  }));
  const elapsed = (): number => (performance.now() - began) / 1000;
  for (let round = 1; round <= flags.rounds; round += 1) {
    const roundBegan = elapsed();
    for (const [index, contender] of contenders.entries()) {
      const result = results[index];
      if (result === undefined || contender.skipped !== undefined || result.error !== undefined)
        continue;
      process.stderr.write(`round ${round}: ${contender.name}\n`);
      await timeOne(bench, contender, result);
    }
    const next = elapsed() + (elapsed() - roundBegan);
    if (!flags.exact && round < flags.rounds && next > budget) {
      process.stderr.write(`no round ${round + 1}: it would end after ${Math.round(next)} s\n`);
      break;
    }
  }
  return results;
}

const describeMachine = (bench: Bench): Record<string, string> => ({
  machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, ${osType()} ${release()}`,
  versions: `PostgreSQL ${bench.v1.version}, Node ${process.versions.node}`,
  servers: "both on this machine, fsync off, as tests have them",
  data: `${bench.rows.toLocaleString("en")} rows of ${bench.tables} tables, ${(bench.bytes / 2 ** 20).toFixed(0)} MB; v2 of v1's schema, empty, with all indexes`,
});

function printTable(facts: Readonly<Record<string, string>>, results: readonly Result[]): void {
  for (const [label, text] of Object.entries(facts))
    process.stdout.write(`${label.padEnd(9)} ${text}\n`);
  const base = median(results.find(({ name }) => name === ours)?.seconds ?? []);
  const width = Math.max(...results.map(({ name }) => name.length));
  process.stdout.write(`\n${"".padEnd(width)}  seconds  ratio  rounds\n`);
  for (const { name, does, seconds, skipped, error } of results) {
    const middle = median(seconds);
    const time = middle === undefined ? "–" : middle.toFixed(1);
    const ratio = middle === undefined || base === undefined ? "–" : (middle / base).toFixed(2);
    const remark =
      skipped === undefined
        ? error === undefined
          ? does
          : `FAILED: ${error}`
        : `skipped: ${skipped}`;
    process.stdout.write(
      `${name.padEnd(width)}  ${time.padStart(7)}  ${ratio.padStart(5)}  ${String(seconds.length).padStart(6)}  ${remark}\n`,
    );
  }
  process.stdout.write(`\nratio: time relative to ${ours}; above 1 is slower than ours\n`);
}

async function main(flags: Flags): Promise<number> {
  const began = performance.now();
  process.stderr.write(`filling v1 (scale ${flags.scale})\n`);
  const bench = await setBench(flags.scale);
  try {
    const results = await runRounds(bench, flags, began);
    const facts = describeMachine(bench);
    if (flags.json) {
      const listed = results.map((result) => ({
        ...result,
        median: median(result.seconds) ?? null,
      }));
      process.stdout.write(
        `${JSON.stringify({ v: 1, scale: flags.scale, ...facts, base: ours, results: listed })}\n`,
      );
    } else printTable(facts, results);
    return results.some(({ error }) => error !== undefined) ? 1 : 0;
  } finally {
    await bench.stop();
    await rm(bench.folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main(readFlags());
} catch (error) {
  const isUsage = error instanceof RangeError || error instanceof TypeError;
  process.stderr.write(
    `${error instanceof Error ? error.message : String(error)}\n${isUsage ? usage : ""}`,
  );
  process.exitCode = isUsage ? 2 : 1;
}
