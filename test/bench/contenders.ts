import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../../scripts/engine/settings.ts";
import { type Bench, writeServices } from "./stage.ts";

/** One way to move the rows. */
export interface Contender {
  readonly name: string;
  /** What is done in one sentence. */
  readonly does: string;
  /** Why it does not take part here; undefined when it does. */
  readonly skipped?: string;
  readonly run: (bench: Bench, targetUrl: string) => Promise<void>;
}

interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

/** @throws Error with the end of what it said when it ends otherwise than with exit code 0 */
async function callQuietly({ program, args, variables }: Call): Promise<void> {
  const child = spawn(program, args, {
    env: { ...childEnvironment(), ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4_000);
    });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${program} ended with exit code ${code}: ${said}`);
}

const psql = "psql -X -w -q -v ON_ERROR_STOP=1 -d service=v2";
const dataOnly =
  "pg_dump -w --data-only --no-owner --no-privileges -T _prisma_migrations -d service=v1";

/** A rival: a script of Postgres' own programs between the loss and the return of foreign keys and triggers. */
function makeRival(name: string, does: string, script: string): Contender {
  const run = async (bench: Bench, targetUrl: string): Promise<void> => {
    const folder = join(bench.folder, "rival");
    await mkdir(folder);
    await writeFile(join(folder, "take-away.sql"), bench.takeAway);
    await writeFile(join(folder, "put-back.sql"), bench.putBack);
    const service = await writeServices(bench, targetUrl);
    const steps = [`${psql} -f take-away.sql`, script, `${psql} -f put-back.sql`];
    const path = `${dirname(bench.clients.pgDump)}${delimiter}${childEnvironment()["PATH"] ?? ""}`;
    try {
      await callQuietly({
        program: "bash",
        args: ["-euo", "pipefail", "-c", `cd "$0"\n${steps.join("\n")}`, folder],
        variables: {
          PATH: path,
          PGSERVICEFILE: service,
          PGCOPYDB_SOURCE_PGURI: bench.v1Url,
          PGCOPYDB_TARGET_PGURI: targetUrl,
        },
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  return { name, does, run };
}

const movebook = fileURLToPath(new URL("../../scripts/movebook.mjs", import.meta.url));

function makeOurs(name: string, does: string, selection: readonly string[]): Contender {
  const run = async (bench: Bench, targetUrl: string): Promise<void> => {
    const project = join(bench.folder, "project");
    await mkdir(project);
    try {
      await callQuietly({
        program: process.execPath,
        args: [
          movebook,
          "--project",
          project,
          "run",
          "data-move",
          "--env",
          "dev",
          ...selection,
          "--any-branch",
          "--allow-dirty",
        ],
        variables: {
          V1_DEV_SNAPSHOT_DIRECT_URL: bench.v1Url,
          DATABASE_DIRECT_URL: targetUrl,
          DATABASE_URL: targetUrl,
        },
      });
    } finally {
      await rm(project, { recursive: true, force: true });
    }
  };
  return { name, does, run };
}

const hasPgcopydb = (): boolean => spawnSync("pgcopydb", ["--version"]).status === 0;

/** The one that all ratios are relative to. */
export const ours = "movebook: dump + import";

/** Everybody who takes part; ours first. */
export function listContenders(): Contender[] {
  const pgcopydb = makeRival(
    "pgcopydb",
    "pgcopydb copy table-data with two jobs, keys dropped and added around it",
    "pgcopydb copy table-data --table-jobs 2 --dir ./pgcopydb --not-consistent",
  );
  return [
    makeOurs(
      ours,
      "the steps dump and import: one transaction, triggers, keys and structure compared",
      ["--from", "dump", "--until", "import"],
    ),
    makeOurs(
      "movebook: everything",
      "preflight, dump, import, postimport and validate with checksums of all rows",
      [],
    ),
    makeRival(
      "the seed's way",
      "pg_dump --data-only to a file, keys dropped, psql -f, keys added",
      `${dataOnly} -f v1_data.sql\n${psql} -o /dev/null -f v1_data.sql`,
    ),
    makeRival("pg_dump | psql", "the same through a pipe", `${dataOnly} | ${psql} -o /dev/null`),
    makeRival(
      "pg_dump -j2, pg_restore -j2",
      "the same through a directory dump, two jobs each",
      `${dataOnly} -Fd -j2 -f v1_data\npg_restore -w --data-only --exit-on-error -j2 -d service=v2 v1_data`,
    ),
    hasPgcopydb() ? pgcopydb : { ...pgcopydb, skipped: "pgcopydb is not on this machine" },
  ];
}
