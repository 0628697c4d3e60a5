import { isTextual, type BaseType } from "./base-type.ts";
import {
  buildConversion,
  nullWhere,
  printed,
  reprints,
  type Conversion,
  type Pair,
  type ValueTest,
} from "./conversion.ts";

/** Into citext: the same text, compared without case. */
export function toCaseless(pair: Pair): Conversion {
  const text = printed(pair.expression);
  const value = nullWhere(pair.expression, "false", text);
  return {
    identical: false,
    tests: [],
    value,
    comparable: `pg_catalog.lower(${value})`,
    remark: { kind: "type", severity: "note", says: "compares without case in v2 (citext)" },
  };
}

/** Into text, varchar, char or name. */
export function toText(pair: Pair): Conversion {
  const { source, target, expression } = pair;
  const text = printed(expression);
  const length = target.modifiers[0] ?? (target.sql === "character" ? 1 : undefined);
  const limit = target.name === "name" ? undefined : length;
  // surplus blanks are cut without an error, anything else is refused
  const fails: ValueTest | undefined =
    limit === undefined || isShortEnough(source, target, limit)
      ? undefined
      : {
          kind: "length",
          severity: "problem",
          where: `pg_catalog.btrim(pg_catalog.substr(${text}, ${limit + 1}), ' ') <> ''`,
          says: `longer than v2's ${target.sql} holds`,
        };
  const changes = blankChanges(pair, limit);
  const asText = nullWhere(expression, "false", text);
  const value = limit === undefined && target.name !== "name" ? asText : `${asText}::${target.sql}`;
  return buildConversion(pair, {
    ...(fails === undefined ? {} : { fails }),
    ...(changes === undefined ? {} : { changes }),
    value,
    ...(isTextual(source) || source.kind === "e"
      ? {}
      : {
          remark: {
            kind: "type",
            severity: "note",
            says: "becomes text, as v1 prints it",
          } as const,
        }),
  });
}

const isShortEnough = (source: BaseType, target: BaseType, limit: number): boolean =>
  (source.name === "varchar" || source.name === target.name) &&
  source.modifiers[0] !== undefined &&
  source.modifiers[0] <= limit;

function blankChanges(pair: Pair, limit: number | undefined): ValueTest | undefined {
  const { source, target, expression } = pair;
  const text = printed(expression);
  if (target.name === "name")
    return {
      kind: "length",
      severity: "problem",
      where: `pg_catalog.octet_length(${text}) > 63`,
      says: "longer than a name, would be cut",
    };
  const hasBlanks = `pg_catalog.right(${text}, 1) = ' '`;
  if (source.name === "bpchar" && target.name !== "bpchar")
    return {
      kind: "type",
      severity: "warning",
      where: hasBlanks,
      says: `padded with blanks in v1's ${source.sql}, and the blanks count in v2's ${target.sql}`,
    };
  if (target.name === "bpchar" && limit !== undefined)
    return {
      ...reprints(pair, `${text}::${target.sql}`),
      says: `padded or cut with blanks in v2's ${target.sql}`,
    };
  if (limit === undefined || isShortEnough(source, target, limit)) return undefined;
  return {
    kind: "length",
    severity: "problem",
    where: `pg_catalog.char_length(${text}) > ${limit}`,
    says: `would lose blanks at the end in v2's ${target.sql}`,
  };
}
