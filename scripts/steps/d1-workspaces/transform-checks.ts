import { countOf } from "../../engine/wording.ts";
import type { Problem } from "../../engine/failure.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { listTokens } from "../../cloudflare/shape-checks.ts";
import { unquoteToken } from "../../cloudflare/shape-twin.ts";
import type { ColumnShape, TableShape } from "../../cloudflare/table-shape.ts";
import { cellOf } from "./decisions.ts";
import { fillLine, mapLine, refusedLine } from "./decisions-lines.ts";
import { describeCell, describeRows } from "./transform-samples.ts";
import { isRowNumber } from "./transform-targets.ts";
import { findColumn, isSameName, type Workbench } from "./transform-workbench.ts";

/** Under its own name, because a CHECK may call it by that. */
const from = ({ name }: TableShape): string =>
  `main.${quoteIdentifier(name)} AS ${quoteIdentifier(name)}`;

/** How many rows meet each of the conditions, in one reading of the table. */
function countEach(bench: Workbench, shape: TableShape, conditions: readonly string[]): number[] {
  if (conditions.length === 0) return [];
  const sums = conditions.map((condition) => `sum(${condition})`).join(", ");
  const row = bench.scratch.row(`SELECT ${sums} FROM ${from(shape)}`) ?? [];
  return conditions.map((_, index) => Number(row[index] ?? 0));
}

/** Rows without a value where v2 wants one. */
export function checkNotNull(bench: Workbench, shape: TableShape): void {
  const columns = shape.columns.filter(({ notNull, generated }) => notNull && !generated);
  const conditions = columns.map(({ name }) => `${quoteIdentifier(name)} IS NULL`);
  const counts = countEach(bench, shape, conditions);
  for (const [index, column] of columns.entries()) {
    const count = counts[index] ?? 0;
    const isReported = bench.problems.some(({ details }) =>
      details?.includes(fillLine(shape.name, column.name, "<value>")),
    );
    if (count === 0 || isReported) continue;
    const usual =
      column.defaultSql === undefined ? "" : `; v2's own default is ${column.defaultSql}`;
    bench.problems.push({
      what: `${countOf(count, "row")} of ${shape.name} ${count === 1 ? "has" : "have"} no ${column.name}, and v2 wants one`,
      where: `${shape.name}.${column.name}, NOT NULL${usual}`,
      todo: "Decide what stands there.",
      details: [fillLine(shape.name, column.name, "<value>")],
      rows: describeRows(bench.scratch, shape, conditions[index] ?? "0"),
    });
  }
}

const strictTypes: Readonly<Record<string, string>> = {
  INT: "'integer'",
  INTEGER: "'integer'",
  REAL: "'real'",
  TEXT: "'text'",
  BLOB: "'blob'",
};

function typeCondition(shape: TableShape, column: ColumnShape): string | undefined {
  const wanted = isRowNumber(shape, column)
    ? "'integer'"
    : shape.strict
      ? strictTypes[column.type.toUpperCase()]
      : undefined;
  return wanted && `typeof(${quoteIdentifier(column.name)}) NOT IN ('null', ${wanted})`;
}

/** Values whose type v2 refuses: in STRICT tables, and in an INTEGER PRIMARY KEY. */
export function checkTypes(bench: Workbench, shape: TableShape): void {
  const checked = shape.columns.flatMap((column) => {
    const condition = column.generated ? undefined : typeCondition(shape, column);
    return condition === undefined ? [] : [{ column, condition }];
  });
  const counts = countEach(
    bench,
    shape,
    checked.map(({ condition }) => condition),
  );
  for (const [index, { column, condition }] of checked.entries()) {
    const count = counts[index] ?? 0;
    if (count === 0) continue;
    bench.problems.push({
      what: `${countOf(count, "row")} of ${shape.name} ${count === 1 ? "has" : "have"} a ${column.name} that is no ${column.type}`,
      where: `${shape.name}.${column.name}`,
      todo: "Mend them in v1, or map them by decision.",
      details: [mapLine(shape.name, column.name, ["<value of v1>"], "<value>")],
      rows: describeRows(bench.scratch, shape, condition, [column.name]),
    });
  }
}

/** The columns that an expression speaks of. */
function columnsOf(shape: TableShape, expression: string): ColumnShape[] {
  const words = listTokens(expression).filter(
    ({ kind, text }) => kind === "word" || (kind === "quoted" && !text.startsWith("'")),
  );
  const found = words.map(({ text }) => findColumn(shape, unquoteToken(text)));
  return [...new Set(found.filter((column) => column !== undefined))];
}

/** Values that CHECK (column IN ('a', 'b')) allows; undefined when it is no such list. */
export function listAllowed(expression: string): string[] | undefined {
  const tokens = listTokens(expression);
  const at = tokens.findIndex(({ kind, text }) => kind === "word" && text.toUpperCase() === "IN");
  if (at !== 1 || tokens[2]?.text !== "(" || tokens.at(-1)?.text !== ")") return undefined;
  const values = tokens.slice(3, -1).filter(({ text }) => text !== ",");
  return values.every(({ text }) => text.startsWith("'") || /^\d+$/.test(text))
    ? values.map(({ text }) => unquoteToken(text))
    : undefined;
}

