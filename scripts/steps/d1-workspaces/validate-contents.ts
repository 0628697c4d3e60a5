import {
  differing,
  noting,
  passing,
  type Finding,
  type FindingSection,
} from "../../engine/findings.ts";
import { countOf } from "../../engine/wording.ts";
import { compareTable, isSame, type TableDifference } from "./compare-table.ts";
import { explainNotRun } from "./validate-not-run.ts";
import { openScratch, type Sides } from "./sides.ts";
import { isSameName } from "./transform-workbench.ts";

/** Says how many rows both lanes have read. */
class Progress {
  readonly #sides: Sides;
  readonly #rows = new Map<string, number>();

  constructor(sides: Sides) {
    this.#sides = sides;
  }

  tell(side: "v1" | "v2", table: string, rows: number): void {
    this.#rows.set(`${side} ${table}`, rows);
    const read = [...this.#rows.values()].reduce((sum, count) => sum + count, 0);
    this.#sides.context.screen.progress(
      `reading back: ${countOf(read, "row")} compared (${side} ${table})`,
      { rows: read },
    );
  }
}

function describeDifference(found: TableDifference): string {
  const counts = [
    [found.missing, "missing"],
    [found.extra, "too many"],
    [found.changed, "with other values"],
  ] as const;
  return counts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${countOf(count, "row")} ${word}`)
    .join(", ");
}

const listColumns = ({ columns }: TableDifference): string[] =>
  [...columns].map(([column, rows]) => `${column}: ${countOf(rows, "row")}`);

function judgeTarget(found: TableDifference): Finding {
  const value = `${found.equal.toLocaleString("en-US")} of ${found.expected.toLocaleString("en-US")}`;
  if (isSame(found)) return passing(found.table, value);
  return differing(found.table, value, {
    what: `${found.table} of v2: ${describeDifference(found)}`,
    where: `table ${found.table} of v2`,
    details: listColumns(found),
    rows: found.samples,
    todo: "Has somebody written to v2? Take the import back and import again; or keep v2 as it is, knowingly.",
  });
}

/** A difference in v1 is no fault of the move: somebody has written to v1 since, and v2 does not have that. */
export function judgeSource(found: TableDifference, moves: boolean): Finding {
  const value = `${found.equal.toLocaleString("en-US")} of ${found.expected.toLocaleString("en-US")}`;
  if (isSame(found)) return passing(found.table, value);
  const what = `v1 was written to since the export: ${found.table}: ${describeDifference(found)}`;
  if (!moves)
    return { outcome: "warned", label: `${found.table} (not moved): changed since`, value };
  return differing(found.table, value, {
    what,
    where: `table ${found.table} of v1`,
    details: listColumns(found),
    rows: found.samples,
    todo: "v2 lacks that. Stop the writes to v1, take the import back, and run again from the export.",
  });
}

type Lane = "v1" | "v2";

/** One side, table after table. */
async function compareSide(sides: Sides, lane: Lane, progress: Progress): Promise<Finding[]> {
  const { context } = sides;
  const scratch = openScratch(context);
  const findings: Finding[] = [];
  const tables = lane === "v1" ? sides.sourceTables : sides.tables;
  try {
    for (const { shape, table, orderBy } of tables) {
      const { name } = shape;
      const ask = async (): Promise<Finding> => {
        const found = await compareTable({
          shape,
          expected: table,
          orderBy,
          scratch,
          database: lane === "v1" ? sides.source : sides.target,
          signal: context.signal,
          onRows: (rows) => progress.tell(lane, name, rows),
        });
        const moves = sides.tables.some((one) => isSameName(one.shape.name, name));
        return lane === "v1" ? judgeSource(found, moves) : judgeTarget(found);
      };
      findings.push(await ask().catch((error: unknown) => explainNotRun(name, error)));
      context.signal.throwIfAborted();
    }
  } finally {
    scratch.close();
  }
  return findings;
}

/** Every row of both sides, byte for byte; both are read at the same time. */
export async function findContents(sides: Sides): Promise<FindingSection[]> {
  if (sides.context.options.quick)
    return [
      {
        heading: "Contents",
        findings: [noting("rows were not read back (--quick)")],
      },
    ];
  const progress = new Progress(sides);
  const [target, source] = await Promise.all([
    compareSide(sides, "v2", progress),
    compareSide(sides, "v1", progress),
  ]);
  return [
    { heading: "v2, read back: rows as they were transformed, byte for byte", findings: target },
    { heading: "v1, read again: rows as they were exported, byte for byte", findings: source },
  ];
}
