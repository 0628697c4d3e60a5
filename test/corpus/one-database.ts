import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { childEnvironment, environmentVariable } from "../../scripts/engine/settings.ts";
import type { ThrowawayServer } from "../../scripts/postgres/throwaway-server.ts";
import { compareMoved, compareSame } from "./compare.ts";
import type { Clients } from "./libpq.ts";
import { type Picture, takePicture } from "./picture.ts";
import { type Restored, restoreSource, restoreTarget } from "./restore.ts";
import { entry as command } from "../entry.ts";

export interface CorpusServers {
  readonly clients: Clients;
  readonly v1: ThrowawayServer;
  readonly v2: ThrowawayServer;
}

/** What came of one dump. Times in seconds. */
export interface DatabaseResult {
  readonly faults: readonly string[];
  readonly notes: readonly string[];
  readonly tables: number;
  readonly rows: number;
  readonly times: Readonly<Record<"restore" | "move" | "compare", number>>;
}

/** Restores, moves and compares one dump. Whatever goes wrong stands in the result; nothing is thrown. */
export async function moveDump(
  servers: CorpusServers,
  file: string,
  database: string,
  folder: string,
): Promise<DatabaseResult> {
  const times = { restore: 0, move: 0, compare: 0 };
  const timed = async <T>(key: keyof typeof times, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    try {
      return await work();
    } finally {
      times[key] += (performance.now() - began) / 1000;
    }
  };
  const notes: string[] = [];
  let before: Pair | undefined;
  const result = (faults: readonly string[]): DatabaseResult => ({
    faults,
    notes,
    times,
    ...measure(before?.source),
  });
  try {
    const { clients } = servers;
    const source = await timed("restore", () => restoreSource(clients, servers.v1, database, file));
    const target = await timed("restore", () => restoreTarget(clients, servers.v2, source));
    notes.push(...source.notes, ...target.notes);
    before = await timed("compare", () => takeBoth(clients, source, target));
    if (before.source.contents.size === 0) return result(["the dump brought no table"]);
    const refusal = await timed("move", () => runMove(source, target, folder));
    const after = await timed("compare", () => takeBoth(clients, source, target));
    const unchanged = compareSame("v1 has changed", before.source, after.source);
    if (refusal !== undefined) return result([refusal, ...unchanged]);
    const pictures = {
      source: before.source,
      targetBefore: before.target,
      target: after.target,
    };
    const verdict = await timed("compare", () => compareMoved(clients, source.superuser, pictures));
    notes.push(...verdict.notes);
    if (verdict.faults.length + unchanged.length === 0)
      await rm(folder, { recursive: true, force: true });
    return result([...verdict.faults, ...unchanged]);
  } catch (error) {
    return result([error instanceof Error ? error.message : String(error)]);
  }
}

interface Pair {
  readonly source: Picture;
  readonly target: Picture;
}

async function takeBoth(clients: Clients, source: Restored, target: Restored): Promise<Pair> {
  const [one, other] = await Promise.all(
    [source, target].map(({ superuser }) => takePicture(clients, superuser)),
  );
  if (one === undefined || other === undefined) throw new TypeError("two pictures were asked for");
  return { source: one, target: other };
}

const measure = (picture: Picture | undefined): Pick<DatabaseResult, "tables" | "rows"> => {
  const contents = [...(picture?.contents.values() ?? [])];
  return {
    tables: contents.length,
    rows: contents.reduce((sum, held) => sum + (held?.rows ?? 0), 0),
  };
};

/** @returns why it failed, with the end of its output; undefined when the command ended with exit code 0 */
async function runMove(
  source: Restored,
  target: Restored,
  folder: string,
): Promise<string | undefined> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const log = join(folder, "movebook.log");
  const output = createWriteStream(log, { mode: 0o600 });
  const args = [
    "--project",
    folder,
    "run",
    "data-move",
    "--env",
    "dev",
    "--any-branch",
    "--allow-dirty",
  ];
  const pgBin = environmentVariable("PG_BIN");
  const child = spawn(process.execPath, [command, ...args], {
    env: {
      ...childEnvironment(),
      ...(pgBin === undefined ? {} : { PG_BIN: pgBin }),
      V1_DEV_SNAPSHOT_DIRECT_URL: source.url,
      DATABASE_DIRECT_URL: target.url,
      DATABASE_URL: target.url,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const [code] = await once(child, "close");
  output.end();
  await once(output, "close");
  if (code === 0) return undefined;
  const lines = (await readFile(log, "utf8")).trimEnd().split("\n");
  return [`movebook ended with exit code ${code}; all it said: ${log}`, ...lines.slice(-30)].join(
    "\n",
  );
}
