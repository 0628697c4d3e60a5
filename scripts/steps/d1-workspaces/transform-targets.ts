import { countOf } from "../../engine/wording.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import type { LoadedTable } from "../../cloudflare/load-dump.ts";
import { buildTwin } from "../../cloudflare/shape-twin.ts";
import type { ColumnShape, TableShape } from "../../cloudflare/table-shape.ts";
import { fillColumnLine, fillLine, leaveOutTableLine } from "./decisions-lines.ts";
import {
  columnOfRow,
  constantDefault,
  filled,
  mapped,
  plain,
  type Expression,
} from "./transform-expression.ts";
import { positionOf } from "./transform-sources.ts";
import { madeRowsOf, sourceColumnFor, suppliedFor } from "./transform-supplied.ts";
import { findColumn, findSource, isSameName, type Workbench } from "./transform-workbench.ts";

/** Where the rows of one of v2's tables came from. */
export interface FilledTable {
  readonly shape: TableShape;
  readonly source: LoadedTable | undefined;
  /** Rows that v1 has, and rows that were made. */
  readonly sourceRows: number;
  readonly madeRows: number;
  /** Columns of v1 that went into it. */
  readonly usedColumns: ReadonlySet<string>;
}

const moved = (shape: TableShape): ColumnShape[] =>
  shape.columns.filter(({ generated }) => !generated);

/** A column that SQLite fills by itself with the number of the row. */
export const isRowNumber = (shape: TableShape, column: ColumnShape): boolean =>
  !shape.withoutRowid &&
  shape.primaryKey.length === 1 &&
  isSameName(shape.primaryKey[0] ?? "", column.name) &&
  column.type.toUpperCase() === "INTEGER";

const placeColumns = new Set(["base_id", "workspace_id"]);

/** Rows of v1 on their way into one of v2's tables. */
class SourceRows {
  readonly #bench: Workbench;
  readonly #target: TableShape;
  readonly #source: LoadedTable;
  readonly used = new Set<string>();

  constructor(bench: Workbench, target: TableShape, source: LoadedTable) {
    this.#bench = bench;
    this.#target = target;
    this.#source = source;
  }

  #isPlaced(column: string): boolean {
    return isSameName(this.#target.name, "tables") && placeColumns.has(column.toLowerCase());
  }

