import type { FileInput, Input, Part } from "../engine/command.ts";
import { refused } from "../engine/failure.ts";
import type { DumpSection } from "./dump-file.ts";
import { rowsOf } from "./filled-tables.ts";
import {
  buildBlock,
  displayName,
  nameKey,
  quoteIdentifier,
  quoteLiteral,
  quoteName,
  type QualifiedName,
} from "./identifier.ts";
import { buildDrop, buildMake, buildValidate, type KeyDefinition } from "./key-changes.ts";
import { lockWait } from "./lock-wait.ts";
import { ownSearchPath } from "./own-search-path.ts";
import { buildEcho } from "./psql.ts";
import { readSql } from "../engine/sql-file.ts";
import type { MovedTable } from "./table-plan.ts";

/** Lines that psql prints for us begin with these. */
export const loadedPrefix = "movebook:loaded ";
export const structurePrefix = "movebook:structure ";
export const backendPrefix = "movebook:backend ";

/** The pair of numbers of our advisory locks: `move`, `book`; the second operator asks for the same. */
export const runLock = { first: 0x6d6f7665, second: 0x626f6f6b } as const;
const importLock = { first: runLock.first, second: runLock.second + 1 } as const;

export { lockWait };

/** Numbers the parts of one conversation, so that every answer is a line of its own. */
export class PartMaker {
  #count = 0;

  make(lines: readonly (string | Input)[], title?: string): Part {
    this.#count += 1;
    const answer = `movebook: part ${this.#count} done`;
    const input = lines.map((line) => (typeof line === "string" ? { text: `${line}\n` } : line));
    return {
      ...(title === undefined ? {} : { title }),
      input: [...input, { text: buildEcho(answer) }],
      answer,
    };
  }
}

const raiseWhen = (condition: string, message: string): string =>
  buildBlock(
    `begin if ${condition} then raise exception using errcode = 'object_not_in_prerequisite_state', message = ${quoteLiteral(message)}; end if; end`,
  );

/** Ours: a schema that stands before pg_catalog in a role's search_path may hold operators and functions of the same names. */
export const emptySearchPath = "set local search_path = '';";

/** Opens the transaction and keeps another import away, also one whose movebook was killed while psql goes on. */
export function buildBegin(): string[] {
  return [
    "begin;",
    emptySearchPath,
    raiseWhen(
      `not pg_catalog.pg_try_advisory_xact_lock(${importLock.first}, ${importLock.second})`,
      "another import into this database is still running",
    ),
    `select ${quoteLiteral(backendPrefix)} || pg_catalog.pg_backend_pid();`,
  ];
}

/**
 * Locks the tables against writers, waiting half a minute at most, and looks once more that they are empty: between
 * preflight and now somebody may have written.
 */
export function buildLockAndLook(tables: readonly MovedTable[]): string[] {
  if (tables.length === 0) return [];
  const names = tables.map(({ target }) => quoteName(target));
  return [
    `set local lock_timeout = ${lockWait};`,
    `lock table ${names.join(", ")} in share row exclusive mode;`,
    ownSearchPath,
    ...tables.map(({ target }) =>
      raiseWhen(
        `exists (select 1 from ${rowsOf(target)})`,
        `table ${displayName(target)} holds rows; an import goes into empty tables`,
      ),
    ),
    emptySearchPath,
  ];
}

/**
 * Prints the structure (constraints, triggers, indexes …) as lines of JSON, one a question.
 * @param questions names of sql/ files
 */
export function buildStructureLook(questions: readonly string[]): string[] {
  return [
    emptySearchPath,
    ...questions.map(
      (name) =>
        `select ${quoteLiteral(structurePrefix)} || coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(q)), '[]')::pg_catalog.text from (${readSql(name).replace(/;\s*$/, "")}\n) as q;`,
    ),
  ];
}

/** Rows of one section of the dump, and the table that they go into. */
export interface Load {
  readonly section: DumpSection;
  readonly into: QualifiedName;
  /** Columns of the section that are loaded. */
  readonly columns: readonly string[];
}

