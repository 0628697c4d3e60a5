import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../scripts/engine/secret.ts";
import { readCatalogue } from "../../scripts/postgres/catalogue.ts";
import { connect, type Database } from "../../scripts/postgres/database.ts";
import { explainFailure } from "../../scripts/postgres/explain-failure.ts";
import { forecast, type Finding, type ForecastFacts } from "../../scripts/postgres/forecast.ts";
import { listForeignKeys } from "../../scripts/postgres/foreign-keys.ts";
import { quoteIdentifier, quoteName } from "../../scripts/postgres/identifier.ts";
import { buildSourceRows } from "../../scripts/postgres/table-plan.ts";
import {
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import { planTables } from "../../scripts/steps/data-move/tables.ts";
import { cases, leaveOut, preludes } from "./forecast/cases.ts";

describe("the forecast", () => {
  let server: ThrowawayServer;
  let source: Database;
  let target: Database;
  let facts: ForecastFacts;
  let findings: Finding[];

  const open = (database: string): Promise<Database> =>
    connect(
      {
        host: server.host,
        port: server.port,
        database,
        user: server.superuser,
        password: new Secret(server.superuserPassword),
        parameters: {},
        poolerSigns: [],
      },
      { readOnly: true, applicationName: "test" },
    );
  const of = (table: string): Finding[] =>
    findings.filter((finding) => finding.table.name === table);
  const brief = (finding: Finding): string =>
    [finding.kind, finding.severity, finding.count ?? "?"].join(" ");

  beforeAll(async () => {
    server = await startThrowawayServer();
    await server.psql("postgres", "create database v1");
    await server.psql("postgres", "create database v2");
    await server.psql("v1", [preludes.v1, ...cases.map(({ v1 }) => v1)].join(";\n"));
    await server.psql("v2", [preludes.v2, ...cases.map(({ v2 }) => v2)].join(";\n"));
    source = await open("v1");
    target = await open("v2");
    const [v1, v2] = [await readCatalogue(source), await readCatalogue(target)];
    facts = {
      source: v1,
      target: v2,
      plan: planTables({ source: v1, target: v2, history: new Set(), leaveOut }),
      sourceForeignKeys: await listForeignKeys(source),
      targetForeignKeys: await listForeignKeys(target),
    };
    findings = await forecast(source, facts);
  });
  afterAll(async () => {
    await source?.close();
    await target?.close();
    await server?.stop();
  });

  test("has a plan without problems", () => {
    expect(facts.plan.problems).toEqual([]);
  });

  /** Copies a table from v1 to v2 as a move does; gives the SQLSTATE that refused it, or whether it arrived the same. */
  async function copy(table: string): Promise<string> {
    const moved = facts.plan.moved.find(({ name }) => name.name === table);
    if (moved === undefined) throw new Error(`${table} does not move`);
    const columns = moved.columns.map(({ name }) => quoteIdentifier(name)).join(", ");
    const file = `${server.folder}/${Math.random().toString(36).slice(2)}.copy`;
    const pins =
      "set timezone = 'UTC'; set datestyle = 'ISO'; set search_path = ''; set extra_float_digits = 3;";
    await server.psql(
      "v1",
      `${pins} copy (select ${columns} from ${buildSourceRows(moved)}) to '${file}'`,
    );
    try {
      await server.psql("v2", `${pins} copy ${quoteName(moved.name)} (${columns}) from '${file}'`);
    } catch (error) {
      return error instanceof Error && "code" in error ? String(error.code) : "?";
    }
    const content = `${pins} select pg_catalog.md5(pg_catalog.string_agg(pg_catalog.format('%s', r.*), e'\\n' order by pg_catalog.format('%s', r.*))) from (select ${columns} from`;
    const before = await server.psql("v1", `${content} ${buildSourceRows(moved)}) as r`);
    const after = await server.psql("v2", `${content} ${quoteName(moved.name)}) as r`);
    return before === after ? "same" : "changed";
  }

  test.each(cases)("$says", async ({ table, expected, text, fate }) => {
    expect(of(table).map(brief)).toEqual(expected);
    const lines = of(table).map((finding) => finding.text);
    expect(lines.join("\n")).toContain(text ?? "");
    expect(fate === undefined ? undefined : await copy(table)).toBe(fate);
  });

  test("says nothing of tables that it was not asked about", () => {
    const known = new Set(cases.map(({ table }) => table));
    expect(findings.filter(({ table }) => !known.has(table.name)).map(({ text }) => text)).toEqual(
      [],
    );
  });

  test("shows no row values on the screen", () => {
    const shown = findings
      .flatMap(({ text, details, todo }) => [text, ...details, todo ?? ""])
      .join("\n");
    expect(shown).not.toContain("canary");
  });

  test("gives the failing rows of every finding that has a count", async () => {
    for (const finding of findings.filter(
      ({ count, severity }) => (count ?? 0n) > 0n && severity !== "note",
    )) {
      const rows = await finding.sample();
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.length).toBeLessThanOrEqual(30);
    }
  });

  test("counts labels that v2 lacks, and keeps values of a text for the report", async () => {
    const [labels] = of("enum_labels");
    expect(labels?.details).toEqual([
      'public."Mood" in v1, public."Mood" in v2',
      "labels in v1: GOOD, BAD, it's",
      "labels in v2: GOOD",
      "v2 lacks: BAD, it's",
      "it's: 2 rows",
      "BAD: 1 row",
    ]);
    const [texts] = of("enum_text");
    expect(texts?.details.join()).not.toContain("canary");
    expect(await texts?.sample()).toContain("canary: 2 rows");
  });

  test("explains a failed import with the rows of v1", async () => {
    const [orphans] = await explainFailure(source, facts, {
      sqlstate: "23503",
      schema: "public",
      table: "fk_child",
      constraint: "fk_child_fk",
    });
    expect(orphans).toMatchObject({
      what: "fk_child.(a, b): 2 rows of v1 without a match in two words.Par ent (fk_child_fk)",
      where: "table fk_child, columns a, b, constraint fk_child_fk",
    });
    expect(orphans?.rows).toHaveLength(2);
    const nulls = await explainFailure(source, facts, {
      sqlstate: "23502",
      schema: "two words",
      table: "Not null",
      column: "a b",
    });
    expect(nulls.map(({ what }) => what)).toEqual([
      "two words.Not null.a b is NOT NULL in v2, and NULL in 2 rows of v1",
    ]);
    const labels = await explainFailure(source, facts, {
      sqlstate: "22P02",
      table: "enum_labels",
      column: "mood",
    });
    expect(labels[0]?.details).toContain("BAD: 1 row");
    expect(
      await explainFailure(source, facts, { sqlstate: "42501", table: "enum_labels" }),
    ).toEqual([]);
  });

  test("explains a failure on a partition by the rules of its root", async () => {
    const found = await explainFailure(source, facts, {
      sqlstate: "23505",
      schema: "public",
      table: "unique_part_1",
      constraint: "unique_part_1_pkey",
    });
    expect(found.map(({ where }) => where)).toEqual([
      "table unique_part, columns id, at, constraint unique_part_pkey",
    ]);
  });

  test("leaves the session usable and outside of a transaction", async () => {
    await expect(source.query("savepoint a")).rejects.toThrow(
      "SAVEPOINT can only be used in transaction blocks",
    );
  });
});