  #columnOf(name: string): Expression | undefined {
    if (this.#isPlaced(name)) return plain(`p.${name.toLowerCase()}`);
    const found = this.#findColumn(name);
    if (found !== undefined) this.used.add(found.toLowerCase());
    const own = found === undefined ? undefined : columnOfRow("s", found);
    const isOwner =
      isSameName(this.#target.name, "workspaces") && /^(?:owner|user)_id$/i.test(name);
    return isOwner ? this.#ownerOf(own) : own;
  }

  #findColumn(name: string): string | undefined {
    const found = sourceColumnFor(this.#source.shape, this.#target, name);
    const isLeftOut =
      found !== undefined && this.#bench.book.isColumnLeftOut(this.#source.shape.name, found);
    return isLeftOut ? undefined : found;
  }

  /** A workspace that does not name its owner has the one whose membership says so. */
  #ownerOf(own: Expression | undefined): Expression {
    const id = quoteIdentifier(findColumn(this.#source.shape, "id")?.name ?? "id");
    const member = `(SELECT o.user_id FROM workspace_owners AS o WHERE o.workspace_id = s.${id} ORDER BY o.rank, o.user_id LIMIT 1)`;
    return plain(own === undefined ? member : `coalesce(${own.sql}, ${member})`);
  }

  expression(column: ColumnShape): Expression | undefined {
    const { book } = this.#bench;
    const name = this.#target.name;
    const base = this.#columnOf(column.name);
    const own = base === undefined ? undefined : mapped(base, book.map(name, column.name));
    const fill = book.fill(name, column.name);
    const value = filled(own, fill, (other) => this.#columnOf(other));
    return value ?? constantDefault(column);
  }

  get from(): string {
    const position = positionOf(this.#source.shape);
    const rows = `main.${quoteIdentifier(this.#source.source)} AS s`;
    if (!isSameName(this.#target.name, "tables")) return `${rows} ORDER BY s.${position}`;
    return `${rows} JOIN placed_tables AS p ON p.position = s.${position}
WHERE p.base_id IS NOT NULL ORDER BY s.${position}`;
  }
}

function madeExpression(
  bench: Workbench,
  shape: TableShape,
  column: ColumnShape,
): Expression | undefined {
  const columnOf = (name: string): Expression | undefined => {
    const sql = suppliedFor(shape.name, name);
    return sql === undefined ? undefined : plain(sql);
  };
  // an id of ours is a text; where v2 numbers its rows, the row gets a number
  const isNumbered = isRowNumber(shape, column) && isSameName(shape.name, "workspace_members");
  const base = isNumbered ? undefined : columnOf(column.name);
  return (
    filled(base, bench.book.fill(shape.name, column.name), columnOf) ?? constantDefault(column)
  );
}

function insertRows(
  { scratch }: Workbench,
  shape: TableShape,
  expressions: ReadonlyMap<ColumnShape, Expression>,
  from: string,
): number {
  const columns = [...expressions.keys()].map(({ name }) => quoteIdentifier(name));
  const values = [...expressions.values()];
  return scratch.run(
    `INSERT INTO main.${quoteIdentifier(shape.name)} (${columns.join(", ")})
SELECT ${values.map(({ sql }) => sql).join(", ")} FROM ${from}`,
    ...values.flatMap(({ cells }) => cells),
  );
}

function reportMissing(
  bench: Workbench,
  shape: TableShape,
  column: ColumnShape,
  rows: string,
  source: TableShape | undefined,
): void {
  const asks = column.defaultSql === undefined ? "" : ", and v2's default differs from run to run";
  const time = column.name.endsWith("_at") ? "created_at" : "id";
  const other = findColumn(source ?? shape, time);
  const takesColumn =
    other !== undefined && !isSameName(other.name, column.name) && source !== undefined;
  bench.problems.push({
    what: `nobody gives ${shape.name}.${column.name} a value${asks}`,
    where: rows,
    todo: "Decide what stands there.",
    details: [
      fillLine(shape.name, column.name, "<value>"),
      ...(takesColumn ? [fillColumnLine(shape.name, column.name, other.name)] : []),
    ],
  });
}

/** The columns of which something is known. What v2 must have and nobody gives is a problem. */
function collect(
  bench: Workbench,
  shape: TableShape,
  rows: number,
  whose: string,
  expressionOf: (column: ColumnShape) => Expression | undefined,
  source?: TableShape,
): Map<ColumnShape, Expression> {
  const found = new Map<ColumnShape, Expression>();
  for (const column of moved(shape)) {
    const expression = expressionOf(column);
    if (expression !== undefined) found.set(column, expression);
    const isNeeded =
      (column.notNull || column.defaultSql !== undefined) && !isRowNumber(shape, column);
    if (expression === undefined && isNeeded && rows > 0)
      reportMissing(bench, shape, column, `${countOf(rows, "row")} ${whose}`, source);
  }
  return found;
}

function reportStrangers({ problems }: Workbench, { name }: TableShape, rows: number): void {
  problems.push({
    what: `${name} of v1 and ${name} of v2 have no column in common: ${countOf(rows, "row")}`,
    where: `table ${name}`,
    todo: "Give v2's table v1's columns, or decide that v1's table stays behind.",
    details: [leaveOutTableLine(name)],
  });
}

function numberRows({ scratch }: Workbench, shape: TableShape): void {
  const column = shape.columns.find((one) => isRowNumber(shape, one));
  if (column === undefined) return;
  const [table, name] = [quoteIdentifier(shape.name), quoteIdentifier(column.name)];
  const position = positionOf(shape);
  const last = scratch.count(
    `SELECT coalesce(max(${name}), 0) FROM ${table} WHERE typeof(${name}) = 'integer'`,
  );
  scratch.run(
    `UPDATE ${table} SET ${name} = ? + n.turn
FROM (SELECT ${position} AS place, row_number() OVER (ORDER BY ${position}) AS turn FROM ${table} WHERE ${name} IS NULL) AS n
WHERE ${table}.${position} = n.place`,
    BigInt(last),
  );
}

/** Makes one of v2's tables in the scratch file, without what refuses rows, and fills it from v1 and with made rows. */
export function fillTarget(bench: Workbench, shape: TableShape): FilledTable {
  const { scratch, book, schema } = bench;
  scratch.exec(buildTwin(shape, shape.name, schema.collations.get(shape.name)));
  const known = findSource(bench.sources, shape.name);
  const source = known !== undefined && book.isTableLeftOut(shape.name) ? undefined : known;
  const made = madeRowsOf(shape.name);
  const madeRows = made === undefined ? 0 : scratch.count(`SELECT count(*) FROM ${made}`);
  let usedColumns: ReadonlySet<string> = new Set();
  if (source !== undefined) {
    const rows = new SourceRows(bench, shape, source);
    const columns = collect(
      bench,
      shape,
      source.rows,
      "of v1",
      (one) => rows.expression(one),
      source.shape,
    );
    usedColumns = rows.used;
    if (usedColumns.size > 0) insertRows(bench, shape, columns, rows.from);
    else if (source.rows > 0) reportStrangers(bench, shape, source.rows);
  }
  if (made !== undefined && madeRows > 0) {
    const columns = collect(bench, shape, madeRows, "that are made", (one) =>
      madeExpression(bench, shape, one),
    );
    insertRows(bench, shape, columns, `${made} AS m ORDER BY m.rowid`);
  }
  numberRows(bench, shape);
  return { shape, source, sourceRows: source?.rows ?? 0, madeRows, usedColumns };
}
