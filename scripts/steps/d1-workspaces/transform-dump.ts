import { Readable } from "node:stream";
import { refused, type Problem } from "../../engine/failure.ts";
import { readSql } from "../../engine/sql-file.ts";
import { countOf } from "../../engine/wording.ts";
import { quoteIdentifier } from "../../cloudflare/identifier.ts";
import { loadDump } from "../../cloudflare/load-dump.ts";
import { loadSchema, type Schema } from "../../cloudflare/load-schema.ts";
import { Scratch } from "../../cloudflare/scratch.ts";
import { listTokens } from "../../cloudflare/shape-checks.ts";
import type { TableShape } from "../../cloudflare/table-shape.ts";
import { writeScratchTables, type ScratchTable } from "../../cloudflare/scratch-table.ts";
import type { Decisions } from "./decisions.ts";
import { DecisionsBook } from "./decisions-book.ts";
import { checkExpressions, checkJson, checkNotNull, checkTypes } from "./transform-checks.ts";
import { checkDuplicates, indexKeys, type UniqueKey } from "./transform-duplicates.ts";
import { settleHomeless, settlePlaces } from "./transform-homeless.ts";
import { orderTables, type OrderedTable } from "./transform-keys.ts";
import { settleOrphans } from "./transform-orphans.ts";
import { orderRows } from "./transform-rows-order.ts";
import { makeWorkspaces, positionOf, verifyProduct } from "./transform-sources.ts";
import { fillTarget, type FilledTable } from "./transform-targets.ts";
import { settleUses } from "./transform-uses.ts";
import { findSource, listTargets, sourcePrefix, type Workbench } from "./transform-workbench.ts";

export interface TransformCall {
  /** The mended dump of v1. */
  readonly dump: string;
  /** v2's schema as SQL. */
  readonly v2Schema: string;
  readonly decisions: Decisions;
  /** Is written; must not be there yet. */
  readonly scratchFile: string;
  readonly signal: AbortSignal;
  /** Rows of v1 that are loaded so far. */
  readonly onRows?: (rows: number) => void;
}

/** How many rows went into one of v2's tables, and where they came from. */
export interface TableCount {
  readonly table: string;
  /** Rows of v1's table of this name. */
  readonly source: number;
  readonly made: number;
  /** Rows for v2. */
  readonly rows: number;
}

export interface Transformed {
  /** What v2 would refuse or what would be lost: nothing may be imported while there is one. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly notes: readonly string[];
  /** v2's tables in the scratch file, parents first. */
  readonly tables: readonly ScratchTable[];
  readonly counts: readonly TableCount[];
  /** Decisions that had an effect, with it and their reasons. */
  readonly decisions: readonly string[];
}

async function readSchema(sql: string): Promise<Schema> {
  try {
    return await loadSchema(Readable.from([Buffer.from(sql)]), "v2's schema");
  } catch (error) {
    if (error instanceof Error && error.name === "Failure") throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw refused("v2's schema cannot be read", [{ what: message, where: "v2's schema" }]);
  }
}

/** Names of v1 and v2 that a decision may mean. */
const listNames = ({ sources, schema }: Workbench): string[] =>
  [...sources.map(({ shape }) => shape), ...schema.shapes].flatMap(({ name, columns }) => [
    name,
    ...columns.map((column) => `${name}.${column.name}`),
  ]);

function noteWorkspaces({ scratch, notes, sources }: Workbench): void {
  const [workspaces = 0, members = 0, bases = 0] = [
    "made_workspaces",
    "made_members",
    "made_bases",
  ].map((table) => scratch.count(`SELECT count(*) FROM ${table}`));
  const had = scratch.count("SELECT count(*) FROM source_workspaces");
  if (had > 0)
    notes.push(`v1 has ${countOf(had, "workspace")} already: kept, and not wrapped again`);
  notes.push(
    `made: ${countOf(workspaces, "workspace")}, ${countOf(members, "owner membership")}, ${countOf(bases, "base")}`,
  );
  if (sources.length > 0 && scratch.count("SELECT count(*) FROM source_users") === 0)
    notes.push("v1 has no users");
}

function warnOfOwnerless({ scratch, book }: Workbench): void {
  const count = scratch.count(readSql("d1-workspaces/count-ownerless-workspaces"));
  if (count === 0) return;
  book.warn({
    what: `${countOf(count, "workspace")} of v1 ${count === 1 ? "has" : "have"} no member whose role is owner`,
    where: "workspace_members.role",
    todo: "Give the owner that role in v1, or in v2 afterwards.",
  });
}

