import { quoteLiteral } from "../identifier.ts";
import {
  buildConversion,
  nullWhere,
  printed,
  reprints,
  type Conversion,
  type Pair,
  type ValueTest,
} from "./conversion.ts";

/** A type whose every spelling a regular expression knows. */
export function byPattern(pair: Pair, pattern: string): Conversion {
  const text = printed(pair.expression);
  return buildConversion(pair, {
    fails: {
      kind: "type",
      severity: "problem",
      where: `${text} !~* ${quoteLiteral(pattern)}`,
      says: `cannot be read as ${pair.target.sql}`,
    },
    changes: reprints(pair, `${text}::${pair.target.sql}`),
    value: `${text}::${pair.target.sql}`,
  });
}

/** Any other pair: v1 tries to read its own output as v2's type, if it knows that type. */
export function read(pair: Pair): Conversion {
  const { source, target, expression, version } = pair;
  if (
    target.schema !== "pg_catalog" &&
    !(target.name === source.name && target.schema === source.schema)
  )
    return {
      identical: false,
      tests: [],
      value: undefined,
      comparable: undefined,
      untested: `v1 cannot read its values as ${target.sql}`,
    };
  const text = printed(expression);
  const reading = `${text}::${target.sql}`;
  // an explicit cast cuts what is too long, where COPY refuses it
  const isCut = ["varchar", "bpchar", "bit", "varbit"].includes(target.name);
  const changes: ValueTest = isCut
    ? { ...reprints(pair, reading), severity: "problem", says: `too long for v2's ${target.sql}` }
    : reprints(pair, reading);
  const isNormalised = /^jsonb?$/.test(target.name);
  if (version >= 160_000)
    return buildConversion(pair, {
      fails: {
        kind: "type",
        severity: "problem",
        where: `not pg_catalog.pg_input_is_valid(${text}, ${quoteLiteral(target.sql)})`,
        says: `cannot be read as ${target.sql}`,
      },
      ...(isNormalised ? {} : { changes }),
      value: reading,
    });
  // before 16 there is no soft way to ask: a row that cannot be read makes the question itself fail
  const tried: ValueTest = {
    kind: "type",
    severity: "problem",
    where: `${reading} is null`,
    says: `cannot be read as ${target.sql}`,
    errorIsFailure: true,
    attempt: { value: text, where: `${expression} is not null`, type: target.sql },
  };
  const value = nullWhere(expression, "false", reading);
  const conversion = buildConversion(pair, { ...(isNormalised ? {} : { changes }), value });
  const [change] = conversion.tests;
  return {
    ...conversion,
    tests: [
      { ...tried, where: `${expression} is not null and ${tried.where}` },
      ...(change === undefined ? [] : [change]),
    ],
  };
}

/** jsonb is stricter than json, and keeps one of two equal keys. */
export function jsonToJsonb(pair: Pair): Conversion {
  const { expression } = pair;
  const text = `${expression}::pg_catalog.text`;
  const isObject = `case when pg_catalog.json_typeof(node.value) = 'object' then node.value end`;
  const isList = `case when pg_catalog.json_typeof(node.value) = 'array' then node.value end`;
  const children = `select o.value from pg_catalog.json_each(${isObject}) as o union all select a.value from pg_catalog.json_array_elements(${isList}) as a`;
  const hasNul = `${text} ~ ${quoteLiteral(String.raw`(^|[^\\])(\\\\)*\\u0000`)}`;
  const conversion = buildConversion(pair, {
    fails: {
      kind: "type",
      severity: "problem",
      where: hasNul,
      says: "holds a \\u0000, which jsonb refuses",
    },
    changes: {
      kind: "type",
      severity: "problem",
      where: `exists (with recursive node (value) as (select ${expression} union all select child.value from node cross join lateral (${children}) as child) select 1 from node where (select pg_catalog.count(*) <> pg_catalog.count(distinct k.key) from pg_catalog.json_object_keys(${isObject}) as k (key)))`,
      says: "the same key twice in one object, of which jsonb keeps the last",
    },
    value: `${text}::pg_catalog.jsonb`,
  });
  // what else jsonb refuses (lone surrogates, huge exponents) shows only when it is tried
  const tried: ValueTest = {
    kind: "type",
    severity: "problem",
    where: `${expression} is not null and not (${hasNul}) and ${text}::pg_catalog.jsonb is null`,
    says: "cannot be read as jsonb",
    errorIsFailure: true,
    attempt: {
      value: text,
      where: `${expression} is not null and not (${hasNul})`,
      type: "pg_catalog.jsonb",
    },
  };
  return { ...conversion, tests: [...conversion.tests, tried] };
}
