import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { quoteLiteral } from "../postgres/identifier.ts";
import { runSql } from "../postgres/throwaway-server.ts";

/** As Prisma 6 makes it. */
const createHistory = `create table if not exists _prisma_migrations (
  id varchar(36) primary key not null,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

/**
 * Applies all migrations of a Prisma folder to a database without any, and writes the history as `prisma migrate
 * deploy` does: a row when a migration starts, finished when all of it is done. The Prisma CLI would need a download.
 * @param folder holds <timestamp>_<name>/migration.sql
 * @throws the server's error; the row of the failed migration then has its log and is not finished
 */
export async function applyMigrations(url: string, folder: string): Promise<string[]> {
  await runSql(url, createHistory);
  const names = await listMigrations(folder);
  for (const name of names)
    await applyMigration(url, name, await readFile(join(folder, name, "migration.sql"), "utf8"));
  return names;
}

/** The migrations of a folder in the order in which they are applied. */
export async function listMigrations(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

async function applyMigration(url: string, name: string, script: string): Promise<void> {
  const id = randomUUID();
  const checksum = createHash("sha256").update(script).digest("hex");
  await runSql(
    url,
    `insert into _prisma_migrations (id, checksum, migration_name) values ('${id}', '${checksum}', ${quoteLiteral(name)})`,
  );
  try {
    await runSql(url, script);
  } catch (error) {
    await runSql(
      url,
      `update _prisma_migrations set logs = ${quoteLiteral(String(error))} where id = '${id}'`,
    );
    throw error;
  }
  await runSql(
    url,
    `update _prisma_migrations set finished_at = now(), applied_steps_count = 1 where id = '${id}'`,
  );
}
