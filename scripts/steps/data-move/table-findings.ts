import type { StepContext } from "../../engine/step.ts";
import type { Problem } from "../../engine/failure.ts";
import type { Catalogue } from "../../postgres/catalogue.ts";
import {
  countRows,
  isSameContents,
  readComparisonRules,
  readContents,
  type ComparisonRules,
  type Contents,
} from "../../postgres/contents.ts";
import { readDriverError } from "../../postgres/errors.ts";
import { listDifferingRows } from "../../postgres/differing-rows.ts";
import { displayName, nameKey } from "../../postgres/identifier.ts";
import type { MovedTable } from "../../postgres/table-plan.ts";
import { describeServerError } from "../../postgres/server-message.ts";
import {
  differing,
  notRunning,
  noting,
  passing,
  type Finding,
  type FindingSection,
} from "../../engine/findings.ts";
import { mapInLanes, type Lane, type Lanes } from "./lanes.ts";
import type { Scope } from "./scope.ts";
import { countOf } from "../../engine/wording.ts";

/** What is known of one table after both sides were read. */
interface Reading {
  readonly table: MovedTable;
  readonly source?: Contents;
  readonly target?: Contents;
  /** Why it could not be read. */
  readonly problem?: Problem;
  /** Rows that differ, for the report. */
  readonly rows?: readonly string[];
}

const sampledRows = 10;
const countsHeading = "TABLE ROW COUNTS:";

/** A validation that compares nothing has not passed. */
const nothingMoved = notRunning("tables", {
  what: "nothing was validated: v1 and v2 have no table in common that is moved",
  todo: "look at V1_LEAVE_OUT and at the schemas of both databases",
});

/** Row counts of every moved table, and their contents unless `quick`; one pass over each table for both. */
export async function findTables(
  context: StepContext,
  lanes: Lanes,
  scope: Scope,
): Promise<FindingSection[]> {
  const { quick } = context.options;
  const { moved } = scope.plan;
  if (moved.length === 0) return [{ heading: countsHeading, findings: [nothingMoved] }];
  const rules = await readComparisonRules(lanes[0].source, lanes[0].target);
  const readings = await mapInLanes(
    context,
    lanes,
    moved,
    (table, lane) => readTable(table, lane, { quick, rules, catalogue: scope.targetCatalogue }),
    (done) =>
      context.screen.progress(`comparing tables: ${done} of ${moved.length}`, {
        tables: done,
        totalTables: moved.length,
      }),
  );
  return [
    {
      heading: countsHeading,
      findings: [...describeCounts(readings), ...describeLeftOut(scope)],
    },
    {
      heading: "CONTENTS:",
      findings: quick
        ? [noting("left out by --quick: rows were counted, not compared")]
        : readings.map(describeContents),
    },
  ];
}

interface ReadOptions {
  readonly quick: boolean;
  readonly rules: ComparisonRules;
  readonly catalogue: Catalogue;
}

async function readTable(table: MovedTable, lane: Lane, options: ReadOptions): Promise<Reading> {
  try {
    return options.quick ? await countBoth(table, lane) : await compareBoth(table, lane, options);
  } catch (error) {
    if (readDriverError(error) === undefined) throw error;
    const name = displayName(table.name);
    return {
      table,
      problem: {
        where: `table ${name}`,
        ...describeServerError(`table ${name} could not be compared`, error),
      },
    };
  }
}

async function countBoth(table: MovedTable, { source, target }: Lane): Promise<Reading> {
  const [left, right] = await Promise.all([
    countRows(source, "source", table),
    countRows(target, "target", table),
  ]);
  return {
    table,
    source: { rows: left, sums: ["0", "0"] },
    target: { rows: right, sums: ["0", "0"] },
  };
}

async function compareBoth(
  table: MovedTable,
  lane: Lane,
  { rules, catalogue }: ReadOptions,
): Promise<Reading> {
  const [source, target] = await Promise.all([
    readContents(lane.source, "source", table, rules),
    readContents(lane.target, "target", table, rules),
  ]);
  if (isSameContents(source, target)) return { table, source, target };
  const difference = { table, source, target, primaryKey: listPrimaryKey(catalogue, table), rules };
  const rows = await listDifferingRows(lane.source, lane.target, difference, sampledRows);
  return { table, source, target, rows: rows.map(({ kind, row }) => `${kind} ${row}`) };
}

const listPrimaryKey = (catalogue: Catalogue, table: MovedTable): string[] =>
  (
    catalogue.uniqueKeys.find(
      (key) =>
        key.primary && nameKey({ schema: key.schema, name: key.table }) === nameKey(table.name),
    )?.columns ?? []
  ).filter((column) => column !== null);

const write = (count: bigint | undefined): string => (count ?? 0n).toLocaleString("en-US");

function describeCounts(readings: readonly Reading[]): Finding[] {
  const width = Math.max(
    6,
    ...readings.map(({ source, target }) =>
      Math.max(write(source?.rows).length, write(target?.rows).length),
    ),
  );
  const both = (left: string, right: string): string =>
    `${left.padStart(width)}  ${right.padStart(width)}`;
  const head = readings.length === 0 ? [] : [noting("table", both("v1", "v2"))];
  return [...head, ...readings.map((reading) => describeCount(reading, both))];
}

function describeCount(reading: Reading, both: (left: string, right: string) => string): Finding {
  const name = displayName(reading.table.name);
  if (reading.problem !== undefined) return notRunning(name, reading.problem);
  const [left, right] = [reading.source?.rows ?? 0n, reading.target?.rows ?? 0n];
  if (left === right) return passing(name, both(write(left), write(right)));
  return differing(name, both(write(left), write(right)), {
    what: `table ${name} has ${countOf(left, "row")} in v1 and ${countOf(right, "row")} in v2`,
    where: `table ${name}`,
    ...withRows(reading),
  });
}

const withRows = ({ rows }: Reading): Pick<Problem, "rows"> => (rows === undefined ? {} : { rows });

function describeContents(reading: Reading): Finding {
  const name = displayName(reading.table.name);
  if (reading.problem !== undefined) return notRunning(name, reading.problem);
  const [left, right] = [reading.source, reading.target];
  if (left !== undefined && right !== undefined && isSameContents(left, right))
    return passing(name, "equal");
  return differing(name, "differ", {
    what: `the rows of table ${name} are not the same in v1 and v2`,
    where: `table ${name}, columns ${reading.table.columns.map((column) => column.name).join(", ")}`,
    todo: "the report names up to ten rows that differ",
    ...withRows(reading),
  });
}

const describeLeftOut = ({ plan }: Scope): Finding[] => [
  ...plan.leftOut.map(({ name, reason }) => noting(`${displayName(name)}: not moved, ${reason}`)),
  ...plan.moved.flatMap(({ name, skipped }) =>
    skipped.map((column) => noting(`${displayName(name)}.${column}: not moved, by decision`)),
  ),
];
