import type { ForeignKey } from "./catalogue.ts";
import { quoteIdentifier, quoteLiteral, quoteName } from "./identifier.ts";

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
>;

const tableOf = (key: KeyDefinition): string => quoteName({ schema: key.schema, name: key.table });
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
export const buildComment = (key: KeyDefinition): string | undefined =>
  key.comment === null
    ? undefined
    : `comment on constraint ${quoteIdentifier(key.name)} on ${tableOf(key)} is ${quoteLiteral(key.comment)};`;
