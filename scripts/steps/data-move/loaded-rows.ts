import type { DumpSection } from "../../postgres/dump-file.ts";
import { isBelow } from "../../postgres/catalogue.ts";
import type { LoadedTable } from "../../postgres/ledger.ts";
import { planLoads } from "../../postgres/load-parts.ts";
import type { MovedTable } from "../../postgres/table-plan.ts";

/** Rows that a dump brings into each table of v2; a partitioned one is counted as a whole. */
export const countLoads = (
  tables: readonly MovedTable[],
  sections: readonly DumpSection[],
): LoadedTable[] => {
  const rowsOf = (of: readonly MovedTable[]): number =>
    planLoads(of, sections).reduce((sum, { section }) => sum + section.rows, 0);
  return tables.map((table) => ({
    schema: table.target.schema,
    name: table.target.name,
    kind: table.target.kind,
    // tables of v1 that v2 has made partitions of another one are counted in it too
    rows: rowsOf([table, ...tables.filter(({ target }) => isBelow(target, table.target))]),
  }));
};
