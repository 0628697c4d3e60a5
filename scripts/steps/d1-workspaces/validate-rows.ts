import {
  differing,
  noting,
  passing,
  type Finding,
  type FindingSection,
} from "../../engine/findings.ts";
import { countOf } from "../../engine/wording.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import type { Sides } from "./sides.ts";
import { isSameName, isSessionTable } from "./transform-workbench.ts";

const show = (rows: number | undefined): string =>
  rows === undefined ? "-" : rows.toLocaleString("en-US");

/** Rows of a v1 table as they were exported; undefined: v1 has no such table. */
function countExported({ scratch, sourceTables }: Sides, table: string): number | undefined {
  const found = sourceTables.find(({ shape }) => isSameName(shape.name, table));
  return found === undefined
    ? undefined
    : scratch.count(`SELECT count(*) FROM ${quoteIdentifier(found.table)}`);
}

function judgeTable(sides: Sides, table: string, expected: number): Finding {
  const rows = sides.targetContents.rows.get(table);
  const value = `${show(countExported(sides, table))} → ${show(rows)}`;
  if (rows === expected) return passing(table, value);
  const what =
    rows === undefined
      ? `${table} is not in v2`
      : `${table}: v2 holds ${countOf(rows, "row")}, and ${expected.toLocaleString("en-US")} should be there`;
  return differing(table, value, { what, where: `table ${table} of v2` });
}

/** Tables of v2 that the move does not fill must be empty, as they were before it. */
function judgeOthers({ targetContents, tables }: Sides): Finding[] {
  const filled = new Set(tables.map(({ shape }) => shape.name));
  return [...targetContents.rows]
    .filter(([table]) => !filled.has(table))
    .map(([table, rows]) => {
      const label = isSessionTable(table) ? `${table} (people log in again)` : table;
      if (rows === 0) return passing(label, "empty");
      return differing(label, show(rows), {
        what: `${table}: ${countOf(rows, "row")} in v2 that the move did not bring`,
        where: `table ${table} of v2`,
        todo: isSessionTable(table)
          ? "Sessions are not moved: who has logged in to v2 already?"
          : "Who has written to v2? It must be empty before the move.",
      });
    });
}

/** Rows of each table: v1 → v2. */
export async function findRows(sides: Sides): Promise<FindingSection[]> {
  const moved = sides.tables.map(({ shape, rows }) => judgeTable(sides, shape.name, rows));
  const left = sides.sourceTables
    .filter(({ shape }) => !sides.tables.some((table) => isSameName(table.shape.name, shape.name)))
    .map(({ shape }) =>
      noting(`${shape.name} (not moved)`, `${show(countExported(sides, shape.name))} → -`),
    );
  return [{ heading: "Rows (v1 → v2)", findings: [...moved, ...judgeOthers(sides), ...left] }];
}
