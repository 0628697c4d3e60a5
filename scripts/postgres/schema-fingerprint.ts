import { createHash } from "node:crypto";
import { listTables, type EnumType, type Table } from "./catalogue.ts";
import type { Database } from "./database.ts";
import { nameKey } from "./identifier.ts";
import { listHistoryTableNames } from "./migration-history.ts";
import { describeConstraint, describeIndex, describeTrigger } from "./structure-differences.ts";
import { readRules, type Part, type Structure } from "./structure.ts";

/**
 * sha256 over columns, constraints, indexes, triggers and enums, whatever the order in which they were made, without
 * oids, owners and tables of migration history: equal for two databases with the same schema on the same major version.
 * @param others nameKeys of further tables that do not count
 */
export async function fingerprintSchema(
  db: Database,
  others: ReadonlySet<string> = new Set(),
): Promise<string> {
  const histories = (await listHistoryTableNames(db)).map(nameKey);
  const ignored = new Set([...histories, ...others]);
  const [tables, enums, structure] = [
    await listTables(db),
    await db.ask<EnumType>("postgres/list-enums"),
    await readRules(db),
  ];
  const lines = [
    ...tables.filter((table) => !ignored.has(nameKey(table))).flatMap(listColumnLines),
    ...enums.map((type) => JSON.stringify(["enum", type.schema, type.name, type.labels])),
    ...listStructureLines(structure, ignored),
  ];
  return createHash("sha256").update(lines.toSorted().join("\n")).digest("hex");
}

const listColumnLines = (table: Table): string[] =>
  table.columns.map(({ name, type, notNull, hasDefault, identity, generated }) =>
    JSON.stringify([
      "column",
      table.schema,
      table.name,
      name,
      type,
      notNull,
      hasDefault,
      identity,
      generated,
    ]),
  );

function listStructureLines(
  structure: Omit<Structure, "others">,
  ignored: ReadonlySet<string>,
): string[] {
  const counts = ({ schema, on }: Part): boolean => !ignored.has(nameKey({ schema, name: on }));
  const line = (word: string, part: Part, text: string): string =>
    JSON.stringify([word, part.schema, part.on, part.name, text]);
  return [
    ...structure.constraints
      .filter(counts)
      .map((part) => line("constraint", part, describeConstraint(part))),
    ...structure.triggers
      .filter(counts)
      .map((part) => line("trigger", part, describeTrigger(part))),
    ...structure.indexes.filter(counts).map((part) => line("index", part, describeIndex(part))),
  ];
}
