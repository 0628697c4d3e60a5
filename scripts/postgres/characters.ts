import { askRows } from "./own-search-path.ts";
import type { Catalogue, Column } from "./catalogue.ts";
import type { Database } from "./database.ts";
import { listFailingValues } from "./failing-values.ts";
import { resolveType } from "./forecast/base-type.ts";
import { quoteIdentifier, quoteLiteral, type QualifiedName } from "./identifier.ts";
import { buildSourceRows, type MovedTable } from "./table-plan.ts";

/** server_encoding of both sides: `UTF8`, `LATIN1`, `SQL_ASCII` … */
export interface Encodings {
  readonly source: string;
  readonly target: string;
}

/** A column of v1 with values that cannot be written in v2's encoding, or not even in UTF-8. */
export interface LostCharacters {
  readonly table: QualifiedName;
  readonly column: string;
  readonly rows: bigint;
}

/** UTF-8 byte by byte, as RFC 3629 has it: in a SQL_ASCII database each byte is a character of its own. */
const utf8Bytes = [
  String.raw`[\x01-\x7f]`,
  String.raw`[\xc2-\xdf][\x80-\xbf]`,
  String.raw`\xe0[\xa0-\xbf][\x80-\xbf]`,
  String.raw`[\xe1-\xec\xee\xef][\x80-\xbf]{2}`,
  String.raw`\xed[\x80-\x9f][\x80-\xbf]`,
  String.raw`\xf0[\x90-\xbf][\x80-\xbf]{2}`,
  String.raw`[\xf1-\xf3][\x80-\xbf]{3}`,
  String.raw`\xf4[\x80-\x8f][\x80-\xbf]{2}`,
].join("|");
const ascii = String.raw`[\x01-\x7f]`;

const isWide = (encoding: string): boolean => encoding === "UTF8" || encoding === "SQL_ASCII";

/** False: every text of v1 can be written in v2. */
export const mayLoseCharacters = ({ source, target }: Encodings): boolean =>
  source !== "UTF8" || !isWide(target);

const wordless = new Set(
  "bool bytea int2 int4 int8 float4 float8 numeric date time timetz timestamp timestamptz interval uuid oid money inet cidr macaddr macaddr8 bit varbit point lseg box line circle path polygon pg_lsn xid xid8 cid tid".split(
    " ",
  ),
);

/** Texts of a column's values; undefined where they can hold no letters but v2's own (numbers, dates, enums). */
function buildText(catalogue: Catalogue, column: Column): string | undefined {
  const type = resolveType(catalogue, column);
  if (type.kind === "e" || (type.schema === "pg_catalog" && wordless.has(type.name)))
    return undefined;
  return `pg_catalog.format('%s', t.${quoteIdentifier(column.name)})`;
}

interface TextColumn {
  readonly name: string;
  readonly text: string;
}

const listTexts = (catalogue: Catalogue, table: MovedTable): TextColumn[] =>
  table.columns.flatMap(({ name, source }) => {
    const text = buildText(catalogue, source);
    return text === undefined ? [] : [{ name, text }];
  });

type Bytes = string;

/** The characters of a table beyond ASCII, as bytes of v1's own encoding. */
async function listCharacters(
  db: Database,
  table: MovedTable,
  texts: readonly TextColumn[],
  encoding: string,
): Promise<Bytes[]> {
  const all = `pg_catalog.array_to_string(array[${texts.map(({ text }) => text).join(", ")}], '')`;
  const rest = `pg_catalog.regexp_replace(${all}, '${ascii}+', '', 'g')`;
  const question = `select distinct pg_catalog.convert_to(one.character, ${quoteLiteral(encoding)})::pg_catalog.text as bytes
     from ${buildSourceRows(table)} as t, lateral pg_catalog.regexp_split_to_table(${rest}, '') as one (character) where one.character <> ''`;
  const rows = await askRows(db, () => db.query<{ bytes: string }>(question));
  return rows.map(({ bytes }) => bytes);
}

