import { quoteLiteral } from "../identifier.ts";
import { elementOf, isSameType, isTextual } from "./base-type.ts";
import {
  buildConversion,
  keep,
  nullWhere,
  printed,
  type Conversion,
  type Pair,
} from "./conversion.ts";
import { numericTargets, toNumber } from "./number-conversion.ts";
import { byPattern, jsonToJsonb, read } from "./read-conversion.ts";
import { toCaseless, toText } from "./text-conversion.ts";
import { timeTargets, toTime } from "./time-conversion.ts";

/** What happens to a column's values between v1 and v2; domains apart. */
export function convert(pair: Pair): Conversion {
  const { source, target, expression } = pair;
  if (source.isArray || target.isArray) return convertArray(pair);
  if (target.kind === "e") return toEnum(pair);
  if (isSameType(source, target)) return keep(expression, source);
  if (target.name === "citext") return toCaseless(pair);
  if (isTextual(target)) return toText(pair);
  if (target.schema !== "pg_catalog") return read(pair);
  if (numericTargets.has(target.name)) return toNumber(pair);
  if (timeTargets.has(target.name)) return toTime(pair) ?? read(pair);
  if (target.name === "bool")
    return byPattern(
      pair,
      "^[[:space:]]*(t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|1|0)[[:space:]]*$",
    );
  if (target.name === "uuid")
    return byPattern(pair, "^([0-9a-f]{4}-?){7}[0-9a-f]{4}$|^[{]([0-9a-f]{4}-?){7}[0-9a-f]{4}[}]$");
  if (source.name === "json" && target.name === "jsonb") return jsonToJsonb(pair);
  return read(pair);
}

function toEnum(pair: Pair): Conversion {
  const { source, target, expression } = pair;
  const isSame = source.kind === "e" && source.sql === target.sql;
  const lacking = source.labels.filter((label) => !target.labels.includes(label));
  if (source.kind === "e" && lacking.length === 0)
    return isSame ? keep(expression) : { ...keep(printed(expression)), identical: false };
  const known = target.labels.map(quoteLiteral).join(", ");
  const where = known === "" ? "true" : `${printed(expression)} not in (${known})`;
  const list = (labels: readonly string[]): string =>
    labels.length === 0 ? "none" : labels.join(", ");
  return buildConversion(pair, {
    fails: {
      kind: "enum",
      severity: "problem",
      where,
      says: `v2's enum ${target.sql} lacks the value`,
      details: [
        ...(source.kind === "e" ? [`labels in v1: ${list(source.labels)}`] : []),
        `labels in v2: ${list(target.labels)}`,
        ...(source.kind === "e" ? [`v2 lacks: ${list(lacking)}`] : []),
      ],
      values: { expression: printed(expression), shown: source.kind === "e" },
    },
    value: isSame ? expression : printed(expression),
  });
}

function convertArray(pair: Pair): Conversion {
  const { source, target, expression } = pair;
  if (!source.isArray || !target.isArray) return isTextual(target) ? toText(pair) : read(pair);
  const element = convert({
    ...pair,
    source: elementOf(source),
    target: elementOf(target),
    expression: "e.value",
  });
  if (element.identical) return keep(expression);
  const anyElement = (where: string): string =>
    `exists (select 1 from pg_catalog.unnest(${expression}) as e (value) where ${where})`;
  const fails = element.tests.find(({ severity }) => severity === "problem");
  const value =
    target.schema === "pg_catalog" && fails === undefined
      ? `${printed(expression)}::${target.sql}`
      : undefined;
  return {
    ...element,
    tests: element.tests.map((test) => ({
      kind: test.kind,
      severity: test.severity,
      where: anyElement(test.where),
      says: `in an element: ${test.says}`,
      ...(test.details === undefined ? {} : { details: test.details }),
      ...(test.errorIsFailure === true ? { errorIsFailure: true } : {}),
    })),
    value: value === undefined ? undefined : nullWhere(expression, "false", value),
    comparable: value === undefined ? undefined : nullWhere(expression, "false", value),
  };
}
