import { passed, problem, warned, type CheckResult } from "../../../engine/check.ts";
import { countOf, sizeOf } from "../../../engine/wording.ts";
import { displayName } from "../../../postgres/identifier.ts";
import { measureWidths, widestRow, type RowWidths } from "../../../postgres/wide-rows.ts";
import type { BothFacts } from "./readiness.ts";
import type { ScopedSides } from "./section.ts";

/** From here on the programs need memory that somebody should know of. */
const remarkable = 100_000_000;

/** Bytes. A text grows when it is converted: é has one byte in LATIN1, two in UTF8. */
export const widestRowOf = ({ source, target }: BothFacts): number =>
  source.encoding === target.encoding ? widestRow : widestRow / 2;

const listLarge = ({ columns }: RowWidths): string[] =>
  columns
    .filter(({ largest }) => largest > remarkable / 10)
    .map(({ name, largest }) => `column ${name}: up to ${sizeOf(largest)}`);

/** What can be said of the rows of one table. */
export function judgeWidths(widths: RowWidths, limit: number): CheckResult {
  const { table, tooWide, widest } = widths;
  const name = displayName(table);
  const large = listLarge(widths);
  const column = widths.columns[0]?.name ?? "column";
  if (tooWide === 0n)
    return warned(`rows of ${name} are up to ${sizeOf(widest)} wide`, {
      details: large,
      todo: `pg_dump needs about four times that in memory here, each server up to seven times; a move carries rows up to ${sizeOf(limit)}.`,
    });
  return problem(
    `${name}: ${countOf(tooWide, "row")} of v1 ${tooWide === 1n ? "is" : "are"} wider than ${sizeOf(limit)}, which is as much as a move carries for certain (the widest: ${sizeOf(widest)})`,
    {
      where: `table ${name}`,
      details: large,
      todo: `Leave the column or the table behind (V1_LEAVE_OUT=${name}.${column}; a bytea of that size only with its whole table: V1_LEAVE_OUT=${name}), or empty these values in the snapshot, and bring them by other means.`,
    },
  );
}

/** Rows that no program of Postgres could write as one text, or that need much memory. */
export async function checkWidths(
  { source, scope }: ScopedSides,
  facts: BothFacts,
): Promise<CheckResult[]> {
  const limit = widestRowOf(facts);
  const wide = await measureWidths(source, scope.sourceCatalogue, scope.plan.moved, {
    limit,
    from: Math.min(remarkable, limit),
  });
  if (wide.length === 0) return [passed(`no row of v1 is wider than ${sizeOf(remarkable)}`)];
  return wide.map((widths) => judgeWidths(widths, limit));
}
