import { Readable } from "node:stream";
import { z } from "zod";
import { noted, passed, problem, type CheckResult } from "../../engine/check.ts";
import type { StepContext } from "../../engine/step.ts";
import { countOf } from "../../engine/wording.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { loadSchema, type Schema } from "../../cloudflare/load-schema.ts";
import { listStoredColumns } from "../../cloudflare/stored-columns.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";
import { buildSchemaText, isShadowTable, type Contents } from "./contents.ts";
import { withSource } from "./databases.ts";
import { DecisionsBook } from "./decisions-book.ts";
import { leaveOutColumnLine, leaveOutTableLine } from "./decisions-lines.ts";
import { readDecisionsFile, type DecisionsFile } from "./decisions-file.ts";
import { sourceColumnFor } from "./transform-supplied.ts";
import {
  findNamed,
  isOwnTable,
  isSameName,
  isSessionTable,
  ownerColumns,
} from "./transform-workbench.ts";

/** A schema as shapes, from the statements that sqlite_master keeps. */
export const shapesOf = (contents: Pick<Contents, "objects">, name: string): Promise<Schema> =>
  loadSchema(Readable.from([Buffer.from(buildSchemaText(contents.objects))]), name);

const tellFile = ({ name, text }: DecisionsFile): CheckResult =>
  text === ""
    ? noted(`no decisions yet: ${name} is not there`)
    : passed(`decisions are read from ${name}`);

/** Where the places and owners of tables go: into bases and workspaces. */
const placeColumns: readonly string[] = [...ownerColumns, "base_id", "workspace_id"];

/** Columns of a v1 table that give nothing to v2's table of that name. */
function listHomelessColumns(
  book: DecisionsBook,
  source: TableShape,
  target: TableShape,
): string[] {
  const taken = new Set<string>();
  for (const { name } of target.columns) {
    const from = sourceColumnFor(source, target, name);
    if (from !== undefined) taken.add(from.toLowerCase());
    const other = book.fill(target.name, name)?.column;
    if (other !== undefined) taken.add(other.toLowerCase());
  }
  return listStoredColumns(source).filter((name) => {
    const isPlace = isSameName(source.name, "tables") && placeColumns.includes(name.toLowerCase());
    return !isPlace && !taken.has(name.toLowerCase()) && !book.isColumnLeftOut(source.name, name);
  });
}

const counted = z.object({ values: z.number() });

/** Columns with values that v2 has no place for: asked in one call. */
async function judgeColumns(
  context: StepContext,
  columns: readonly (readonly [table: string, column: string])[],
): Promise<CheckResult[]> {
  if (columns.length === 0) return [];
  const answers = await withSource(context).query(
    columns.map(
      ([table, column]) =>
        `select count(${quoteIdentifier(column)}) as "values" from ${quoteIdentifier(table)}`,
    ),
    "count the values that have no home in v2",
  );
  return columns.flatMap(([table, column], index) => {
    const { values } = counted.parse(answers[index]?.[0]);
    if (values === 0) return [];
    return [
      problem(`${table}.${column} has no home in v2: ${countOf(values, "value")}`, {
        where: `column ${table}.${column} of v1`,
        details: [leaveOutColumnLine(table, column)],
        todo: "Give it a column in v2, or decide that it stays behind (line above, into the decisions file).",
      }),
    ];
  });
}

function judgeTable(book: DecisionsBook, name: string, rows: number): CheckResult {
  const count = countOf(rows, "row");
  if (isSessionTable(name)) return noted(`${name}: ${count} not moved, people log in again`);
  if (book.isTableLeftOut(name)) return noted(`${name}: ${count} left out by decision`);
  if (rows === 0) return noted(`${name}: has no home in v2, and no rows`);
  return problem(`${name} has no home in v2: ${count}`, {
    where: `table ${name} of v1`,
    details: [leaveOutTableLine(name)],
    todo: "Give it a table in v2, or decide that it stays behind (line above, into the decisions file).",
  });
}

/**
 * What both schemas say already: the decisions file can be read, and each table and column of v1 has a home in v2 or a
 * decision. What depends on values is found by the transform.
 * @returns also the number of columns of each table of v2
 */
export async function checkDecisions(
  context: StepContext,
  source: Contents,
  target: Contents,
): Promise<{ readonly results: CheckResult[]; readonly columns: ReadonlyMap<string, number> }> {
  const file = readDecisionsFile(context);
  const book = new DecisionsBook(file.decisions);
  const [from, into] = await Promise.all([
    shapesOf(source, "v1's schema"),
    shapesOf(target, "v2's schema"),
  ]);
  const moved = from.shapes.filter(
    ({ name }) => !isOwnTable(name) && !isShadowTable(source.objects, name),
  );
  const homeOf = (shape: TableShape): TableShape | undefined =>
    isSessionTable(shape.name) || book.isTableLeftOut(shape.name)
      ? undefined
      : findNamed(into.shapes, shape.name);
  const homeless = moved.filter((shape) => homeOf(shape) === undefined);
  const columns = moved.flatMap((shape) => {
    const home = homeOf(shape);
    if (home === undefined) return [];
    return listHomelessColumns(book, shape, home).map((name) => [shape.name, name] as const);
  });
  const results = [
    tellFile(file),
    ...homeless.map(({ name }) => judgeTable(book, name, source.rows.get(name) ?? 0)),
    ...(await judgeColumns(context, columns)),
  ];
  const isDecided = results.every(({ outcome }) => outcome !== "problem");
  return {
    results: isDecided
      ? [...results, passed("every table and column of v1 has a home in v2, or a decision")]
      : results,
    columns: new Map(into.shapes.map(({ name, columns: all }) => [name, all.length])),
  };
}
