import { noted, passed, problem, type CheckResult, type CheckSection } from "../../engine/check.ts";
import { countOf } from "../../engine/wording.ts";
import { hazardKinds, type HazardKind } from "../../cloudflare/lint-kinds.ts";
import type { Hazard, LintReport } from "../../cloudflare/lint-dump.ts";
import type { MendedTable } from "./reread-mender.ts";

const showPlace = ({ table, column, row, line }: Hazard): string =>
  [column === undefined ? table : `${table}.${column}`, row, `line ${line}`]
    .filter((part) => part !== undefined)
    .join(", ");

function judgeKind(kind: HazardKind, { counts, hazards }: LintReport): CheckResult {
  const { mend, what, deed } = hazardKinds[kind];
  const found = counts.filter((one) => one.kind === kind);
  const total = found.reduce((sum, { count }) => sum + count, 0);
  const facts = {
    where: found
      .map(({ table, column }) => (column === undefined ? table : `${table}.${column}`))
      .join(", "),
    todo: deed,
    details: found.map(
      ({ table, column, count }) =>
        `${column === undefined ? table : `${table}.${column}`}: ${count.toLocaleString("en-US")}`,
    ),
    rows: hazards.filter((one) => one.kind === kind).map(showPlace),
  };
  const text = `${total.toLocaleString("en-US")} × ${what} (${facts.where})`;
  return mend === "none" ? problem(text, facts) : noted(`${text}. ${deed}`, facts);
}

function judgeDump(report: LintReport): CheckResult[] {
  const rows = report.tables.reduce((sum, table) => sum + table.rows, 0);
  const read = passed(
    `${countOf(report.tables.length, "table")}, ${countOf(rows, "row")}: the dump is whole`,
  );
  const kinds = Object.keys(hazardKinds) as HazardKind[];
  const found = kinds.filter((kind) => report.counts.some((one) => one.kind === kind));
  return [read, ...found.map((kind) => judgeKind(kind, report))];
}

function judgeTable({ name, reread, repaired, changed, changedRows }: MendedTable): CheckResult {
  if (changed > 0)
    return problem(`${name}: v1 changed since the export`, {
      where: `table ${name}`,
      todo: "Stop the writes to v1, then export v1 again.",
      details: [`rows that differ: ${changed.toLocaleString("en-US")} or more`],
      rows: changedRows,
    });
  return passed(
    `${name}: ${countOf(reread, "row")} read again from v1, ${countOf(repaired, "JSON text")} mended, the rest compared with v1`,
  );
}

/** What lint found in the dump, and what became of it. */
export const buildLintSections = (
  report: LintReport,
  mended: readonly MendedTable[],
): CheckSection[] => [
  { heading: "Dump of v1:", results: judgeDump(report) },
  ...(mended.length === 0 ? [] : [{ heading: "Mended:", results: mended.map(judgeTable) }]),
];
