import {
  fieldsPerTable,
  hasWorkspaces,
  keyOf,
  listWorkspacesOf,
  ownerOf,
} from "./workspaces-keys.ts";
import { listLooks } from "./workspaces-people.ts";
import type { ProductPlan, ProductRow, ProductValue } from "./workspaces-product.ts";
import { type Random, seedRandom, timeAfter } from "./workspaces-random.ts";
import { type RecordSize, writeRecordData, writeWords } from "./workspaces-record.ts";

/** Tables with their fields, records and views, and the audit log. */
export function* listContentRows(plan: ProductPlan): Generator<ProductRow> {
  yield* listTables(plan);
  yield* listFields(plan);
  yield* listRecords(plan);
  yield* listViews(plan);
  yield* listAudit(plan);
}

const tablesOf = ({ users, tablesPerUser }: ProductPlan): number => users * tablesPerUser;

function* listTables(plan: ProductPlan): Generator<ProductRow> {
  const random = seedRandom(plan.seed + 201);
  for (let table = 0; table < tablesOf(plan); table++)
    yield {
      table: "tables",
      values: {
        id: keyOf("tbl", table, plan),
        user_id: keyOf("usr", ownerOf(table, plan), plan),
        name: writeWords(random, 2),
        description: describeTable(table, random),
        ...listLooks(table, plan),
        position: table % plan.tablesPerUser,
        created_at: timeAfter(table * 300),
        updated_at: timeAfter(table * 300 + random.below(1_000_000)),
        ...(plan.withWorkspaces ? findPlace(table, plan) : {}),
      },
    };
}

/** Most in a line, some in two, a few with a literal \n beside a real one, as people paste it. */
function describeTable(table: number, random: Random): ProductValue {
  if (table % 5 === 4) return null;
  const text = writeWords(random, 8);
  if (table % 30 === 7) return `${text}\nSplit at \\n: ${writeWords(random, 3)}`;
  return table % 6 === 1 ? `${text}\n${writeWords(random, 4)}` : text;
}

/** The base of a table whose owner has workspaces; NULL for the tables of the others, and for strays. */
function findPlace(table: number, plan: ProductPlan): Record<string, ProductValue> {
  const user = ownerOf(table, plan);
  if (!hasWorkspaces(user, plan) || (plan.strays && table % 7 === 3))
    return { workspace_id: null, base_id: null };
  const own = listWorkspacesOf(user, plan);
  const workspace = own[table % own.length] ?? own[0];
  return {
    workspace_id: keyOf("wsp", workspace, plan),
    base_id: keyOf("bas", workspace * 2 + (table % 3 === 0 ? 1 : 0), plan),
  };
}

const types = ["text", "number", "checkbox", "select", "link", "json"] as const;

function writeOptions(position: number, random: Random): ProductValue {
  if (position % 3 === 1) return null;
  const options = { width: 80 + random.below(300), choices: [writeWords(random, 1), "É", "50 %"] };
  return JSON.stringify(options, undefined, position === 5 ? 2 : 0);
}

const listFieldIds = (table: number, plan: ProductPlan): string[] =>
  Array.from({ length: fieldsPerTable }, (_, position) =>
    keyOf("fld", table * fieldsPerTable + position, plan),
  );

function* listFields(plan: ProductPlan): Generator<ProductRow> {
  const random = seedRandom(plan.seed + 202);
  for (let table = 0; table < tablesOf(plan); table++)
    for (const [position, id] of listFieldIds(table, plan).entries())
      yield {
        table: "fields",
        values: {
          id,
          table_id: keyOf("tbl", table, plan),
          name: writeWords(random, 1 + random.below(2)),
          type: types[position] ?? "text",
          options: writeOptions(position, random),
          position,
          created_at: timeAfter(table * 300 + position),
        },
      };
}

/** The long ones are spread over all records; one in 500 others is of some 10 KB. */
function sizeOf(record: number, records: number, { longRecords }: ProductPlan): RecordSize {
  const every = longRecords > 0 ? Math.max(1, Math.floor(records / longRecords)) : Infinity;
  if (record % every === every - 1 && Math.floor(record / every) < longRecords) return "long";
  return record % 500 === 250 ? "medium" : "small";
}

function* listRecords(plan: ProductPlan): Generator<ProductRow> {
  const random = seedRandom(plan.seed + 203);
  const records = tablesOf(plan) * plan.recordsPerTable;
  let fieldIds: string[] = [];
  for (let record = 0; record < records; record++) {
    const table = Math.floor(record / plan.recordsPerTable);
    if (record % plan.recordsPerTable === 0) fieldIds = listFieldIds(table, plan);
    yield {
      table: "records",
      values: {
        id: keyOf("rec", record, plan),
        table_id: keyOf("tbl", table, plan),
        data: writeRecordData(random, fieldIds, sizeOf(record, records, plan)),
        created_by: record % 11 === 10 ? null : keyOf("usr", ownerOf(table, plan), plan),
        created_at: timeAfter(record),
        updated_at: timeAfter(record + random.below(1_000_000)),
      },
    };
  }
}

function* listViews(plan: ProductPlan): Generator<ProductRow> {
  for (let table = 0; table < tablesOf(plan); table++)
    yield {
      table: "views",
      values: {
        id: keyOf("viw", table, plan),
        table_id: keyOf("tbl", table, plan),
        name: "Grid",
        type: table % 4 === 0 ? "kanban" : "grid",
        config: JSON.stringify({ sort: [], hidden: listFieldIds(table, plan).slice(4) }),
        position: 0,
        created_at: timeAfter(table * 300),
      },
    };
}

function* listAudit(plan: ProductPlan): Generator<ProductRow> {
  const random = seedRandom(plan.seed + 204);
  for (let entry = 0; entry < plan.users * 3; entry++)
    yield {
      table: "audit_log",
      values: {
        // Gaps, as after deletions.
        id: entry * 2 + 1,
        user_id: keyOf("usr", Math.floor(entry / 3), plan),
        action: ["login", "table.create", "record.update"][entry % 3] ?? "login",
        details: entry % 40 === 39 ? `agent: "x\\n"\nfrom 198.51.100.7` : writeWords(random, 3),
        created_at: timeAfter(entry * 90),
      },
    };
}
