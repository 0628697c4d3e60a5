import type { Database } from "../database.ts";
import { nameKey } from "../identifier.ts";
import { askRows } from "../own-search-path.ts";
import { buildUnreadableRows, findUnreadable } from "./unreadable-values.ts";
import {
  countRows,
  type Finding,
  type Probe,
  type Rule,
  type Severity,
  valueKinds,
} from "./rule.ts";

/** What v1 answered to one probe. */
type Answer =
  | { readonly count: bigint }
  /** `message` may hold row values. */
  | { readonly code: string; readonly message: string };

const buildCount = (probe: Probe): string =>
  probe.count ?? `select pg_catalog.count(*) as count from ${probe.rows} where ${probe.where}`;

const buildSample = (probe: Probe): string =>
  probe.sample ??
  `select pg_catalog.to_json(t.*)::pg_catalog.text as row from ${probe.rows} where ${probe.where} limit 10`;

/** As askOnce, under the own search_path where the empty one hides what an index calls. */
const ask = <T extends object>(
  db: Database,
  sql: string,
  values: readonly unknown[] = [],
): Promise<T[]> => askRows(db, () => askOnce<T>(db, sql, values));

/** Runs a question behind a savepoint, so that its failure does not end the transaction. */
async function askOnce<T extends object>(
  db: Database,
  sql: string,
  values: readonly unknown[],
): Promise<T[]> {
  await db.query("savepoint probe");
  try {
    const rows = await db.query<T>(sql, values);
    await db.query("release savepoint probe");
    return rows;
  } catch (error) {
    await db.query("rollback to savepoint probe");
    throw error;
  }
}

async function askOne(db: Database, probe: Probe): Promise<Answer> {
  try {
    const [row] = await ask<{ count: string }>(db, buildCount(probe));
    return { count: BigInt(row?.count ?? "0") };
  } catch (error) {
    return asAnswer(error);
  }
}

function asAnswer(error: unknown): Answer {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // without a SQLSTATE it is the connection that failed, or we; class 57 is the operator's Ctrl-C, or the server's end
  if (!(error instanceof Error) || !/^[0-9A-Z]{5}$/.test(code) || /^(?:08|53|57|58)/.test(code))
    throw error;
  return { code, message: error.message };
}

/** Counts all probes on the same rows in one scan; one by one when that fails. */
async function askTogether(db: Database, probes: readonly Probe[]): Promise<Answer[]> {
  const [first] = probes;
  if (first === undefined) return [];
  if (probes.length > 1) {
    const list = probes.map(
      (probe, at) => `pg_catalog.count(*) filter (where ${probe.where}) as "${at}"`,
    );
    const rows = await ask<Record<string, string>>(
      db,
      `select ${list.join(", ")} from ${first.rows}`,
    ).catch((error: unknown) => {
      asAnswer(error);
      return undefined;
    });
    if (rows?.[0] !== undefined)
      return Object.values(rows[0]).map((count) => ({ count: BigInt(count) }));
  }
  const answers: Answer[] = [];
  for (const probe of probes) answers.push(await askOne(db, probe));
  return answers;
}

async function askAll(db: Database, probes: readonly Probe[]): Promise<Map<Probe, Answer>> {
  const groups = new Map<string, Probe[]>();
  for (const [at, probe] of probes.entries()) {
    // what may fail on a row, and what reads other tables, is asked alone
    const isAlone =
      probe.count !== undefined ||
      probe.errorIsFailure === true ||
      probe.where.includes("exists (");
    const key = isAlone ? `alone ${at}` : probe.rows;
    groups.set(key, [...(groups.get(key) ?? []), probe]);
  }
  const answers = new Map<Probe, Answer>();
  for (const group of groups.values()) {
    const counts = await askTogether(db, group);
    for (const [at, probe] of group.entries()) {
      const answer = counts[at];
      if (answer !== undefined) answers.set(probe, answer);
    }
  }
  return answers;
}

/**
 * Asks v1 about every rule, in one read-only transaction of its own: the session must not be in one.
 * Rules that no row breaks and that have nothing else to say give no finding.
 * @throws what the server says when the connection fails; a probe that fails becomes a finding that says so
 */
export async function askRules(db: Database, rules: readonly Rule[]): Promise<Finding[]> {
  return db.snapshot(async () => {
    const probes = rules.flatMap(({ probe, untested }) =>
      probe === undefined || untested !== undefined ? [] : [probe],
    );
    const answers = await askAll(db, probes);
    const findings: Finding[] = [];
    for (const rule of rules) {
      const finding = await conclude(db, rule, rule.probe && answers.get(rule.probe));
      if (finding !== undefined) findings.push(finding);
    }
    return findings.filter((finding) => !isSaidBetter(finding, findings));
  });
}

