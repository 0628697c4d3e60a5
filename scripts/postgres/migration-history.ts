import type { Problem } from "../engine/failure.ts";
import type { Database } from "./database.ts";
import {
  historyTableNames,
  recogniseHistories,
  type HistoryCandidate,
  type HistoryTool,
  type RecognisedHistory,
} from "./history-shapes.ts";
import { displayName, quoteName, type QualifiedName } from "./identifier.ts";
import type { MigrationTool } from "./migration-tools.ts";

/** One line of a history. */
export interface HistoryEntry {
  /** Name, version or, for drizzle, the moment in milliseconds since 1970 by which it knows a migration. */
  readonly name: string;
  readonly state: "applied" | "failed" | "rolled-back";
  readonly checksum: string | null;
}

/** The tables in which a migration tool keeps what it applied. */
export interface History {
  readonly tool: HistoryTool;
  /** The history; when `isRemnant`, a lock table of the tool that was left without one. */
  readonly table: QualifiedName;
  /** All tables of the tool in this schema, the history first. */
  readonly tables: readonly QualifiedName[];
  readonly isRemnant: boolean;
  /** Owners of those tables that the session's role does not own and is no member of. */
  readonly otherOwners: readonly string[];
  /** False: the session's role may not read it; `entries` is then empty. */
  readonly readable: boolean;
  /** Oldest first. */
  readonly entries: readonly HistoryEntry[];
}

const toName = ({ schema, name }: QualifiedName): QualifiedName => ({ schema, name });

function buildEntriesQuery({ shape }: RecognisedHistory, table: QualifiedName): string {
  const { name, state, checksum, order } = shape.entry;
  return `select (${name})::pg_catalog.text as name, ${state} as state, (${checksum ?? "null"})::pg_catalog.text as checksum from ${quoteName(table)} order by ${order}`;
}

/** Undefined when the role may not read it: no privilege, or row security that is forced on the owner too. */
async function readEntries(
  db: Database,
  found: RecognisedHistory,
): Promise<HistoryEntry[] | undefined> {
  const { table } = found;
  if (table === undefined) return [];
  if (!table.readable) return undefined;
  try {
    return await db.query<HistoryEntry>(buildEntriesQuery(found, table));
  } catch (error) {
    if ((error as { code?: string }).code === "42501") return undefined;
    throw error;
  }
}

async function readHistory(db: Database, found: RecognisedHistory): Promise<History> {
  const { shape, table, tables } = found;
  const entries = await readEntries(db, found);
  return {
    tool: shape.tool,
    table: toName(table ?? tables[0]),
    tables: tables.map(toName),
    isRemnant: table === undefined,
    otherOwners: [...new Set(tables.filter(({ owned }) => !owned).map(({ owner }) => owner))],
    readable: entries !== undefined,
    entries: entries ?? [],
  };
}

/** The histories of migration tools in all schemas, recognised by the names and columns of their tables. */
export async function findHistories(db: Database): Promise<History[]> {
  const candidates = await db.ask<HistoryCandidate>("postgres/list-history-candidates", [
    historyTableNames,
  ]);
  const histories: History[] = [];
  for (const found of recogniseHistories(candidates)) histories.push(await readHistory(db, found));
  return histories;
}

/** The tables of all histories: those that no dump may hold. */
export const listHistoryTableNames = async (db: Database): Promise<QualifiedName[]> =>
  (await findHistories(db)).flatMap(({ tables }) => tables);

/** Whose histories are in v2, and what becomes of them. */
export interface HistoryDecision {
  /** v2's own: kept, and the same before and after. */
  readonly own: History | undefined;
  /** v1's: emptied by the import, dropped after it. */
  readonly artefacts: readonly History[];
  /** What was decided and why, one sentence. */
  readonly why: string;
  readonly problem?: Problem;
}

const describe = (history: History): string => `${displayName(history.table)} (${history.tool})`;
const list = (histories: readonly History[]): string => histories.map(describe).join(", ");
const listArtefacts = (artefacts: readonly History[]): string =>
  artefacts.length === 0 ? "" : `; ${list(artefacts)} is v1's artefact and goes`;

function decideByName(tool: MigrationTool, inTarget: readonly History[]): HistoryDecision {
  const own = inTarget.filter((history) => history.tool === tool && !history.isRemnant);
  // a lock table of the tool that is named is never taken for somebody else's
  const artefacts = inTarget.filter((history) => history.tool !== tool);
  const [first, ...more] = own;
  if (tool === "none")
    return {
      own: undefined,
      artefacts,
      why: `v2 has no migration tool (V2_MIGRATION_TOOL=none)${listArtefacts(artefacts)}`,
    };
  if (first === undefined)
    return {
      own: undefined,
      artefacts: [],
      why: `v2's tool is ${tool}, and v2 holds no history of it`,
      problem: {
        what: `v2 holds no migration history of ${tool}, which V2_MIGRATION_TOOL names: its schema was not applied by it`,
        ...(inTarget.length === 0 ? {} : { details: [`found in v2: ${list(inTarget)}`] }),
        todo: `Apply v2's migrations with ${tool}, or set V2_MIGRATION_TOOL to the tool that did (none: there is no such tool).`,
      },
    };
  if (more.length > 0)
    return {
      own: first,
      artefacts: [],
      why: `v2 holds several histories of ${tool}: ${list(own)}`,
      problem: {
        what: `v2 holds ${own.length} histories of ${tool}, and only one can be v2's own`,
        details: own.map(describe),
        todo: "Take away the one that is not v2's, after looking at it.",
      },
    };
  return {
    own: first,
    artefacts,
    why: `${describe(first)} is v2's own (V2_MIGRATION_TOOL) and is kept${listArtefacts(artefacts)}`,
  };
}

function decideUnnamed(inTarget: readonly History[]): HistoryDecision {
  const [first, ...more] = inTarget.filter(({ isRemnant }) => !isRemnant);
  if (first === undefined)
    return { own: undefined, artefacts: [], why: "v2 holds no migration history" };
  if (more.length === 0)
    return {
      own: first,
      artefacts: [],
      why: `${describe(first)} is the only history in v2: taken for v2's own and kept`,
    };
  return {
    own: undefined,
    artefacts: [],
    why: `v2 holds several migration histories: ${list(inTarget)}`,
    problem: {
      what: "v2 holds the histories of several migration tools, and nothing says which is v2's own",
      details: inTarget.map(describe),
      todo: `Set V2_MIGRATION_TOOL to v2's own tool (${[...new Set([first, ...more].map(({ tool }) => tool))].join(" or ")}): its history is kept, the others go as v1's artefacts.`,
    },
  };
}

/**
 * Decides which history is v2's own. What is v2's own is never touched; nothing goes unless the operator has named
 * the tool whose history stays.
 */
export const decideHistories = (facts: {
  readonly namedTool: MigrationTool | undefined;
  readonly inTarget: readonly History[];
}): HistoryDecision =>
  facts.namedTool === undefined
    ? decideUnnamed(facts.inTarget)
    : decideByName(facts.namedTool, facts.inTarget);

/** Empties the artefacts, as the seed's step 0/4 does, in the transaction of the import. */
export function buildArtefactTruncation(artefacts: readonly Pick<History, "tables">[]): string[] {
  const tables = artefacts.flatMap((artefact) => artefact.tables);
  return tables.length === 0
    ? []
    : [`truncate table ${tables.map((table) => `only ${quoteName(table)}`).join(", ")};`];
}
