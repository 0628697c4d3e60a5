import { readCollations, readShapes } from "./read-shape.ts";
import { Scratch, textOf } from "./scratch.ts";
import { listTokens } from "./shape-checks.ts";
import { execDefinition } from "./shape-quotes.ts";
import { unquoteToken } from "./shape-twin.ts";
import { readStatements } from "./sql-statements.ts";
import type { TableShape } from "./table-shape.ts";

/** A UNIQUE index as it was created: its columns may be expressions, and it may hold a part of the rows only. */
export interface UniqueIndex {
  readonly name: string;
  readonly table: string;
  /** CREATE UNIQUE INDEX; undefined for the index of a UNIQUE constraint. */
  readonly sql: string | undefined;
  readonly columns: readonly (string | undefined)[];
  readonly collations: readonly string[];
}

/** Tables as their statements make them, before there is a row. */
export interface Schema {
  readonly shapes: readonly TableShape[];
  /** Table → column → collating sequence. */
  readonly collations: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Unique indexes and the indexes of UNIQUE constraints; not those of primary keys. */
  readonly uniqueIndexes: readonly UniqueIndex[];
  /** Triggers that run at an INSERT. */
  readonly triggers: readonly { readonly name: string; readonly table: string }[];
}

/** What a statement of a schema is about; undefined for those that are left alone. */
export function classifySchemaStatement(sql: string): "table" | "index" | "trigger" | undefined {
  const words = listTokens(sql.slice(0, 4000))
    .slice(0, 3)
    .map(({ text }) => text.toUpperCase());
  if (words[0] === "ALTER" || words[0] === "DROP")
    return words[1] === "TABLE" ? "table" : undefined;
  if (words[0] !== "CREATE") return undefined;
  const kind = words[1] === "UNIQUE" ? words[2] : words[1];
  if (kind === "TABLE") return "table";
  if (kind === "INDEX") return "index";
  return kind === "TRIGGER" ? "trigger" : undefined;
}

function readUniqueIndexes(scratch: Scratch): UniqueIndex[] {
  const rows = [
    ...scratch.rows(
      `SELECT i.name, l.name, s.sql
FROM pragma_table_list AS l, pragma_index_list(l.name) AS i
LEFT JOIN sqlite_schema AS s ON s.name = i.name AND s.type = 'index'
WHERE l.schema = 'main' AND i."unique" AND i.origin <> 'pk' ORDER BY l.name, i.seq DESC`,
    ),
  ];
  return rows.map(([name, table, sql]) => {
    const columns = [
      ...scratch.rows(
        "SELECT name, coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno",
        name ?? null,
      ),
    ];
    return {
      name: textOf(name),
      table: textOf(table),
      sql: typeof sql === "string" ? sql : undefined,
      columns: columns.map(([column]) => (typeof column === "string" ? column : undefined)),
      collations: columns.map(([, collation]) => textOf(collation)),
    };
  });
}

/** Name and table of CREATE TRIGGER … INSERT ON …; undefined for those of other events. */
function readInsertTrigger(sql: string): { name: string; table: string } | undefined {
  const tokens = listTokens(sql);
  const begin = tokens.findIndex(({ kind, text }) => kind === "word" && /^begin$/i.test(text));
  const head = tokens.slice(0, begin === -1 ? undefined : begin);
  const event = head.findIndex(({ kind, text }) => kind === "word" && /^insert$/i.test(text));
  const table = head[event + 2]?.text;
  if (event === -1 || table === undefined) return undefined;
  const name = head
    .slice(head.findIndex(({ text }) => /^trigger$/i.test(text)) + 1, event)
    .find(({ text }) => !/^(?:if|not|exists|before|after|instead|of)$/i.test(text));
  return { name: unquoteToken(name?.text ?? ""), table: unquoteToken(table) };
}

/**
 * Reads a schema from its statements: ordinary tables and indexes are made in a database in memory and looked at,
 * triggers are only named, everything else is left alone.
 * @param chunks SQL: a migration file, or `d1 export --no-data`
 * @param name the file, for messages
 * @throws Error with SQLite's message when a CREATE TABLE or CREATE INDEX cannot be run
 */
export async function loadSchema(
  chunks: AsyncIterable<Buffer>,
  name = "the schema",
): Promise<Schema> {
  const scratch = Scratch.open(":memory:");
  const triggers: { name: string; table: string }[] = [];
  try {
    for await (const statements of readStatements(chunks, name)) {
      for (const statement of statements) {
        const sql = statement.sql.toString();
        const kind = classifySchemaStatement(sql);
        const trigger = kind === "trigger" ? readInsertTrigger(sql) : undefined;
        if (trigger !== undefined) triggers.push(trigger);
        if (kind === "table" || kind === "index") execDefinition(scratch, sql);
      }
    }
    const shapes = readShapes(scratch);
    return {
      shapes,
      uniqueIndexes: readUniqueIndexes(scratch),
      collations: new Map(shapes.map((shape) => [shape.name, readCollations(scratch, shape)])),
      triggers,
    };
  } finally {
    scratch.close();
  }
}