const isAboutValues = ({ kind }: Finding): boolean => valueKinds.includes(kind);

/** "is text in v1, integer in v2" is worth a line only when nothing worse is said of the column. */
const isSaidBetter = (finding: Finding, others: readonly Finding[]): boolean =>
  finding.count === 0n &&
  finding.severity === "note" &&
  isAboutValues(finding) &&
  others.some(
    (other) =>
      other.severity !== "note" &&
      isAboutValues(other) &&
      nameKey(other.table) === nameKey(finding.table) &&
      other.columns.join() === finding.columns.join(),
  );

const nothing = (): Promise<string[]> => Promise.resolve([]);

async function conclude(
  db: Database,
  rule: Rule,
  answer: Answer | undefined,
): Promise<Finding | undefined> {
  if (rule.untested !== undefined)
    return build(rule, {
      severity: "warning",
      text: `${notTested}${possibly(rule)} (${rule.untested})`,
    });
  if (answer === undefined) return build(rule, { severity: rule.severity, text: lineOf(rule) });
  if ("code" in answer) return concludeError(db, rule, answer);
  if (answer.count === 0n)
    return rule.otherwise === undefined ? undefined : build(rule, { ...rule.otherwise, count: 0n });
  const { probe } = rule;
  if (probe === undefined) return undefined;
  const values = await listValues(db, probe);
  return build(rule, {
    severity: rule.severity,
    text: rule.text(countRows(answer.count, rule.unit)),
    count: answer.count,
    details: probe.values?.shown === true ? values : [],
    sample: async () => [
      ...(probe.values?.shown === false ? values : []),
      ...(await db.query<{ row: string }>(buildSample(probe))).map(({ row }) => row),
    ],
  });
}

/** How a finding begins that nobody could test: it claims nothing. */
export const notTested = "not tested, possible: ";

const possibly = (rule: Rule): string => rule.text(`some ${rule.unit ?? "row"}s`);

const lineOf = (rule: Rule): string => rule.text(`an unknown number of ${rule.unit ?? "row"}s`);

async function concludeError(
  db: Database,
  rule: Rule,
  { code, message }: { readonly code: string; readonly message: string },
): Promise<Finding> {
  if (rule.probe?.errorIsFailure === true && code.startsWith("22"))
    return concludeUnreadable(db, rule, rule.probe, message);
  // a message of class 42 speaks of names only; others may hold values
  const why = code.startsWith("42") ? message : `SQLSTATE ${code}`;
  return build(rule, {
    severity: "warning",
    text: `${notTested}${possibly(rule)} (v1 cannot answer: ${why})`,
    sample: () => Promise.resolve([message]),
  });
}

/** The server's message names one value; the rows that hold such values are looked for. */
async function concludeUnreadable(
  db: Database,
  rule: Rule,
  probe: Probe,
  message: string,
): Promise<Finding> {
  const { values, count } = await findUnreadable(db, ask, probe);
  return build(rule, {
    severity: "problem",
    text: rule.text(count === undefined ? "at least one row" : countRows(count)),
    ...(count === undefined ? {} : { count }),
    sample: async () => {
      if (values.length === 0) return [message];
      const rows = await db.query<{ row: string }>(buildUnreadableRows(probe), [values]);
      return rows.map(({ row }) => row);
    },
  });
}

/** The failing values with their counts, the most frequent first. */
async function listValues(db: Database, probe: Probe): Promise<string[]> {
  if (probe.values === undefined) return [];
  const sql = `select v.value, pg_catalog.count(*) as count from (select ${probe.values.expression} as value from ${probe.rows} where ${probe.where}) as v group by v.value order by 2 desc, 1 limit 20`;
  const rows = await ask<{ value: string; count: string }>(db, sql);
  return rows.map(({ value, count }) => `${value}: ${countRows(BigInt(count))}`);
}

function build(
  rule: Rule,
  answer: {
    readonly severity: Severity;
    readonly text: string;
    readonly count?: bigint;
    readonly details?: readonly string[];
    readonly sample?: () => Promise<string[]>;
  },
): Finding {
  return {
    kind: rule.kind,
    table: rule.table,
    columns: rule.columns,
    ...(rule.constraint === undefined ? {} : { constraint: rule.constraint }),
    text: answer.text,
    count: answer.count,
    details: [...(rule.details ?? []), ...(answer.details ?? [])],
    ...(rule.todo === undefined || answer.severity === "note" ? {} : { todo: rule.todo }),
    severity: answer.severity,
    sample: answer.sample ?? nothing,
  };
}
