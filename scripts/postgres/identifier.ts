/** A relation, type or sequence by schema and name, both as the catalogue spells them (unquoted). */
export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

/**
 * An identifier, always in double quotes, for SQL.
 * @throws when it is empty or holds a NUL, which no Postgres identifier can (and the protocol would cut there).
 */
export function quoteIdentifier(identifier: string): string {
  if (identifier === "") throw new Error("an identifier cannot be empty");
  if (identifier.includes("\0")) throw new Error("an identifier cannot hold a NUL");
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** `"schema"."name"`, for SQL. */
export const quoteName = (of: QualifiedName): string =>
  `${quoteIdentifier(of.schema)}.${quoteIdentifier(of.name)}`;

/**
 * A text as an SQL literal. Backslashes get the E'' form, so that it does not depend on
 * standard_conforming_strings. Only where a parameter cannot be used (psql scripts, DDL).
 * @throws when it holds a NUL.
 */
export function quoteLiteral(text: string): string {
  if (text.includes("\0")) throw new Error("a literal cannot hold a NUL");
  const quoted = `'${text.replaceAll("'", "''").replaceAll("\\", "\\\\")}'`;
  return text.includes("\\") ? `E${quoted}` : quoted;
}

/** A DO block. Its dollar quotes never stand in the body, whatever names and comments are in there. */
export function buildBlock(body: string): string {
  let tag = "$movebook$";
  while (body.includes(tag)) tag = `${tag.slice(0, -1)}_$`;
  return `do ${tag} ${body} ${tag};`;
}

/** For people: `Animal` in public, `audit.Entry` elsewhere. Not for SQL. */
export const displayName = (of: QualifiedName): string =>
  of.schema === "public" ? of.name : `${of.schema}.${of.name}`;

/** A key for maps; two different names never share one. */
export const nameKey = (of: QualifiedName): string => quoteName(of);
