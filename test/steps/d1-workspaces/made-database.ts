import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import type { D1Database, Row } from "../../../scripts/cloudflare/d1-database.ts";

/** A D1 database without wrangler: an SQLite file that answers questions. */
export function makeDatabase(
  name: string,
  statements: readonly string[],
): D1Database & {
  readonly change: (...sql: readonly string[]) => void;
} {
  const file = join(mkdtempSync(join(tmpdir(), "movebook-made-")), `${name}.sqlite`);
  const database = new Libsql(file);
  const change = (...sql: readonly string[]): void => {
    for (const one of sql) database.exec(one);
  };
  change(...statements);
  const refuse = (): Promise<never> => Promise.reject(new Error("this database only answers"));
  return {
    name,
    id: `id-of-${name}`,
    place: "local",
    query: async (sql) =>
      (typeof sql === "string" ? [sql] : sql).map((one) => database.prepare(one).all() as Row[]),
    exportTo: refuse,
    executeFile: refuse,
    bookmark: refuse,
    restore: refuse,
    change,
  };
}
