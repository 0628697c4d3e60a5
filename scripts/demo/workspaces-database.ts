import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { childEnvironment } from "../engine/settings.ts";
import { readSql } from "../engine/sql-file.ts";
import type { ProductOptions } from "./workspaces-product.ts";
import { writeProductFile } from "./workspaces-sql.ts";

const run = promisify(execFile);

/** A local D1 of the demo: as wrangler's configuration names it, and where its files lie. */
export interface DemoD1 {
  readonly name: string;
  readonly id: string;
  /** `.wrangler/state` of the project that it belongs to. */
  readonly stateFolder: string;
}

/** The product's v2: its schema by one migration. */
export const demoV2Schema = (): string => readSql("d1-workspaces/v2-reference-schema");

/** Writes v2's migrations into a folder, as `wrangler d1 migrations apply` takes them. */
export async function writeDemoV2Migrations(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "0001_init.sql"), demoV2Schema());
}

/** Makes v1 with its rows, by `wrangler d1 execute --local --file`. @throws with wrangler's own words */
export async function fillDemoV1(database: DemoD1, options: ProductOptions): Promise<void> {
  await inFolder(database, async (folder) => {
    const file = join(folder, "v1.sql");
    await writeProductFile(options, file);
    await runDemoWrangler(folder, [
      "d1",
      "execute",
      database.name,
      ...place(database),
      "--file",
      file,
    ]);
  });
}

/** Makes v2: its schema by its migrations, and no rows. */
export async function migrateDemoV2(database: DemoD1): Promise<void> {
  await inFolder(database, async (folder) => {
    await writeDemoV2Migrations(join(folder, "migrations"));
    await runDemoWrangler(folder, ["d1", "migrations", "apply", database.name, ...place(database)]);
  });
}

const place = ({ stateFolder }: DemoD1): readonly string[] => [
  "--local",
  "--persist-to",
  stateFolder,
];

/** A folder with a configuration that names the database, for as long as `work` takes. */
async function inFolder(
  { name, id }: DemoD1,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "movebook-d1-"));
  const config = {
    name: "demo",
    compatibility_date: "2025-01-01",
    d1_databases: [
      { binding: "DB", database_name: name, database_id: id, migrations_dir: "migrations" },
    ],
  };
  try {
    await writeFile(join(folder, "wrangler.json"), JSON.stringify(config));
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** wrangler of this package, offline, without its metrics. Its answer to a long file is long: a line a statement. */
async function runDemoWrangler(folder: string, args: readonly string[]): Promise<void> {
  const home = dirname(createRequire(import.meta.url).resolve("wrangler/package.json"));
  await run(process.execPath, [join(home, "bin", "wrangler.js"), ...args], {
    cwd: folder,
    env: { ...childEnvironment(), CI: "1", WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" },
    maxBuffer: 1_000_000_000,
  });
}
