import { describeEndpoint, type Endpoint } from "../../../postgres/endpoint.ts";
import { measureTables } from "../../../postgres/table-sizes.ts";
import { countOf, sizeOf } from "../../../engine/wording.ts";
import type { ScopedSides } from "./section.ts";
import type { BothFacts } from "./readiness.ts";
import type { ServerFacts } from "./servers.ts";

/** One side of the box, ready to print. */
export interface BoxSide {
  readonly title: string;
  readonly endpoint: Pick<Endpoint, "host" | "port" | "database" | "user">;
  /** The role that the server answered with; may differ from the user that connected. */
  readonly role: string;
  readonly version: string;
  readonly tables: number;
  /** `unknown`: tables that were never analyzed. */
  readonly rows: { readonly count: bigint; readonly isEstimate: boolean; readonly unknown: number };
  /** Bytes of the whole database on disk. */
  readonly bytes: number;
}

function writeRows({ count, isEstimate, unknown }: BoxSide["rows"]): string {
  const number = count.toLocaleString("en-US");
  if (!isEstimate) return number;
  if (unknown === 0) return `about ${number} (estimate)`;
  return count === 0n
    ? "not known (never analyzed)"
    : `more than ${number} (estimate; ${countOf(unknown, "table")} never analyzed)`;
}

const listLines = (side: BoxSide): readonly (readonly [label: string, text: string])[] => [
  ["", side.title],
  ["host", `${side.endpoint.host}:${side.endpoint.port}`],
  ["database", side.endpoint.database],
  ["role", side.role],
  ["server", `PostgreSQL ${side.version}`],
  ["tables", `${side.tables.toLocaleString("en-US")} that move`],
  ["rows", writeRows(side.rows)],
  ["size", `${sizeOf(side.bytes)} (whole database)`],
];

/** Source and target side by side, in a frame; no secrets. */
export function buildIdentityBox(source: BoxSide, target: BoxSide): string[] {
  const [left, right] = [listLines(source), listLines(target)];
  const rows = left.map(([label, text], at) => [label, text, right[at]?.[1] ?? ""] as const);
  const width = (column: 0 | 1 | 2): number => Math.max(...rows.map((row) => row[column].length));
  const widths = [width(0), width(1), width(2)] as const;
  const rule = (a: string, b: string, c: string): string =>
    `${a}${widths.map((each) => "─".repeat(each + 2)).join(b)}${c}`;
  const [head, ...body] = rows.map(
    (row) =>
      `│ ${row.map((text, column) => text.padEnd(widths[column as 0 | 1 | 2])).join(" │ ")} │`,
  );
  return [rule("┌", "┬", "┐"), head ?? "", rule("├", "┼", "┤"), ...body, rule("└", "┴", "┘")];
}

const describeSide = (
  title: string,
  endpoint: Endpoint,
  facts: ServerFacts,
  moved: Pick<BoxSide, "tables" | "rows">,
): BoxSide => ({
  title,
  endpoint,
  role: facts.role,
  version: facts.version,
  bytes: Number(facts.bytes),
  ...moved,
});

/**
 * Reads what the box shows.
 * @param isEmpty v2's tables were looked at and are empty: its count is exact
 */
export async function readIdentityBox(
  { source, target, scope }: ScopedSides,
  facts: BothFacts,
  isEmpty: boolean,
): Promise<string[]> {
  const { moved } = scope.plan;
  const inSource = await measureTables(
    source,
    moved.flatMap((table) => table.leaves.map((leaf) => leaf.source)),
  );
  const inTarget = await measureTables(
    target,
    moved.flatMap((table) => table.leaves.map((leaf) => leaf.into)),
  );
  const rowsOf = ({ rows, unknown }: typeof inSource): BoxSide["rows"] => ({
    count: rows,
    isEstimate: true,
    unknown,
  });
  return buildIdentityBox(
    describeSide("v1: source, only read", source.endpoint, facts.source, {
      tables: moved.length,
      rows: rowsOf(inSource),
    }),
    describeSide("v2: target, is changed", target.endpoint, facts.target, {
      tables: moved.length,
      rows: isEmpty ? { count: 0n, isEstimate: false, unknown: 0 } : rowsOf(inTarget),
    }),
  );
}

/** One line, for programs. */
export const describeSides = (source: Endpoint, target: Endpoint): Record<string, string> => ({
  source: describeEndpoint(source),
  target: describeEndpoint(target),
});