const listInconvertible = (
  db: Database,
  characters: readonly Bytes[],
  from: string,
  to: string,
): Promise<Bytes[]> =>
  listFailingValues(
    characters,
    (some) =>
      db.query(
        `select pg_catalog.count(pg_catalog.convert(c, ${quoteLiteral(from)}, ${quoteLiteral(to)})) from pg_catalog.unnest($1::pg_catalog.text[]::pg_catalog.bytea[]) as c`,
        [some],
      ),
    ["22"],
  );

/** Those of v1's characters that do not arrive: v1 → UTF-8 → v2. */
async function listLost(
  source: Database,
  target: Database,
  characters: readonly Bytes[],
  encodings: Encodings,
): Promise<Bytes[]> {
  const unwritten =
    encodings.source === "UTF8"
      ? []
      : await listInconvertible(source, characters, encodings.source, "UTF8");
  if (isWide(encodings.target)) return unwritten;
  const lost = new Set(unwritten);
  const written = characters.filter((each) => !lost.has(each));
  const rows = await source.query<{ utf8: string; own: string }>(
    `select c::pg_catalog.text as own, pg_catalog.convert(c, ${quoteLiteral(encodings.source)}, 'UTF8')::pg_catalog.text as utf8
     from pg_catalog.unnest($1::pg_catalog.text[]::pg_catalog.bytea[]) as c`,
    [written],
  );
  const unread = await listInconvertible(
    target,
    rows.map(({ utf8 }) => utf8),
    "UTF8",
    encodings.target,
  );
  const isUnread = new Set(unread);
  return [...unwritten, ...rows.filter(({ utf8 }) => isUnread.has(utf8)).map(({ own }) => own)];
}

/** @param condition SQL on a text that is true where it does not arrive; may use $1 */
async function countRows(
  db: Database,
  table: MovedTable,
  texts: readonly TextColumn[],
  condition: (text: string) => string,
  values: readonly unknown[],
): Promise<LostCharacters[]> {
  const counts = texts.map(
    ({ text }, at) =>
      `pg_catalog.count(*) filter (where ${condition(text)})::pg_catalog.text as c${at}`,
  );
  const row = await askRows(db, () =>
    db.one<Record<string, string>>(
      `select ${counts.join(", ")} from ${buildSourceRows(table)} as t`,
      values,
    ),
  );
  return texts
    .map(({ name }, at) => ({ table: table.name, column: name, rows: BigInt(row[`c${at}`] ?? 0) }))
    .filter(({ rows }) => rows > 0n);
}

/** Nothing is known of the bytes of a SQL_ASCII database, unless they are UTF-8 (or ASCII) throughout. */
const isBroken = (target: string): ((text: string) => string) => {
  const fitting = isWide(target) ? utf8Bytes : ascii;
  return (text) => `${text} !~ '^(?:${fitting})*$'`;
};

/**
 * Looks for texts of v1 that v2 cannot hold, and for bytes that are no text in v1's own encoding. Reads all texts of the
 * moved tables through: only called when the encodings make it needed.
 */
export async function findLostCharacters(
  source: Database,
  target: Database,
  {
    catalogue,
    tables,
    encodings,
  }: {
    readonly catalogue: Catalogue;
    readonly tables: readonly MovedTable[];
    readonly encodings: Encodings;
  },
): Promise<LostCharacters[]> {
  const found: LostCharacters[] = [];
  for (const table of tables) {
    const texts = listTexts(catalogue, table);
    if (texts.length === 0) continue;
    if (encodings.source === "SQL_ASCII") {
      found.push(...(await countRows(source, table, texts, isBroken(encodings.target), [])));
      continue;
    }
    const characters = await listCharacters(source, table, texts, encodings.source);
    const lost = await listLost(source, target, characters, encodings);
    if (lost.length === 0) continue;
    const own = quoteLiteral(encodings.source);
    const pattern = `(select '[' || pg_catalog.string_agg(pg_catalog.convert_from(one.character, ${own}), '') || ']' from pg_catalog.unnest($1::pg_catalog.text[]::pg_catalog.bytea[]) as one (character))`;
    found.push(
      ...(await countRows(source, table, texts, (text) => `${text} ~ ${pattern}`, [lost])),
    );
  }
  return found;
}
