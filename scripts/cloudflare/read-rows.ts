import { failed } from "../engine/failure.ts";
import type { Cell } from "./cell.ts";
import type { D1Database, Row } from "./d1-database.ts";
import { decodeCell, encodeCells, unprinted } from "./exact-cells.ts";
import { quoteIdentifier } from "./identifier.ts";
import { numberRows } from "./row-numbers.ts";
import { listStoredColumns } from "./stored-columns.ts";
import type { TableShape } from "./table-shape.ts";

const pieceBytes = 400_000;
const smallCell = 100_000;
/** Numbers of rows in one statement. */
const mostNumbers = 300;

/** One column of one row: the cell as far as it is small, else its storage class and its bytes. */
interface Measured {
  readonly number: bigint;
  readonly value: string;
  readonly from: string;
  readonly type: string;
  readonly bytes: number;
  readonly cell: string | null;
  /** A double, as JSON has it. */
  readonly real: number | null;
}

const buildMeasure = (value: string, from: string): string =>
  `SELECT typeof(${value}) AS type, coalesce(length(CAST(${value} AS BLOB)), 0) AS bytes,` +
  ` CASE WHEN coalesce(length(CAST(${value} AS BLOB)), 0) <= ${smallCell} THEN ${encodeCells([value])} END AS cell,` +
  ` CASE typeof(${value}) WHEN 'real' THEN ${value} END AS real ${from}`;

const listPieces = ({ value, bytes, cell, from }: Measured): string[] =>
  cell !== null
    ? []
    : Array.from(
        { length: Math.ceil(bytes / pieceBytes) },
        (_, index) =>
          `SELECT hex(substr(CAST(${value} AS BLOB), ${index * pieceBytes + 1}, ${pieceBytes})) AS piece ${from}`,
      );

async function measureRows(
  database: D1Database,
  shape: TableShape,
  numbers: readonly bigint[],
  title: string,
): Promise<Measured[]> {
  const { one } = numberRows(shape);
  const asked = numbers.flatMap((number) =>
    listStoredColumns(shape).map((column) => ({
      number,
      value: quoteIdentifier(column),
      from: one(number),
    })),
  );
  const answers = await database.query(
    asked.map(({ value, from }) => buildMeasure(value, from)),
    title,
  );
  return asked.map((cell, index) => {
    const row = answers[index]?.[0];
    if (row === undefined)
      throw failed(`${shape.name} changed while it was read`, [
        { what: "a row is gone", where: shape.name, todo: "Nobody may write while this runs." },
      ]);
    return { ...cell, ...(row as unknown as Pick<Measured, "type" | "bytes" | "cell" | "real">) };
  });
}

function buildCell({ type, cell, real }: Measured, pieces: readonly (readonly Row[])[]): Cell {
  if (cell === unprinted) return Number(real);
  if (cell !== null) return decodeCell(cell);
  const digits = pieces.map(([row]) => String(row?.["piece"])).join("");
  return decodeCell(`${type === "blob" ? "b" : "t"}${digits}`);
}

/**
 * Reads the doubles of some rows as JSON, which is exact where D1's printf is not.
 * @param numbers as numberRows numbers the rows
 * @returns number of the row → place of the column → the double
 */
export async function readReals(
  database: D1Database,
  shape: TableShape,
  numbers: readonly bigint[],
): Promise<Map<bigint, Map<number, number>>> {
  const { number } = numberRows(shape);
  const columns = listStoredColumns(shape).map(quoteIdentifier);
  const lists = Array.from({ length: Math.ceil(numbers.length / mostNumbers) }, (_, index) =>
    numbers.slice(index * mostNumbers, (index + 1) * mostNumbers),
  );
  const questions = columns.flatMap((column, place) =>
    lists.map(
      (list) =>
        `SELECT CAST(number AS TEXT) AS number, ${place} AS place, value FROM (SELECT ${number} AS number,` +
        ` ${column} AS value FROM ${quoteIdentifier(shape.name)})` +
        ` WHERE number IN (${list.join(", ")}) AND typeof(value) = 'real'`,
    ),
  );
  const reals = new Map<bigint, Map<number, number>>(numbers.map((key) => [key, new Map()]));
  const answers = await database.query(
    questions,
    `Read doubles of ${shape.name} of ${database.name}`,
  );
  for (const row of answers.flat())
    reals.get(BigInt(row["number"] as string))?.set(Number(row["place"]), Number(row["value"]));
  return reals;
}

/**
 * Reads single rows column by column, whatever is in them; those that are too long for one answer, in pieces.
 * @param numbers as numberRows numbers the rows
 * @returns the stored columns of each row, by its number
 */
export async function readRows(
  database: D1Database,
  shape: TableShape,
  numbers: readonly bigint[],
): Promise<Map<bigint, Cell[]>> {
  const rows = new Map<bigint, Cell[]>(numbers.map((number) => [number, []]));
  if (numbers.length === 0) return rows;
  const title = `Read single rows of ${shape.name} of ${database.name}`;
  const cells = await measureRows(database, shape, numbers, title);
  const pieces = cells.map(listPieces);
  const answers = await database.query(pieces.flat(), title);
  let used = 0;
  for (const [index, cell] of cells.entries()) {
    const own = answers.slice(used, (used += pieces[index]?.length ?? 0));
    rows.get(cell.number)?.push(buildCell(cell, own));
  }
  return rows;
}
