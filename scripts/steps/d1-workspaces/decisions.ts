import { z } from "zod";
import { misused, type Problem } from "../../engine/failure.ts";
import { findNearestName } from "../../engine/nearest-name.ts";

/** "<…>" is what our own proposals say where a person has to choose. */
const isPlaceholder = (text: string): boolean => /^<.*>$/s.test(text);

const reason = z
  .string()
  .trim()
  .min(1, "needs a reason")
  .refine((text) => !isPlaceholder(text), "needs a reason of its own");

/** A value as JSON has it; whole numbers are integers. */
const value = z
  .union([z.string(), z.number(), z.null()])
  .refine(
    (given) => typeof given !== "string" || !isPlaceholder(given),
    "needs a value in place of <…>",
  );

const leaveOut = z.strictObject({ reason });
const map = z
  .strictObject({
    /** Value of v1 as text → value of v2. */
    values: z.record(z.string(), value).optional(),
    /** What every value becomes that v2's CHECK on this column alone refuses. */
    refused: value.optional(),
    reason,
  })
  .refine(
    ({ values, refused }) => values !== undefined || refused !== undefined,
    'needs "values" or "refused"',
  );
const fill = z
  .strictObject({
    /** What stands where v1 has NULL or no such column. */
    value: value.optional(),
    /** Or: the column of the same row that it is taken from. */
    column: z.string().min(1).optional(),
    reason,
  })
  .refine(
    ({ value: given, column }) => (given === undefined) !== (column === undefined),
    'needs "value" or "column", one of them',
  );
const orphan = z
  .strictObject({
    leaveOut: z.literal(true).optional(),
    setNull: z.literal(true).optional(),
    reason,
  })
  .refine(
    (decision) => (decision.leaveOut === undefined) !== (decision.setNull === undefined),
    'needs "leaveOut": true or "setNull": true, one of them',
  );

const table = z.string().min(1);
const column = z.string().regex(/^[^.]+\..+$/s, "is written as table.column");

const schema = z.strictObject({
  leaveOut: z
    .strictObject({
      tables: z.record(table, leaveOut).default({}),
      columns: z.record(column, leaveOut).default({}),
    })
    .default({ tables: {}, columns: {} }),
  map: z.record(column, map).default({}),
  fill: z.record(column, fill).default({}),
  orphans: z.record(column, orphan).default({}),
});

/** What was decided about data that v2 cannot take as it is; every entry says why. Keys are `table` and `table.column`. */
export type Decisions = z.infer<typeof schema>;
export type Fill = Decisions["fill"][string];
export type Orphan = Decisions["orphans"][string];
export type MapDecision = Decisions["map"][string];
export type JsonValue = z.infer<typeof value>;

/** Nothing was decided. */
export const noDecisions: Decisions = schema.parse({});

const knownKeys = [
  "leaveOut",
  "tables",
  "columns",
  "map",
  "fill",
  "orphans",
  "values",
  "refused",
  "value",
  "column",
  "setNull",
  "reason",
];

function describeIssue(issue: z.core.$ZodIssue, file: string): Problem[] {
  const where = [file, ...issue.path.map(String)].join(" › ");
  if (issue.code !== "unrecognized_keys") return [{ what: issue.message, where }];
  return issue.keys.map((key) => {
    const nearest = findNearestName(key, knownKeys);
    return {
      what: `"${key}" is not known here`,
      where,
      todo: nearest === undefined ? "Take it out." : `Write "${nearest}".`,
    };
  });
}

/**
 * Reads the text of a decisions file.
 * @param file its name, for messages
 * @throws Failure (exit 2) that names every mistake: no JSON, unknown keys with the nearest known one, no reason
 */
export function parseDecisions(text: string, file: string): Decisions {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw misused(`${file} is no JSON`, [{ what: message, where: file }]);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, file));
  throw misused(`${file} cannot be used`, problems);
}

/** A value of the file as SQL stores it. */
export const cellOf = (given: JsonValue): null | bigint | number | string =>
  typeof given === "number" && Number.isSafeInteger(given) ? BigInt(given) : given;
