import { type Problem, refused } from "../engine/failure.ts";
import { quoteIdentifier } from "./identifier.ts";
import {
  buildRowsQuery,
  type ImportTable,
  listWrittenColumns,
  type RowSource,
} from "./import-table.ts";
import { limits } from "./limits.ts";
import { writeLiteral } from "./sql-literal.ts";

/** Rows of a table that are named; the true number is told. */
const samples = 20;

function findTooLarge(scratch: RowSource, table: ImportTable): Problem | undefined {
  const columns = listWrittenColumns(table.shape).map(quoteIdentifier);
  const size = columns.map((column) => `coalesce(octet_length(${column}),0)`).join("+");
  const key = table.shape.primaryKey;
  const rows: string[] = [];
  let count = 0;
  const query = buildRowsQuery(
    table,
    [size, ...(key.length > 0 ? key.map(quoteIdentifier) : columns.slice(0, 1))],
    ` WHERE ${size}>${limits.row}`,
  );
  for (const [bytes = null, ...cells] of scratch.rows(query)) {
    count += 1;
    if (rows.length < samples)
      rows.push(
        `${table.shape.name} ${cells.map(writeLiteral).join(", ")}: ${writeLiteral(bytes)} bytes`,
      );
  }
  if (count === 0) return undefined;
  return {
    what: `${count === 1 ? "a row of" : `${count} rows of`} ${table.shape.name} ${count === 1 ? "has" : "have"} more than ${limits.row} bytes`,
    where: table.shape.name,
    todo: "D1 stores no such row. Shorten it in v1 or leave it out by a decision; the report names the rows.",
    rows,
  };
}

/** wrangler cuts these words out of a file or refuses the file; in a name they cannot be written otherwise. */
function findTransactionName({ shape }: ImportTable): Problem | undefined {
  const name = [shape.name, ...listWrittenColumns(shape)].find((one) =>
    /BEGIN\s+TRANSACTION/i.test(one),
  );
  if (name === undefined) return undefined;
  const what = `wrangler executes no file with the name ${quoteIdentifier(name)} in it`;
  return { what, where: shape.name, todo: "Rename it in v2." };
}

/**
 * Everything can be written so that D1 takes it.
 * @throws Failure (exit 3) with each table that has a row over D1's limit, or a name that wrangler cuts
 */
export function verifyImportable(scratch: RowSource, tables: readonly ImportTable[]): void {
  const problems = tables
    .flatMap((table) => [findTransactionName(table), findTooLarge(scratch, table)])
    .filter((found) => found !== undefined);
  if (problems.length > 0) throw refused("there are rows that D1 cannot take", problems);
}
