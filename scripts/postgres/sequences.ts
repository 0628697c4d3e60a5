import type { Database } from "./database.ts";
import { askRows } from "./own-search-path.ts";
import {
  nameKey,
  quoteIdentifier,
  quoteLiteral,
  quoteName,
  type QualifiedName,
} from "./identifier.ts";

/** A column by table; the names as the catalogue spells them. */
export interface ColumnName {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** Where a sequence stands: `called` says whether `last` has been given out. */
export interface SequenceState {
  readonly last: bigint;
  readonly called: boolean;
}

/** A column whose default draws from a sequence. */
export interface Draw extends ColumnName {
  /** False: the values cannot be compared with the sequence (a text, an expression around nextval). */
  readonly compared: boolean;
}

/** A sequence, its definition and its state. */
export interface Sequence extends QualifiedName {
  /** `alone`: no column owns it. */
  readonly kind: "serial" | "identity" | "alone";
  readonly owner: ColumnName | null;
  readonly draws: readonly Draw[];
  readonly type: string;
  readonly start: bigint;
  readonly increment: bigint;
  readonly min: bigint;
  readonly max: bigint;
  readonly cycle: boolean;
  /** Null when the session's role may not read it. */
  readonly state: SequenceState | null;
  /** The session's role owns it or is a member of its owner. */
  readonly owned: boolean;
  readonly maySet: boolean;
  readonly extension: string | null;
}

/** The smallest and largest value of a column; null when there is none. */
export interface Extremes {
  readonly smallest: bigint | null;
  readonly largest: bigint | null;
  /** The same of the values strictly within the sequence's limits; only there when some reach or pass them. */
  readonly inner?: { readonly smallest: bigint | null; readonly largest: bigint | null };
}

/** columnKey → extremes of v2's data. */
export type DataExtremes = ReadonlyMap<string, Extremes>;

type SequenceRow = Omit<Sequence, "state" | "start" | "increment" | "min" | "max"> & {
  readonly mayRead: boolean;
  readonly start: string;
  readonly increment: string;
  readonly min: string;
  readonly max: string;
};

/** A key for maps; two different columns never share one. */
export const columnKey = (of: ColumnName): string =>
  `${nameKey({ schema: of.schema, name: of.table })}.${quoteIdentifier(of.column)}`;

/** All sequences of the database but the system's and ours, sorted by name, with the state that each one holds. */
export async function listSequences(db: Database): Promise<Sequence[]> {
  const rows = await db.ask<SequenceRow>("postgres/list-sequences");
  const states = await readStates(
    db,
    rows.filter((row) => row.mayRead),
  );
  return rows.map((row) => ({
    ...row,
    start: BigInt(row.start),
    increment: BigInt(row.increment),
    min: BigInt(row.min),
    max: BigInt(row.max),
    state: states.get(nameKey(row)) ?? null,
  }));
}

interface StateRow extends QualifiedName {
  readonly last: string;
  readonly called: boolean;
}

/** From the sequences themselves: pg_sequences shows no last value until the first nextval. */
async function readStates(
  db: Database,
  sequences: readonly QualifiedName[],
): Promise<Map<string, SequenceState>> {
  const states = new Map<string, SequenceState>();
  for (let at = 0; at < sequences.length; at += 200) {
    const question = sequences
      .slice(at, at + 200)
      .map(buildStateQuestion)
      .join("\nunion all\n");
    for (const row of await db.query<StateRow>(question))
      states.set(nameKey(row), { last: BigInt(row.last), called: row.called });
  }
  return states;
}

const buildStateQuestion = (of: QualifiedName): string =>
  `select ${quoteLiteral(of.schema)}::pg_catalog.text as schema, ${quoteLiteral(of.name)}::pg_catalog.text as name, last_value as last, is_called as called from ${quoteName(of)}`;

/**
 * Smallest and largest value of every column that draws from one of the sequences. Indexed columns answer at once,
 * others are read through.
 */
export async function readDataExtremes(
  db: Database,
  sequences: readonly Sequence[],
): Promise<DataExtremes> {
  const extremes = new Map<string, Extremes>();
  for (const sequence of sequences)
    for (const draw of sequence.draws)
      if (draw.compared && !extremes.has(columnKey(draw)))
        extremes.set(columnKey(draw), await readExtremes(db, draw, sequence));
  return extremes;
}

async function readExtremes(db: Database, of: ColumnName, sequence: Sequence): Promise<Extremes> {
  const all = await readFiniteExtremes(db, of);
  const ascending = sequence.increment > 0n;
  const reaches = ascending
    ? all.largest !== null && all.largest >= sequence.max
    : all.smallest !== null && all.smallest <= sequence.min;
  if (!reaches) return all;
  const column = quoteIdentifier(of.column);
  const within = ascending ? `${column} < ${sequence.max}` : `${column} > ${sequence.min}`;
  return { ...all, inner: toExtremes(await askExtremes(db, of, `where ${within}`)) };
}

async function readFiniteExtremes(db: Database, of: ColumnName): Promise<Extremes> {
  const plain = await askExtremes(db, of, "");
  if (plain.every(isWholeNumber)) return toExtremes(plain);
  // NaN and the infinities of numeric are no numbers that a sequence could reach; only then without an index
  const finite = `where ${quoteIdentifier(of.column)}::pg_catalog.text ~ '^[-0-9.]+$'`;
  return toExtremes(await askExtremes(db, of, finite));
}

type ExtremeTexts = readonly (string | null)[];

async function askExtremes(db: Database, of: ColumnName, where: string): Promise<ExtremeTexts> {
  const column = quoteIdentifier(of.column);
  const table = quoteName({ schema: of.schema, name: of.table });
  const question = `select pg_catalog.floor(pg_catalog.min(${column})::pg_catalog.numeric) as smallest,
            pg_catalog.ceil(pg_catalog.max(${column})::pg_catalog.numeric) as largest
     from ${table} ${where}`;
  const { smallest, largest } = await askRows(db, () =>
    db.one<{ smallest: string | null; largest: string | null }>(question),
  );
  return [smallest, largest];
}

const isWholeNumber = (text: string | null): boolean => text === null || /^-?\d+$/u.test(text);
const toBigInt = (text: string | null | undefined): bigint | null =>
  text == null ? null : BigInt(text);
const toExtremes = ([smallest, largest]: ExtremeTexts): Extremes => ({
  smallest: toBigInt(smallest),
  largest: toBigInt(largest),
});

/** One sequence and the state that it gets. */
export interface SequenceSetting extends QualifiedName {
  readonly state: SequenceState;
}

/**
 * Sets sequences, all in one statement. Not undone by a rollback: remember the old states first.
 * @throws pg.DatabaseError that names the sequence
 */
export async function applySequences(
  db: Database,
  settings: readonly SequenceSetting[],
): Promise<void> {
  if (settings.length === 0) return;
  await db.query(
    `select pg_catalog.setval(name::pg_catalog.regclass, last, called)
     from rows from (
       pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.int8[]), pg_catalog.unnest($3::pg_catalog.bool[])
     ) as wanted (name, last, called)`,
    [
      settings.map(quoteName),
      settings.map(({ state }) => state.last.toString()),
      settings.map(({ state }) => state.called),
    ],
  );
}
