import { isTextual, type BaseType } from "./base-type.ts";
import {
  buildConversion,
  printed,
  reprints,
  type Conversion,
  type Pair,
  type ValueTest,
} from "./conversion.ts";
import { quoteLiteral } from "../identifier.ts";

const integers: Readonly<
  Record<string, { readonly digits: number; readonly least: string; readonly most: string }>
> = {
  int2: { digits: 5, least: "-32768", most: "32767" },
  int4: { digits: 10, least: "-2147483648", most: "2147483647" },
  int8: { digits: 19, least: "-9223372036854775808", most: "9223372036854775807" },
};

/** Largest value that still rounds to a finite one, and the largest that rounds to zero (both are refused beyond). */
const floats: Readonly<
  Record<string, { readonly most: string; readonly least: string; readonly digits: number }>
> = {
  float4: { most: "3.4028235677973366e38", least: "7.006492321624085e-46", digits: 5 },
  float8: { most: "1.797693134862315807e308", least: "2.470328229206232721e-324", digits: 10 },
};

/** Target types of this file. */
export const numericTargets = new Set([
  ...Object.keys(integers),
  ...Object.keys(floats),
  "numeric",
]);

const integerPattern = "^[[:space:]]*[-+]?[0-9]+[[:space:]]*$";
const numberPattern =
  "^[[:space:]]*([-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[-+]?[0-9]+)?|nan|[-+]?inf(inity)?)[[:space:]]*$";

const isNumber = (type: BaseType): boolean => numericTargets.has(type.name);

/** Into an integer, a float or a numeric. Integers are read from text: `1.00` is refused. */
export function toNumber(pair: Pair): Conversion {
  if (integers[pair.target.name] !== undefined) return toInteger(pair);
  return pair.target.name === "numeric" ? toNumeric(pair) : toFloat(pair);
}

function toInteger(pair: Pair): Conversion {
  const { source, target, expression } = pair;
  const to = integers[target.name];
  if (to === undefined) throw new Error(`${target.name} is no integer`);
  const from = integers[source.name];
  const value =
    from === undefined ? `${printed(expression)}::${target.sql}` : `${expression}::${target.sql}`;
  if (from !== undefined && from.digits <= to.digits) return buildConversion(pair, { value });
  const text = printed(expression);
  const range = `not between ${to.least} and ${to.most}`;
  const fails: ValueTest =
    from === undefined
      ? {
          kind: "type",
          severity: "problem",
          where: `case when ${text} ~ ${quoteLiteral(integerPattern)} then ${text}::pg_catalog.numeric ${range} else true end`,
          says: `cannot be read as ${target.sql}`,
        }
      : {
          kind: "range",
          severity: "problem",
          where: `${expression} ${range}`,
          says: `too large for v2's ${target.sql}`,
        };
  return buildConversion(pair, {
    fails,
    ...(from === undefined ? { changes: reprints(pair, value) } : {}),
    value,
  });
}

/** v1's value as numeric, from a text only where it is a number. */
const asNumeric = (pair: Pair): string => `${printed(pair.expression)}::pg_catalog.numeric`;

const notANumber = (pair: Pair): string =>
  isNumber(pair.source)
    ? "false"
    : `${printed(pair.expression)} !~* ${quoteLiteral(numberPattern)}`;

function toNumeric(pair: Pair): Conversion {
  const { source, target } = pair;
  const [precision, scale = 0] = target.modifiers;
  const number = asNumeric(pair);
  const value = `${number}::${target.sql}`;
  if (precision === undefined)
    return isNumber(source)
      ? buildConversion(pair, { value })
      : buildConversion(pair, { fails: unreadable(pair), changes: reprints(pair, value), value });
  if (holdsAll(source, precision, scale)) return buildConversion(pair, { value });
  const tooLarge = `${number} <> 'NaN' and pg_catalog.abs(pg_catalog.round(${number}, ${scale})) >= pg_catalog.power(10::pg_catalog.numeric, ${precision - scale})`;
  return buildConversion(pair, {
    fails: {
      kind: "range",
      severity: "problem",
      where: `case when ${notANumber(pair)} then true else ${tooLarge} end`,
      says: isNumber(source)
        ? `too large for v2's ${target.sql}`
        : `cannot be read as ${target.sql}`,
    },
    changes: {
      kind: "precision",
      severity: "problem",
      where: `${number} <> pg_catalog.round(${number}, ${scale})`,
      says: `would be rounded to v2's ${target.sql}`,
    },
    value,
  });
}

function holdsAll(source: BaseType, precision: number, scale: number): boolean {
  const whole = integers[source.name]?.digits;
  if (whole !== undefined) return scale >= 0 && precision - scale >= whole;
  const [from, fromScale = 0] = source.modifiers;
  return (
    source.name === "numeric" &&
    from !== undefined &&
    fromScale <= scale &&
    from - fromScale <= precision - scale
  );
}

const unreadable = (pair: Pair): ValueTest => ({
  kind: "type",
  severity: "problem",
  where: notANumber(pair),
  says: `cannot be read as ${pair.target.sql}`,
});

function toFloat(pair: Pair): Conversion {
  const { source, target, expression } = pair;
  const to = floats[target.name];
  if (to === undefined) throw new Error(`${target.name} is no float`);
  const value = `${printed(expression)}::${target.sql}`;
  const digits = integers[source.name]?.digits ?? Infinity;
  if (digits <= to.digits || (source.name === "float4" && target.name === "float8"))
    return buildConversion(pair, { value });
  const number = asNumeric(pair);
  const isFinite = `${number} not in ('NaN', 'Infinity', '-Infinity')`;
  const outside = `${isFinite} and (pg_catalog.abs(${number}) >= ${to.most} or ${number} <> 0 and pg_catalog.abs(${number}) <= ${to.least})`;
  return buildConversion(pair, {
    fails: {
      kind: isNumber(source) ? "range" : "type",
      severity: "problem",
      where: `case when ${notANumber(pair)} then true else ${outside} end`,
      says: isNumber(source)
        ? `outside of what v2's ${target.sql} holds`
        : `cannot be read as ${target.sql}`,
    },
    changes: isTextual(source)
      ? reprints(pair, value)
      : {
          kind: "precision",
          severity: "problem",
          where: `${number} <> ${printed(value)}::pg_catalog.numeric`,
          says: `would lose digits in v2's ${target.sql}`,
        },
    value,
  });
}
