import { ownSearchPath, withOwnSearchPath } from "./own-search-path.ts";
import type { Table } from "./catalogue.ts";
import { buildContentsQuestion, type ComparedTable, type ComparisonRules } from "./contents.ts";
import type { Database } from "./database.ts";
import { rowsOf } from "./filled-tables.ts";
import { buildBlock, quoteLiteral, type QualifiedName } from "./identifier.ts";

/** The rows of a table of the target, as a rollback point holds them: how many, and a sum that no order changes. */
export interface KeptTable extends QualifiedName {
  readonly kind: "r" | "p";
  readonly rows: number;
  readonly sums: readonly [string, string];
}

/** What is needed of a table to sum its contents; a partitioned one is taken as a whole. */
export type SummedTable = Pick<Table, "schema" | "name" | "kind" | "columns">;

/** Both sides are one server, at two moments. */
const rules: ComparisonRules = { toUtf8: false, floatsAsBytes: false };

/** A table beside itself. What v2 computes (generated columns) follows from the rest. */
function besideItself({ schema, name, kind, columns }: SummedTable): ComparedTable {
  const table = { schema, name, kind, columns } as Table;
  return {
    name: { schema, name },
    source: table,
    target: table,
    columns: columns
      .filter(({ generated }) => generated === "")
      .map((column) => ({ name: column.name, source: column, target: column })),
    apart: [],
  };
}

const buildQuestion = (table: SummedTable): string =>
  buildContentsQuestion("target", besideItself(table), rules);

const noRows: Pick<KeptTable, "rows" | "sums"> = { rows: 0, sums: ["0", "0"] };

async function readOne(db: Database, table: SummedTable): Promise<KeptTable> {
  const { schema, name, kind } = table;
  const [filled] = await db.query(`select 1 as one from ${rowsOf(table)} limit 1`);
  if (filled === undefined) return { schema, name, kind, ...noRows };
  const answer = await db.one<{ rows: string; first: string; second: string }>(
    buildQuestion(table),
  );
  return { schema, name, kind, rows: Number(answer.rows), sums: [answer.first, answer.second] };
}

/**
 * Counts and sums tables; within `db.snapshot` all of one moment.
 * @param onTable called before each
 */
export async function readKeptTables(
  db: Database,
  tables: readonly SummedTable[],
  onTable: (table: SummedTable, index: number) => void = () => undefined,
): Promise<KeptTable[]> {
  return withOwnSearchPath(db, async () => {
    const kept: KeptTable[] = [];
    for (const [index, table] of tables.entries()) {
      onTable(table, index);
      kept.push(await readOne(db, table));
    }
    return kept;
  });
}

async function countRows(db: Database, table: SummedTable): Promise<number> {
  const { rows } = await db.one<{ rows: string }>(
    `select pg_catalog.count(*) as rows from ${rowsOf(table)}`,
  );
  return Number(rows);
}

/** How many rows a table holds, and whether they are those that were kept; the sums only where the numbers are equal. */
export async function compareKept(
  db: Database,
  table: SummedTable,
  kept: KeptTable,
): Promise<{ readonly rows: number; readonly isSame: boolean }> {
  return withOwnSearchPath(db, async () => {
    const rows = await countRows(db, table);
    if (rows !== kept.rows || rows === 0) return { rows, isSame: rows === kept.rows };
    return { rows, isSame: isSameKept(kept, await readOne(db, table)) };
  });
}

export const isSameKept = (a: KeptTable, b: KeptTable): boolean =>
  a.rows === b.rows && a.sums[0] === b.sums[0] && a.sums[1] === b.sums[1];

/** Marks the error that says which tables do not hold what they should: JSON in DETAIL, [[schema, name]]. */
export const otherRowsMessage = "movebook: tables hold other rows than was looked at before";

const isOther = (table: SummedTable, kept: KeptTable): string =>
  kept.rows === 0
    ? `exists (select 1 from ${rowsOf(table)})`
    : `(select pg_catalog.concat_ws(' ', q.rows, q.first, q.second) from (${buildQuestion(table)}) as q) is distinct from ${quoteLiteral([kept.rows, ...kept.sums].join(" "))}`;

/** A condition that is true when the table does not hold what it should. */
export interface Look {
  readonly table: QualifiedName;
  readonly condition: string;
}

export const buildKeptLook = (table: SummedTable, kept: KeptTable): Look => ({
  table,
  condition: isOther(table, kept),
});

/**
 * True when a table holds another number of rows than an import wrote, or rows that were written in another transaction:
 * an update leaves the number as it is.
 * @param transaction xmin of the import's rows; undefined when it is not known any more
 */
export const buildLoadedLook = (
  table: Pick<Table, "schema" | "name" | "kind">,
  rows: number,
  transaction: string | undefined,
): Look => ({
  table,
  condition: [
    `(select pg_catalog.count(*) from ${rowsOf(table)}) <> ${rows}`,
    ...(transaction === undefined
      ? []
      : [
          `exists (select 1 from ${rowsOf(table)} where xmin::pg_catalog.text <> '${Number(transaction)}')`,
        ]),
  ].join(" or "),
});

/** Looks at all tables and ends the transaction with the list of those that hold something else. */
export function buildLooks(looks: readonly Look[]): string[] {
  if (looks.length === 0) return [];
  const note = ({ table }: Look): string =>
    quoteLiteral(JSON.stringify([[table.schema, table.name]]));
  const body = [
    "declare other pg_catalog.jsonb := '[]'; begin",
    ...looks.map(
      (look) =>
        `if ${look.condition} then other := other || ${note(look)}::pg_catalog.jsonb; end if;`,
    ),
    `if other <> '[]'::pg_catalog.jsonb then raise exception using errcode = 'object_not_in_prerequisite_state', message = ${quoteLiteral(otherRowsMessage)}, detail = other::pg_catalog.text; end if; end`,
  ];
  return [
    // the text of some values depends on it, and indexes may need it: the sums were taken under the same one
    ownSearchPath,
    buildBlock(body.join("\n")),
    "set local search_path = '';",
  ];
}

/** The tables that the error names; undefined when it is another error. */
export function parseOtherRows(error: {
  readonly message: string;
  readonly detail?: string | undefined;
}): QualifiedName[] | undefined {
  if (!error.message.startsWith(otherRowsMessage)) return undefined;
  const names = JSON.parse(error.detail ?? "[]") as readonly (readonly [string, string])[];
  return names.map(([schema, name]) => ({ schema, name }));
}
