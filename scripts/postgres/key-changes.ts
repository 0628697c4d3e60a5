import type { ForeignKey } from "./catalogue.ts";
import { buildBlock, quoteIdentifier, quoteLiteral, quoteName } from "./identifier.ts";

/** What is needed to drop a foreign key and to add it again just as it was. */
export type KeyDefinition = Pick<
  ForeignKey,
  | "schema"
  | "table"
  | "name"
  | "definition"
  | "validated"
  | "comment"
  | "tableKind"
  | "referencedKind"
  | "copies"
>;

const tableOf = (key: Pick<KeyDefinition, "schema" | "table">): string =>
  quoteName({ schema: key.schema, name: key.table });
const notValid = / NOT VALID$/;

export const buildDrop = (key: KeyDefinition): string =>
  `alter table ${tableOf(key)} drop constraint ${quoteIdentifier(key.name)};`;

/**
 * On a partitioned table servers before 18 refuse NOT VALID. To a partitioned one they take it, but VALIDATE then leaves
 * the key's copies on the partitions not validated.
 */
const isCheckedAtOnce = (key: KeyDefinition): boolean =>
  key.tableKind === "p" || (key.referencedKind === "p" && key.validated);

/**
 * Adds the key. NOT VALID first wherever that comes out as it was: it does not look at the rows, and the check of the
 * rows can be repeated. Otherwise it is added and checked at once.
 */
export function buildAdd(key: KeyDefinition): string {
  const whole = key.definition.replace(notValid, "");
  const definition = isCheckedAtOnce(key) ? whole : `${whole} not valid`;
  return `alter table ${tableOf(key)} add constraint ${quoteIdentifier(key.name)} ${definition};`;
}

/** Checks the rows; undefined when the key was not validated before, or when adding it has checked them. */
export const buildValidate = (key: KeyDefinition): string | undefined =>
  key.validated && !isCheckedAtOnce(key)
    ? `alter table ${tableOf(key)} validate constraint ${quoteIdentifier(key.name)};`
    : undefined;

/** The comment that pg_get_constraintdef does not keep; undefined when there was none. */
export const buildComment = (
  key: Pick<KeyDefinition, "schema" | "table" | "name" | "comment">,
): string | undefined =>
  key.comment === null
    ? undefined
    : `comment on constraint ${quoteIdentifier(key.name)} on ${tableOf(key)} is ${quoteLiteral(key.comment)};`;

/**
 * Keys of partitions that were made by themselves: made again before the parent's, which then takes them under it
 * instead of making new ones.
 */
const buildOwnCopies = (key: KeyDefinition): string[] =>
  key.copies.flatMap((copy) =>
    copy.own === null
      ? []
      : [
          `alter table ${tableOf(copy)} add constraint ${quoteIdentifier(copy.name)} ${copy.own};`,
          ...[buildComment(copy)].filter((line) => line !== undefined),
        ],
  );

/**
 * Gives the copies that the server makes the names and comments that they had: the names that it chooses depend on
 * the order in which keys and partitions were made. Renamed in two goes, since one may have another's name.
 */
function buildCopyNames(key: KeyDefinition): string[] {
  const wanted = key.copies.filter(({ own }) => own === null);
  if (wanted.length === 0) return [];
  const [list, table, name] = [JSON.stringify(wanted), tableOf(key), key.name].map(quoteLiteral);
  return [
    buildBlock(`declare copy record; begin
for step in 1..2 loop
for copy in
  with recursive made as (
    select k.oid from pg_catalog.pg_constraint as k where k.conrelid = ${table}::pg_catalog.regclass and k.conname = ${name} and k.contype = 'f'
    union all select k.oid from made join pg_catalog.pg_constraint as k on k.conparentid = made.oid
  )
  select k.oid, k.conname as is, w.name as should, k.conrelid::pg_catalog.regclass as of, w.comment
  from made join pg_catalog.pg_constraint as k on k.oid = made.oid
  join pg_catalog.jsonb_to_recordset(${list}) as w (schema pg_catalog.text, "table" pg_catalog.text, name pg_catalog.text, comment pg_catalog.text, "referencedSchema" pg_catalog.text, "referencedTable" pg_catalog.text)
    on k.conrelid = pg_catalog.format('%I.%I', w.schema, w."table")::pg_catalog.regclass
    and k.confrelid = pg_catalog.format('%I.%I', w."referencedSchema", w."referencedTable")::pg_catalog.regclass
loop
  if copy.is <> copy.should then
    execute pg_catalog.format('alter table %s rename constraint %I to %I', copy.of, copy.is, case step when 1 then 'movebook ' || copy.oid else copy.should end);
  end if;
  if step = 2 and copy.comment is not null then
    execute pg_catalog.format('comment on constraint %I on %s is %L', copy.should, copy.of, copy.comment);
  end if;
end loop;
end loop;
end`),
  ];
}

/** Statements that make a dropped key again, with its comment and its copies on partitions; the check may come later. */
export const buildMake = (key: KeyDefinition): string[] => [
  ...buildOwnCopies(key),
  buildAdd(key),
  ...[buildComment(key)].filter((line) => line !== undefined),
  ...buildCopyNames(key),
];