/** A COPY cannot name no columns; without names it would read each empty line as the value of v2's one column. */
function verifyColumns({ target }: MovedTable, { section, columns }: Load): void {
  const hasOwn = target.columns.some(({ generated }) => generated === "");
  if (columns.length > 0 || section.rows === 0 || !hasOwn) return;
  const name = displayName(section.table);
  throw refused(`no column of ${name} can be loaded`, [
    {
      what: `v1 and v2 share no column of table ${name} whose values move, and v1 holds rows of it`,
      where: `table ${name}`,
      todo: `Leave the table behind with V1_LEAVE_OUT=${name}.`,
    },
  ]);
}

/**
 * Pairs the sections of a dump with the tables of a plan.
 * @throws Error when a planned table is not in the dump; Failure (exit 3) when none of its columns can be loaded
 */
export function planLoads(tables: readonly MovedTable[], sections: readonly DumpSection[]): Load[] {
  const bySource = new Map(sections.map((section) => [nameKey(section.table), section]));
  return tables.flatMap((table) =>
    table.leaves.map((leaf) => {
      const section = bySource.get(nameKey(leaf.source));
      if (section === undefined)
        throw new Error(`the dump has no rows of ${displayName(leaf.source)}`);
      const loaded = new Set(table.columns.map(({ name }) => name));
      const columns = section.columns.filter((name) => loaded.has(name));
      const load = { section, into: leaf.into, columns };
      verifyColumns(table, load);
      return load;
    }),
  );
}

function buildFileInput(load: Load, file: string): FileInput {
  const kept = new Set(load.columns);
  const skipFields = load.section.columns.flatMap((name, index) => (kept.has(name) ? [] : [index]));
  return {
    file,
    start: load.section.start,
    end: load.section.end,
    ...(skipFields.length === 0 ? {} : { skipFields }),
    title: `${load.section.rows} rows of ${displayName(load.section.table)}`,
  };
}

/** The COPY of one section, columns named; psql prints how many rows the server took. */
export function buildLoadLines(load: Load, file: string): (string | Input)[] {
  const columns =
    load.columns.length === 0 ? "" : ` (${load.columns.map(quoteIdentifier).join(", ")})`;
  return [
    `${ownSearchPath}\ncopy ${quoteName(load.into)}${columns} from stdin;`,
    buildFileInput(load, file),
    `\\.\n\\echo ${loadedPrefix}:ROW_COUNT\n${emptySearchPath}`,
  ];
}

/** Deferred unique constraints are checked now: ALTER TABLE refuses tables with pending events. */
export const buildConstraintsCheck = (): string[] => [
  ownSearchPath,
  "set constraints all immediate;",
  emptySearchPath,
];

/** Drops the keys. The definitions are known to the caller; see ledger.ts for those that outlive the transaction. */
export const buildDrops = (keys: readonly KeyDefinition[]): string[] => keys.map(buildDrop);

/**
 * Adds one key and checks its rows. Rows that break it do not end the transaction: the key is put on a list, so that
 * all broken keys are known at the end; `buildBrokenKeysEnd` then ends it.
 */
export function buildRestore(key: KeyDefinition): string[] {
  const statements = [...buildMake(key), buildValidate(key)].filter((line) => line !== undefined);
  const note = quoteLiteral(JSON.stringify([key.schema, key.table, key.name]));
  return [
    // the server plans its own question about the rows
    ownSearchPath,
    buildBlock(
      [
        "declare said pg_catalog.text; begin",
        ...statements,
        "exception when foreign_key_violation then",
        "get stacked diagnostics said = pg_exception_detail;",
        `perform pg_catalog.set_config('movebook.broken', (coalesce(nullif(pg_catalog.current_setting('movebook.broken', true), ''), '[]')::pg_catalog.jsonb || pg_catalog.jsonb_build_array(${note}::pg_catalog.jsonb || pg_catalog.to_jsonb(said)))::pg_catalog.text, true);`,
        "end",
      ].join("\n"),
    ),
    emptySearchPath,
  ];
}

/** Marks the error that carries the list of broken keys, as JSON in DETAIL: [[schema, table, key, the server's detail]]. */
export const brokenKeysMessage = "movebook: foreign keys are broken";

/** Ends the transaction when a key is broken. */
export const buildBrokenKeysEnd = (): string[] => [
  buildBlock(
    `begin if coalesce(pg_catalog.current_setting('movebook.broken', true), '') <> '' then raise exception using errcode = 'foreign_key_violation', message = ${quoteLiteral(brokenKeysMessage)}, detail = pg_catalog.current_setting('movebook.broken'); end if; end`,
  ),
];