function noteTriggers({ schema, book }: Workbench): void {
  for (const { name, table } of schema.triggers)
    book.warn({
      what: `v2's trigger ${name} on ${table} runs while rows are inserted`,
      todo: "Drop it before the import when it changes or adds rows, and create it again afterwards.",
    });
}

/** What was found while v2's tables were filled. */
interface Settled {
  readonly filled: readonly FilledTable[];
  /** Tables whose rows refer to each other in a ring. */
  readonly rings: ReadonlySet<string>;
  /** v2's keys that were indexed. */
  readonly keys: ReadonlyMap<TableShape, readonly UniqueKey[]>;
}

/** Parents first, so that what is left out of a parent shows in its children. */
function settleTargets(bench: Workbench, ordered: readonly OrderedTable[]): Settled {
  const filled = ordered.map(({ shape }) => fillTarget(bench, shape));
  const shapes = ordered.map(({ shape }) => shape);
  const rings = new Set<string>();
  settleHomeless(bench, filled);
  settlePlaces(bench);
  for (const shape of shapes) if (orderRows(bench, shape)) rings.add(shape.name);
  const keys = new Map(shapes.map((shape) => [shape, indexKeys(bench, shape)]));
  for (const shape of shapes) settleOrphans(bench, shape, shapes);
  return { filled, rings, keys };
}

function checkTargets(bench: Workbench, ordered: readonly OrderedTable[], { keys }: Settled): void {
  for (const { shape } of ordered) {
    checkExpressions(bench, shape);
    checkNotNull(bench, shape);
    checkTypes(bench, shape);
    checkDuplicates(bench, shape, keys.get(shape) ?? []);
    checkJson(bench, shape);
  }
}

const isAutoincrement = ({ sql }: TableShape): boolean =>
  listTokens(sql).some(({ kind, text }) => kind === "word" && /^autoincrement$/i.test(text));

function describeTables(
  { scratch, sources }: Workbench,
  ordered: readonly OrderedTable[],
  rings: ReadonlySet<string>,
): ScratchTable[] {
  return ordered.map(({ shape, cyclic }) => ({
    shape,
    source: shape.name,
    orderBy: positionOf(shape),
    rows: scratch.count(`SELECT count(*) FROM main.${quoteIdentifier(shape.name)}`),
    cyclic: cyclic || rings.has(shape.name),
    sequence: isAutoincrement(shape) ? findSource(sources, shape.name)?.sequence : undefined,
  }));
}

function transform(bench: Workbench, decisions: Decisions): Transformed {
  verifyProduct(bench);
  makeWorkspaces(bench);
  noteWorkspaces(bench);
  warnOfOwnerless(bench);
  noteTriggers(bench);
  const ordered = orderTables(listTargets(bench.schema));
  const settled = settleTargets(bench, ordered);
  const { filled, rings } = settled;
  settleUses(bench, filled, decisions);
  checkTargets(bench, ordered, settled);
  const tables = describeTables(bench, ordered, rings);
  writeScratchTables(bench.scratch, "v2", tables);
  return {
    problems: bench.problems,
    warnings: bench.book.listWarnings(listNames(bench)),
    notes: bench.notes,
    tables,
    counts: filled.map(({ shape, sourceRows, madeRows }, index) => ({
      table: shape.name,
      source: sourceRows,
      made: madeRows,
      rows: tables[index]?.rows ?? 0,
    })),
    decisions: bench.book.listUsed(),
  };
}

/**
 * Makes v2's rows of v1's dump, in a scratch file: v1's tables under `v1.<name>`, v2's under their own names, with v2's
 * columns and affinities, so that what stands there is what v2 will store. Everything that v2 would refuse is found
 * here and told at once. The same dump, schema and decisions give the same rows in the same order.
 * @throws Failure when the dump or the schema cannot be read, or is another product's; a scratch file that was begun is
 * worth nothing then
 */
export async function transformDump(call: TransformCall): Promise<Transformed> {
  const schema = await readSchema(call.v2Schema);
  const scratch = Scratch.open(call.scratchFile);
  try {
    scratch.exec("BEGIN");
    const sources = await loadDump(call.dump, scratch, {
      prefix: sourcePrefix,
      signal: call.signal,
      ...(call.onRows === undefined ? {} : { onRows: call.onRows }),
    });
    const loaded = sources.map(({ shape, source, rows }) => ({
      shape,
      source,
      orderBy: positionOf(shape),
      rows,
    }));
    writeScratchTables(scratch, "v1", loaded);
    const book = new DecisionsBook(call.decisions);
    const bench = { scratch, sources, schema, book, problems: [], notes: [] };
    const transformed = transform(bench, call.decisions);
    scratch.exec("COMMIT");
    return transformed;
  } finally {
    scratch.close();
  }
}