const shownValues = 20;
const shownLength = 40;

interface Refused {
  readonly shape: TableShape;
  readonly expression: string;
  readonly count: number;
}

function describeValues(
  bench: Workbench,
  { shape, expression }: Refused,
  column: ColumnShape,
): Pick<Problem, "details" | "rows"> & { readonly distinct: number } {
  const name = quoteIdentifier(column.name);
  const values = [
    ...bench.scratch.rows(
      `SELECT ${name}, count(*) FROM ${from(shape)} WHERE NOT (${expression}) GROUP BY ${name} COLLATE BINARY ORDER BY 2 DESC, 1`,
    ),
  ];
  const allowed = listAllowed(expression);
  const texts = values.map(([value]) => describeCell(value ?? null));
  const isShown =
    allowed !== undefined &&
    values.length <= shownValues &&
    texts.every((text) => text.length <= shownLength);
  const choice = allowed === undefined ? "<value>" : `<${allowed.join(" | ")}>`;
  return {
    distinct: values.length,
    details: isShown
      ? [
          values.map(([, count], index) => `${texts[index]} (${describeCell(count)})`).join(", "),
          mapLine(shape.name, column.name, texts, choice),
        ]
      : [refusedLine(shape.name, column.name, choice)],
    rows: values
      .slice(0, 100)
      .map(
        ([, count], index) =>
          `${shape.name}.${column.name} = ${texts[index]}: ${describeCell(count)}`,
      ),
  };
}

function reportCheck(bench: Workbench, refused: Refused): void {
  const { shape, expression, count } = refused;
  const columns = columnsOf(shape, expression);
  const [column] = columns;
  const what = `v2's CHECK refuses ${countOf(count, "row")} of ${shape.name}`;
  if (columns.length !== 1 || column === undefined) {
    bench.problems.push({
      what,
      where: `CHECK (${expression})`,
      todo: "Mend them in v1, or map one of the columns by decision.",
      rows: describeRows(bench.scratch, shape, `NOT (${expression})`),
    });
    return;
  }
  const { distinct, ...facts } = describeValues(bench, refused, column);
  bench.problems.push({
    what: `${what}: ${countOf(distinct, "value")} of ${column.name}`,
    where: `${shape.name}.${column.name}, CHECK (${expression})`,
    todo: "Decide what they become in v2.",
    ...facts,
  });
}

/** What `refused` decides for a column, where v2's CHECK on that column alone refuses a value. */
function applyRefused(bench: Workbench, shape: TableShape, expression: string): boolean {
  const columns = columnsOf(shape, expression);
  const [column] = columns;
  const decision = column && bench.book.map(shape.name, column.name);
  if (columns.length !== 1 || column === undefined || decision?.refused === undefined) return false;
  const changed = bench.scratch.run(
    `UPDATE ${from(shape)} SET ${quoteIdentifier(column.name)} = ? WHERE NOT (${expression})`,
    cellOf(decision.refused),
  );
  if (changed > 0)
    bench.book.use("map", `${shape.name}.${column.name}`, countOf(changed, "refused value"));
  return true;
}

/** Rows that v2's CHECK expressions refuse. */
export function checkExpressions(bench: Workbench, shape: TableShape): void {
  for (const expression of shape.checks) {
    try {
      const countRefused = (): number => countEach(bench, shape, [`NOT (${expression})`])[0] ?? 0;
      // counted first: an expression that fails must not fail in the middle of an UPDATE without a journal
      let count = countRefused();
      if (count > 0 && applyRefused(bench, shape, expression)) count = countRefused();
      if (count > 0) reportCheck(bench, { shape, expression, count });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      bench.problems.push({
        what: `v2's CHECK on ${shape.name} cannot be evaluated on v1's rows: ${message}`,
        where: `CHECK (${expression})`,
        todo: "Mend the rows in v1: v2 would stop at them with the same message.",
      });
    }
  }
}

const jsonColumns = [
  ["records", "data"],
  ["fields", "options"],
] as const;

/** JSON that is none: moved as it is, and told. */
export function checkJson(bench: Workbench, shape: TableShape): void {
  const columns = jsonColumns.flatMap(([table, name]) => {
    const column = isSameName(table, shape.name) ? findColumn(shape, name) : undefined;
    return column === undefined ? [] : [column];
  });
  for (const column of columns) {
    const condition = `json_valid(${quoteIdentifier(column.name)}) = 0`;
    const [count = 0] = countEach(bench, shape, [condition]);
    if (count === 0) continue;
    bench.book.warn({
      what: `${countOf(count, "row")} of ${shape.name} ${count === 1 ? "holds" : "hold"} invalid JSON in ${column.name}; moved byte for byte as v1 has it`,
      where: `${shape.name}.${column.name}`,
      rows: describeRows(bench.scratch, shape, condition),
    });
  }
}
