import { failed } from "../engine/failure.ts";
import type { Cell } from "./cell.ts";
import type { D1Database, Row } from "./d1-database.ts";
import { encodeCells, measureCells, unprinted } from "./exact-cells.ts";
import { quoteIdentifier } from "./identifier.ts";
import { readRows, readReals } from "./read-rows.ts";
import { numberRows } from "./row-numbers.ts";
import { StoredRow } from "./stored-row.ts";
import { listStoredColumns } from "./stored-columns.ts";
import type { TableShape } from "./table-shape.ts";

export interface ReadOptions {
  /**
   * Bytes of one answer, about; 32 MB locally, where each call takes a second to begin, 8 MB remotely. A page of
   * 32 MB takes wrangler some 400 MB of memory, and us 100.
   */
  readonly pageBytes?: number;
}

/** Values of a row with more bytes are read in pieces: D1 gives no text beyond 2 MB, and hex doubles the length. */
const largeRow = 300_000;
/** Characters of one row of an answer, which holds many rows of the table. */
const packLength = 500_000;
/** A first page, when nothing is known of the rows. D1 computes them all and sends those that fit. */
const firstPageRows = { local: 50_000, remote: 10_000 } as const;
const defaultPageBytes = { local: 32_000_000, remote: 8_000_000 } as const;

/** Characters of a row in an answer beside those of its bytes: its number, and of each cell what stands around them. */
const frameOf = (columns: readonly string[]): number => 22 + 26 * columns.length;

/** A row as an answer has it. A large one has no cells. */
const buildRow = (number: string, columns: readonly string[]): string =>
  `${number} || ':' || CASE WHEN ${measureCells(columns)} > ${largeRow} THEN '' ELSE ${encodeCells(columns)} END`;

/** What a page needs beside its place. */
interface PageSize {
  readonly rows: number;
  readonly bytes: number;
}

/** Rows are measured first and encoded where they are sent: encoded ones are not gathered, counted and sorted. */
function buildRowidPage(
  shape: TableShape,
  after: bigint | undefined,
  { rows, bytes }: PageSize,
): string {
  const columns = listStoredColumns(shape).map(quoteIdentifier);
  const { number, after: from, last } = numberRows(shape);
  const size = `2 * min(bytes, ${largeRow}) + ${frameOf(columns)}`;
  return [
    `WITH movebook_page AS (SELECT ${number} AS number, ${measureCells(columns)} AS bytes ${from(after, rows)}),`,
    `movebook_counted AS (SELECT number, sum(${size}) OVER (ORDER BY number ROWS UNBOUNDED PRECEDING) AS total FROM movebook_page),`,
    `movebook_packs AS (SELECT min(number) AS low, max(number) AS high FROM movebook_counted WHERE total <= ${bytes} GROUP BY total / ${packLength})`,
    `SELECT (SELECT group_concat(${buildRow(number, columns)}, ';') FROM ${quoteIdentifier(shape.name)}`,
    `WHERE ${number} BETWEEN movebook_packs.low AND movebook_packs.high) AS pack,`,
    `CAST(${last} AS TEXT) AS last FROM movebook_packs ORDER BY low`,
  ].join("\n");
}

function buildKeyPage(
  shape: TableShape,
  after: bigint | undefined,
  { rows, bytes }: PageSize,
): string {
  const columns = listStoredColumns(shape).map(quoteIdentifier);
  const { number, after: from, last } = numberRows(shape);
  return [
    `WITH movebook_page AS (SELECT ${number} AS number, ${buildRow(number, columns)} AS cells ${from(after, rows)}),`,
    "movebook_counted AS (SELECT number, cells, sum(length(cells) + 1) OVER (ORDER BY number ROWS UNBOUNDED PRECEDING) AS total FROM movebook_page)",
    `SELECT group_concat(cells, ';') AS pack, CAST(${last} AS TEXT) AS last`,
    `FROM movebook_counted WHERE total <= ${bytes} GROUP BY total / ${packLength} ORDER BY min(number)`,
  ].join("\n");
}

