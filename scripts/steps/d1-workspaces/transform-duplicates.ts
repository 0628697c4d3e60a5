import { countOf } from "../../engine/wording.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import type { UniqueIndex } from "../../cloudflare/load-schema.ts";
import { closingToken, listTokens } from "../../cloudflare/shape-checks.ts";
import { splitAtCommas } from "../../cloudflare/shape-twin.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";
import { describeCell } from "./transform-samples.ts";
import { isSameName, type Workbench } from "./transform-workbench.ts";

/** What has to be unique: expressions (with their collations) over the rows that meet a condition. */
export interface UniqueKey {
  readonly title: string;
  readonly expressions: readonly string[];
  readonly condition: string | undefined;
}

const collated = (name: string, collation: string | undefined): string =>
  `${quoteIdentifier(name)}${collation === undefined ? "" : ` COLLATE ${quoteIdentifier(collation)}`}`;

/** Expressions and condition of CREATE UNIQUE INDEX … ON t (a, lower(b) DESC) WHERE c. */
export function parseUniqueIndex(sql: string): Omit<UniqueKey, "title"> {
  const tokens = listTokens(sql);
  const open = tokens.findIndex(({ text }) => text === "(");
  const close = closingToken(tokens, open);
  const expressions = splitAtCommas(tokens, open, close).map((part) => {
    const last = part.at(-1);
    const isDirection = last?.kind === "word" && /^(?:asc|desc)$/i.test(last.text);
    const end = isDirection ? part.at(-2) : last;
    return sql.slice(part[0]?.start, end?.end);
  });
  const where = tokens[close + 1];
  const condition =
    where?.kind === "word" && where.text.toUpperCase() === "WHERE"
      ? sql.slice(where.end).trim().replace(/;$/, "")
      : undefined;
  return { expressions, condition };
}

function keyOfIndex(index: UniqueIndex): UniqueKey {
  const title = index.sql === undefined ? "UNIQUE" : `unique index ${index.name}`;
  if (index.sql !== undefined) return { title, ...parseUniqueIndex(index.sql) };
  const expressions = index.columns.map((name, place) =>
    collated(name ?? "", index.collations[place]),
  );
  return { title, expressions, condition: undefined };
}

function listKeys({ schema }: Workbench, shape: TableShape): UniqueKey[] {
  const collations = schema.collations.get(shape.name);
  const primary = {
    title: "primary key",
    expressions: shape.primaryKey.map((name) => collated(name, collations?.get(name))),
    condition: undefined,
  };
  const others = schema.uniqueIndexes.filter(({ table }) => isSameName(table, shape.name));
  return [...(shape.primaryKey.length > 0 ? [primary] : []), ...others.map(keyOfIndex)];
}

const where = (condition: string | undefined): string =>
  condition === undefined ? "" : ` WHERE ${condition}`;

/** Why the expressions of a key cannot be evaluated on all rows; undefined when they can. */
function findFault(
  { scratch }: Workbench,
  shape: TableShape,
  { expressions, condition }: UniqueKey,
): string | undefined {
  const counts = expressions.map((expression) => `count(${expression})`).join(", ");
  try {
    scratch.row(`SELECT ${counts} FROM main.${quoteIdentifier(shape.name)}${where(condition)}`);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Indexes v2's keys: foreign keys are looked up by them, and duplicates stand side by side. Expressions that fail are
 * told: v2 would stop at them.
 */
export function indexKeys(bench: Workbench, shape: TableShape): UniqueKey[] {
  const keys = listKeys(bench, shape).filter((key) => {
    const fault = findFault(bench, shape, key);
    if (fault === undefined) return true;
    bench.problems.push({
      what: `v2's ${key.title} on ${shape.name} cannot be evaluated on v1's rows: ${fault}`,
      where: `${shape.name} (${key.expressions.join(", ")})`,
      todo: "Mend the rows in v1: v2 would stop at them with the same message.",
    });
    return false;
  });
  for (const [number, { expressions, condition }] of keys.entries())
    bench.scratch.exec(
      `CREATE INDEX main.${quoteIdentifier(`movebook_key_${number}_${shape.name}`)} ON ${quoteIdentifier(shape.name)} (${expressions.join(", ")})${where(condition)}`,
    );
  return keys;
}

/** Rows that stand in each other's way under v2's primary keys, UNIQUE constraints and unique indexes. */
export function checkDuplicates(
  bench: Workbench,
  shape: TableShape,
  keys: readonly UniqueKey[],
): void {
  for (const { title, expressions, condition } of keys) {
    const given = [
      ...(condition === undefined ? [] : [`(${condition})`]),
      ...expressions.map((expression) => `(${expression}) IS NOT NULL`),
    ];
    const groups = `SELECT ${expressions.join(", ")}, count(*) FROM main.${quoteIdentifier(shape.name)}
WHERE ${given.join(" AND ")} GROUP BY ${expressions.map((_, index) => index + 1).join(", ")} HAVING count(*) > 1`;
    const count = bench.scratch.count(`SELECT count(*) FROM (${groups})`);
    if (count === 0) continue;
    bench.problems.push({
      what: `${countOf(count, "value")} stand${count === 1 ? "s" : ""} more than once in ${shape.name}, and v2 allows each once`,
      where: `${shape.name} (${expressions.join(", ")}), ${title}`,
      todo: "Mend them in v1, or map one of them by decision.",
      rows: Array.from(
        bench.scratch.rows(`${groups} LIMIT 10`),
        (cells) => `${shape.name}: ${cells.map(describeCell).join(", ")} rows`,
      ),
    });
  }
}
