import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("../../sql/", import.meta.url);
const cache = new Map<string, string>();

/**
 * The text of sql/<name>.sql of this package.
 * @param name path below sql/ without the ending: `<folder>/list-tables`
 */
export function readSql(name: string): string {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`${name}.sql`, folder), "utf8");
  cache.set(name, text);
  return text;
}

/** Absolute path of a folder below sql/ of this package. */
export const sqlFolder = (name: string): string => fileURLToPath(new URL(`${name}/`, folder));
