import { buildConversion, type Conversion, type Pair, type ValueTest } from "./conversion.ts";

const stamps = new Set(["timestamp", "timestamptz"]);

/** Target types of this file. */
export const timeTargets = new Set([...stamps, "date", "time", "timetz", "interval"]);

/** Between moments; undefined for pairs that are not known here. */
export function toTime(pair: Pair): Conversion | undefined {
  const { source, target, expression } = pair;
  if (stamps.has(source.name) && stamps.has(target.name)) return betweenStamps(pair);
  if (stamps.has(source.name) && target.name === "date")
    return buildConversion(pair, {
      changes: loses(
        pair,
        `${expression} <> pg_catalog.date_trunc('day', ${expression})`,
        "would lose the time of day",
      ),
      value: `${expression}::pg_catalog.date`,
    });
  if (source.name === "date" && stamps.has(target.name))
    return buildConversion(pair, {
      value: `${expression}::${target.sql}`,
      remark: { kind: "type", severity: "note", says: `becomes midnight UTC as ${target.sql}` },
    });
  if (source.name !== target.name) return undefined;
  const value = `${expression}::${target.sql}`;
  return buildConversion(pair, {
    changes: loses(pair, `${expression} <> ${value}`, `would be rounded to v2's ${target.sql}`),
    value,
  });
}

const loses = (_pair: Pair, where: string, says: string): ValueTest => ({
  kind: "precision",
  severity: "problem",
  where,
  says,
});

function betweenStamps(pair: Pair): Conversion {
  const { source, target, expression } = pair;
  const isShifted = source.name !== target.name;
  // every session of ours is in UTC: that is how the one is printed and the other read
  const moment = isShifted ? `(${expression} at time zone 'UTC')` : expression;
  const value = `${moment}::${target.sql}`;
  const isCoarser = (target.modifiers[0] ?? 6) < (source.modifiers[0] ?? 6);
  return buildConversion(pair, {
    ...(isCoarser
      ? { changes: loses(pair, `${moment} <> ${value}`, `would be rounded to v2's ${target.sql}`) }
      : {}),
    value,
    ...(isShifted
      ? {
          remark: {
            kind: "time-zone",
            severity: "warning",
            says: `is ${source.sql} in v1 and ${target.sql} in v2: it is read as UTC`,
          },
        }
      : {}),
  });
}