/**
 * SQL for one page: rows of the answer hold many rows of the table each, `number:cells` separated by semicolons, and
 * end before they exceed `bytes`.
 */
const buildPage = (shape: TableShape, after: bigint | undefined, size: PageSize): string =>
  shape.withoutRowid ? buildKeyPage(shape, after, size) : buildRowidPage(shape, after, size);

/** A row of a page; undefined text: it is a large one. */
interface NumberedRow {
  readonly number: bigint;
  readonly text: string | undefined;
}

interface Page {
  readonly rows: readonly NumberedRow[];
  readonly length: number;
  /** The number of the table's last row. */
  readonly last: bigint;
}

const readNumber = (value: unknown): bigint => BigInt(typeof value === "string" ? value : 0);

function parsePack(pack: unknown): NumberedRow[] {
  return String(pack)
    .split(";")
    .map((text) => {
      const colon = text.indexOf(":");
      const cells = text.slice(colon + 1);
      return { number: BigInt(text.slice(0, colon)), text: cells === "" ? undefined : cells };
    });
}

/** @throws Failure when rows come back in another order than asked for */
function parsePage(answer: readonly Row[], shape: TableShape): Page {
  const rows = answer.flatMap(({ pack }) => parsePack(pack));
  if (rows.some((row, index) => index > 0 && row.number <= (rows[index - 1]?.number ?? 0n)))
    throw failed(`${shape.name} came back in disorder`, [
      { what: "rows of a page are not in the order of their numbers", where: shape.name },
    ]);
  const length = answer.reduce((sum, { pack }) => sum + String(pack).length, 0);
  return { rows, length, last: readNumber(answer[0]?.["last"]) };
}

const listNumbers = (rows: readonly NumberedRow[]): bigint[] => rows.map(({ number }) => number);

async function fillRows(
  database: D1Database,
  shape: TableShape,
  rows: readonly NumberedRow[],
): Promise<StoredRow[]> {
  const large = rows.filter(({ text }) => text === undefined);
  const unexact = rows.filter(({ text }) => text?.includes(unprinted));
  const reals = await readReals(database, shape, listNumbers(unexact));
  const read = await readRows(database, shape, listNumbers(large));
  return rows.map(({ number, text }) =>
    text === undefined
      ? StoredRow.ofCells(read.get(number) ?? [])
      : StoredRow.ofText(text, reals.get(number)),
  );
}

/**
 * Reads all rows of a table with every byte: text with NUL and text that is no UTF-8, integers of 64 bit, Infinity.
 * Cells stand in the order of the stored columns (listStoredColumns). Rows come in the order of the rowid, those of
 * WITHOUT ROWID tables in the order of the primary key. The next page is fetched while one is worked on.
 */
export async function* readStoredRows(
  database: D1Database,
  shape: TableShape,
  { pageBytes = defaultPageBytes[database.place] }: ReadOptions = {},
): AsyncGenerator<StoredRow[]> {
  const ask = async (after: bigint | undefined, rows: number): Promise<Page> => {
    const sql = buildPage(shape, after, { rows, bytes: pageBytes });
    const [answer = []] = await database.query(sql, `Read ${shape.name} of ${database.name}`);
    return parsePage(answer, shape);
  };
  let next: Promise<Page> | undefined = ask(undefined, firstPageRows[database.place]);
  while (next !== undefined) {
    const page: Page = await next;
    const end = page.rows.at(-1)?.number;
    if (end === undefined) return;
    const rows = Math.ceil((pageBytes / (page.length / page.rows.length)) * 1.1);
    next = end >= page.last ? undefined : ask(end, rows);
    // when the caller stops early, nobody waits for it
    next?.catch(() => undefined);
    yield await fillRows(database, shape, page.rows);
  }
}

/** The cells of all rows of a table, as readStoredRows reads them. */
export async function* readTable(
  database: D1Database,
  shape: TableShape,
  options?: ReadOptions,
): AsyncGenerator<Cell[][]> {
  for await (const page of readStoredRows(database, shape, options))
    yield page.map(({ cells }) => cells);
}
