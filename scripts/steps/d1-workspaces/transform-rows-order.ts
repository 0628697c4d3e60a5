import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { buildTwin } from "../../cloudflare/shape-twin.ts";
import type { Scratch } from "../../cloudflare/scratch.ts";
import type { ForeignKeyShape, TableShape } from "../../cloudflare/table-shape.ts";
import { joinKeys } from "./transform-keys.ts";
import { positionOf } from "./transform-sources.ts";
import { isSameName, type Workbench } from "./transform-workbench.ts";

/** A row is ready when each row that it refers to has its turn already, is missing, or is itself. */
function readyRows(key: ForeignKeyShape, table: string, position: string): string {
  return `NOT EXISTS (SELECT 1 FROM ${table} AS p WHERE ${joinKeys(key, "c", "p")}
  AND p.${position} <> c.${position} AND p.${position} NOT IN (SELECT place FROM turns))`;
}

/** Gives the rows whose parents have a turn the next one. @returns how many there were */
function takeTurn(
  scratch: Scratch,
  shape: TableShape,
  keys: readonly ForeignKeyShape[],
  turn: number,
): number {
  const [table, position] = [`main.${quoteIdentifier(shape.name)}`, positionOf(shape)];
  const ready = keys.map((key) => readyRows(key, table, position)).join(" AND ");
  const children =
    turn === 0
      ? `SELECT c.${position} FROM ${table} AS c WHERE ${ready}`
      : keys
          .map(
            (key) => `SELECT c.${position} FROM turns AS t
JOIN ${table} AS p ON p.${position} = t.place JOIN ${table} AS c ON ${joinKeys(key, "c", "p")}
WHERE t.turn = ${turn - 1} AND c.${position} NOT IN (SELECT place FROM turns) AND ${ready}`,
          )
          .join(" UNION ");
  return scratch.run(`INSERT INTO turns SELECT *, ${turn} FROM (${children})`);
}

function rewrite(bench: Workbench, shape: TableShape): void {
  const { scratch } = bench;
  const columns = shape.columns
    .filter(({ generated }) => !generated)
    .map(({ name }) => `u.${quoteIdentifier(name)}`);
  const unsorted = quoteIdentifier(`movebook_unsorted_${shape.name}`);
  scratch.exec(`ALTER TABLE main.${quoteIdentifier(shape.name)} RENAME TO ${unsorted}`);
  scratch.exec(buildTwin(shape, shape.name, bench.schema.collations.get(shape.name)));
  const position = positionOf(shape);
  scratch.exec(`INSERT INTO main.${quoteIdentifier(shape.name)} (${columns.map((name) => name.slice(2)).join(", ")})
SELECT ${columns.join(", ")} FROM ${unsorted} AS u LEFT JOIN turns AS t ON t.place = u.${position}
ORDER BY t.turn IS NULL, t.turn, u.${position}`);
  scratch.exec(`DROP TABLE main.${unsorted}`);
}

/**
 * Puts the rows of a table that refers to itself in an order in which parents come first; rows of a ring come last.
 * @returns true when there are rings
 */
export function orderRows(bench: Workbench, shape: TableShape): boolean {
  const keys = shape.foreignKeys.filter(({ table }) => isSameName(table, shape.name));
  if (keys.length === 0) return false;
  const { scratch } = bench;
  const table = quoteIdentifier(shape.name);
  for (const [number, { columns, references }] of keys.entries())
    for (const [side, names] of [columns, references].entries())
      scratch.exec(
        `CREATE INDEX main.movebook_order_${number}_${side} ON ${table} (${names.map(quoteIdentifier).join(", ")})`,
      );
  scratch.exec("CREATE TEMP TABLE turns (place INTEGER PRIMARY KEY, turn INTEGER)");
  scratch.exec("CREATE INDEX temp.turns_turn ON turns (turn)");
  for (let turn = 0; takeTurn(scratch, shape, keys, turn) > 0; turn += 1);
  const left =
    scratch.count(`SELECT count(*) FROM main.${table}`) -
    scratch.count("SELECT count(*) FROM turns");
  rewrite(bench, shape);
  scratch.exec("DROP TABLE temp.turns");
  return left > 0;
}
