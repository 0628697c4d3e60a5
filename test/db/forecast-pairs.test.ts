import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../scripts/engine/secret.ts";
import { readCatalogue } from "../../scripts/postgres/catalogue.ts";
import { connect, type Database } from "../../scripts/postgres/database.ts";
import { forecast, type Finding } from "../../scripts/postgres/forecast.ts";
import { quoteLiteral } from "../../scripts/postgres/identifier.ts";
import {
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import { planTables } from "../../scripts/steps/data-move/tables.ts";

const enumType = `create type mood as enum ('1', 'true', 'abc', 'ab');`;

/** Values of each type of v1, chosen to stand at the edges of the others. */
const values: Readonly<Record<string, readonly string[]>> = {
  text: [
    "",
    " ",
    "abc",
    "abc ",
    "ab  ",
    "abcd",
    "1",
    " 1 ",
    "1.0",
    "+1",
    "-32769",
    "2147483648",
    "9223372036854775808",
    "1e3",
    ".5",
    "5.",
    "1e400",
    "1e-400",
    "1e-50",
    "nan",
    "-inf",
    "Infinity",
    "99.995",
    "100",
    "-99.994",
    "true",
    "T",
    "o",
    "off",
    "f ",
    "{0b9a2f7e-1c1b-4d53-8f55-8d1d0f8a8a11}",
    "0b9a-2f7e1c1b4d538f558d1d0f8a8a11",
    "0b9a2f7e-1c1b-4d53-8f55-8d1d0f8a8a1",
    "{}",
    '{"a":1,"a":2}',
    "{a,b}",
    "2024-02-30",
    "2024-02-29",
    "2024-01-01 10:00:00.1234567+02",
    "10:00",
    "infinity",
    "1 day 00:00:00.1239",
    "\\x4142",
    "1_000",
    "0x1F",
    "ä",
  ],
  "varchar(4)": ["abc", "abc ", "abcd", "ä"],
  "char(4)": ["a", "abcd", "1"],
  int: ["0", "1", "2", "-32768", "32768", "99", "100", "16777217"],
  bigint: ["1", "2147483648", "9007199254740993", "-9223372036854775808"],
  "numeric(10,3)": ["1", "1.5", "99.994", "99.995", "-100", "32767.5", "NaN"],
  numeric: [
    "1",
    "0.1",
    "0.10",
    "1.123456789012345678901234567890",
    "1e40",
    "1e-46",
    "1e-47",
    "1e308",
    "1e309",
    "-1e-330",
    "NaN",
    "Infinity",
  ],
  float8: [
    "1",
    "0.1",
    "1.5",
    "3.4028235677973366e38",
    "3.4028235677973362e38",
    "1e-46",
    "7.1e-46",
    "NaN",
    "Infinity",
    "16777217",
    "99.995",
    "1e20",
  ],
  float4: ["1", "0.1", "1e38", "-Infinity"],
  boolean: ["true", "false"],
  date: ["2024-02-29", "infinity", "0044-03-15 BC"],
  timestamp: [
    "2024-02-29",
    "2024-02-29 10:00",
    "2024-01-01 10:00:00.1235",
    "2024-01-01 23:59:59.9996",
    "infinity",
  ],
  timestamptz: [
    "2024-02-29 00:00+00",
    "2024-02-29 00:00+02",
    "2024-01-01 10:00:00.1235+00",
    "-infinity",
  ],
  time: ["10:00", "23:59:59.9999"],
  interval: ["1 day", "1 day 00:00:00.1239"],
  json: ["{}", '{"a":1,"a":2}', '{"a":"\\u0000"}', '{"a":"\\\\u0000"}', "[1e400000]", '"x"'],
  uuid: ["0b9a2f7e-1c1b-4d53-8f55-8d1d0f8a8a11"],
  "text[]": ["{}", "{abc,abcd}", "{1,2}", "{NULL,1}", "{{1,2},{3,x}}"],
  "int[]": ["{1,40000}", "{}"],
  mood: ["1", "true", "abc"],
};

const targets = [
  "text",
  "varchar(3)",
  "char(3)",
  "name",
  "mood",
  "smallint",
  "int",
  "bigint",
  "numeric(4,2)",
  "numeric(3,-1)",
  "numeric",
  "float4",
  "float8",
  "boolean",
  "uuid",
  "date",
  "timestamp(3)",
  "timestamptz(3)",
  "time(3)",
  "interval(3)",
  "json",
  "jsonb",
  "bytea",
  "text[]",
  "varchar(3)[]",
  "smallint[]",
  "mood[]",
];

const trials = Object.entries(values).flatMap(([source, list]) =>
  targets.flatMap((target) => list.map((value) => ({ source, target, value }))),
);

const width = 100;
const tables = Array.from({ length: Math.ceil(trials.length / width) }, (_, at) =>
  trials.slice(at * width, (at + 1) * width),
);

describe("every pair of types", () => {
  let server: ThrowawayServer;
  let findings: Map<string, Finding[]>;
  let outcomes: Map<string, string>;

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

  /** Moves every trial's value by COPY, each for itself: its SQLSTATE, `changed` or `same`. */
  async function copyAll(): Promise<Map<string, string>> {
    const pins = "set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set extra_float_digits = 3;";
    const loop = `for trial in 0..${trials.length - 1} loop name := 't' || trial / ${width}; item := 'c' || trial;`;
    const file = `'${server.folder}/c' || trial`;
    await server.psql(
      "v1",
      `${pins} create table printed (c int, v text);
       do $$ declare name text; item text; begin ${loop}
         execute format('copy %s (%s) to %L', name, item, ${file});
         execute format('insert into printed select %s, format(''%%s'', %s) from %s', trial, item, name);
       end loop; end $$;
       copy printed to '${server.folder}/printed'`,
    );
    const answer = await server.psql(
      "v2",
      `${pins} create table printed (c int, v text); copy printed from '${server.folder}/printed';
       create table outcome (c int, what text);
       do $$ declare name text; item text; was text; now text; begin ${loop}
         begin
           execute format('copy %s (%s) from %L', name, item, ${file});
           execute format('select format(''%%s'', %s) from %s where %1$s is not null', item, name) into now;
           select v into was from printed p where p.c = trial;
           insert into outcome values (trial, case when was = now then 'same' else 'changed' end);
         exception when others then insert into outcome values (trial, sqlstate); end;
       end loop; end $$;
       select c, what from outcome`,
    );
    return new Map(answer.split("\n").map((line) => line.split("|") as [string, string]));
  }

  /** One row in tables of many columns: a trial is a column. */
  const makeTables = (kind: "source" | "target"): string =>
    tables
      .map(
        (list, table) =>
          `create table t${table} (${list.map((trial, at) => `c${table * width + at} ${trial[kind]}`).join(", ")});`,
      )
      .join("\n");

  beforeAll(async () => {
    server = await startThrowawayServer();
    await server.psql("postgres", "create database v1");
    await server.psql("postgres", "create database v2");
    const fill = tables.map(
      (list, table) =>
        `insert into t${table} values (${list.map(({ value }) => quoteLiteral(value)).join(", ")});`,
    );
    await server.psql("v1", `${enumType} ${makeTables("source")} ${fill.join("\n")}`);
    await server.psql("v2", `${enumType} ${makeTables("target")}`);
    outcomes = await copyAll();
    const [v1, v2] = [await open("v1"), await open("v2")];
    const [source, target] = [await readCatalogue(v1), await readCatalogue(v2)];
    const plan = planTables({ source, target, history: new Set(), leaveOut: ["printed"] });
    const facts = { plan, source, target, sourceForeignKeys: [], targetForeignKeys: [] };
    findings = new Map();
    for (const finding of await forecast(v1, facts)) {
      const [column = ""] = finding.columns;
      findings.set(column, [...(findings.get(column) ?? []), finding]);
    }
    await v1.close();
    await v2.close();
  });
  afterAll(async () => {
    await server?.stop();
  });

  const describeAll = (
    isWrong: (outcome: string, found: readonly Finding[]) => boolean,
  ): string[] =>
    trials.flatMap(({ source, target, value }, at) => {
      const outcome = outcomes.get(String(at)) ?? "?";
      const found = findings.get(`c${at}`) ?? [];
      return isWrong(outcome, found)
        ? [
            `${source} ${JSON.stringify(value)} -> ${target}: ${outcome}, forecast: ${found.map((each) => `${each.severity} ${each.text}`).join("; ") || "nothing"}`,
          ]
        : [];
    });
  const has = (found: readonly Finding[], ...severities: readonly string[]): boolean =>
    found.some(({ severity }) => severities.includes(severity));

  test("were all tried, with every outcome", () => {
    const count = (isIt: (outcome: string) => boolean): number =>
      [...outcomes.values()].filter(isIt).length;
    expect(outcomes.size).toBe(trials.length);
    expect(count((outcome) => outcome === "same")).toBeGreaterThan(500);
    expect(count((outcome) => outcome === "changed")).toBeGreaterThan(100);
    expect(count((outcome) => outcome.startsWith("22"))).toBeGreaterThan(500);
  });

  test("a value that COPY refuses is a problem, or is said to be untested", () => {
    const isSaid = (found: readonly Finding[]): boolean =>
      has(found, "problem") || found.some(({ text }) => text.startsWith("not tested"));
    expect(
      describeAll((outcome, found) => !["same", "changed"].includes(outcome) && !isSaid(found)),
    ).toEqual([]);
  });

  test("a value that COPY changes is at least said", () => {
    expect(describeAll((outcome, found) => outcome === "changed" && found.length === 0)).toEqual(
      [],
    );
  });

  test("a problem is refused or changed by COPY", () => {
    expect(describeAll((outcome, found) => outcome === "same" && has(found, "problem"))).toEqual(
      [],
    );
  });
});
