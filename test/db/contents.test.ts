import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findTable, readCatalogue } from "../../scripts/postgres/catalogue.ts";
import {
  isSameContents,
  readComparisonRules,
  readContents,
  type ComparedTable,
  type ComparisonRules,
} from "../../scripts/postgres/contents.ts";
import { listDifferingRows, type DifferingRow } from "../../scripts/postgres/differing-rows.ts";
import { startTwoDatabases, type TwoDatabases } from "./two-databases.ts";

const both = `
  create table plain (id int primary key, a text, b text, at timestamptz, f float8, n numeric, j jsonb, raw bytea, tags text[]);
  create table keyless (a text, b int);
  create table bare ();
  create table parent (id int); create table child () inherits (parent);
  create table tree (id int, at int) partition by range (at);
  create table composite_key (a int, b text, v text, primary key (b, a));
`;
const v1 = `
  create type mood as enum ('OK', 'BAD'); create type pair as (x int, y text);
  create table typed (i int, c varchar(10), blank char(5), p numeric(6,2), ts timestamp, js json, e mood, flag boolean, d date, u text, word text, m mood[], pr pair, r real);
  create table tree_1 partition of tree for values from (0) to (10);
  create table tree_2 partition of tree for values from (10) to (20);
`;
const v2 = `
  create domain word as text; create type mood as enum ('BAD', 'OK', 'NEW'); create type pair as (x int, y text);
  create table typed (i bigint, c text, blank text, p numeric(8,3), ts timestamptz, js jsonb, e text, flag text, d timestamp, u uuid, word word, m text, pr pair, r double precision);
  create table tree_all partition of tree default;
`;

describe("contents", () => {
  let two: TwoDatabases;
  let rules: ComparisonRules;

  const table = async (named: string): Promise<ComparedTable> => {
    const name = { schema: "public", name: named };
    const a = findTable(await readCatalogue(two.source), name);
    const b = findTable(await readCatalogue(two.target), name);
    if (a === undefined || b === undefined) throw new Error(`no table ${named}`);
    const columns = a.columns.map((column) => ({
      name: column.name,
      source: column,
      target: b.columns.find((other) => other.name === column.name) ?? column,
    }));
    return { name, source: a, target: b, columns, apart: [] };
  };
  const isSame = async (name: string): Promise<boolean> => {
    const one = await table(name);
    const left = await readContents(two.source, "source", one, rules);
    return isSameContents(left, await readContents(two.target, "target", one, rules));
  };
  const differ = async (name: string, primaryKey: readonly string[]): Promise<DifferingRow[]> => {
    const one = await table(name);
    const source = await readContents(two.source, "source", one, rules);
    const target = await readContents(two.target, "target", one, rules);
    return listDifferingRows(
      two.source,
      two.target,
      { table: one, source, target, primaryKey, rules },
      10,
    );
  };

  beforeAll(async () => {
    two = await startTwoDatabases();
    await two.server.psql("move_v2", "create extension citext");
    await two.run("both", both);
    await two.run("v1", v1);
    await two.run("v2", v2);
    rules = await readComparisonRules(two.source, two.target);
  });
  afterAll(() => two.stop());

  it("are equal whatever the order of the rows, and differ by one value, NULL or empty text", async () => {
    const row =
      "'x', '', '2024-01-01 12:00+02', 0.1, 1.50, '{\"a\": 1}', '\\\\x00ff', '{a,null,\"\"}'";
    await two.run("v1", `insert into plain select i, ${row} from generate_series(1, 100) i`);
    await two.run("v2", `insert into plain select i, ${row} from generate_series(100, 1, -1) i`);
    expect(await isSame("plain")).toBe(true);
    await two.run("v2", "update plain set b = null where id = 50");
    expect(await isSame("plain")).toBe(false);
    expect(await differ("plain", ["id"])).toEqual([{ kind: "changed", row: "(50)" }]);
    await two.run("v2", "update plain set b = '', n = 1.5 where id = 50");
    expect(await isSame("plain")).toBe(false);
    await two.run("v2", "update plain set n = 1.50, a = '', b = 'x' where id = 50");
    expect(await isSame("plain")).toBe(false);
  });

  it("name rows that are missing, extra and changed, by a composite key too", async () => {
    await two.run(
      "v1",
      "insert into composite_key select i, 'k,' || i, 'v' from generate_series(1, 3000) i",
    );
    await two.run(
      "v2",
      `insert into composite_key select i, 'k,' || i, 'v' from generate_series(1, 3000) i;
       delete from composite_key where a = 7; update composite_key set v = 'w' where a = 8; insert into composite_key values (9000, 'new', 'v')`,
    );
    expect(
      (await differ("composite_key", ["b", "a"])).toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
    ).toEqual([
      { kind: "changed", row: '("k,8",8)' },
      { kind: "extra", row: "(new,9000)" },
      { kind: "missing", row: '("k,7",7)' },
    ]);
  });

  it("count equal rows where there is no key", async () => {
    await two.run("v1", "insert into keyless values ('a', 1), ('a', 1), ('b', 2)");
    await two.run("v2", "insert into keyless values ('a', 1), ('b', 2), ('b', 2)");
    expect(await isSame("keyless")).toBe(false);
    expect((await differ("keyless", [])).toSorted((a, b) => (a.row < b.row ? -1 : 1))).toEqual([
      { kind: "missing", row: "(a,1)" },
      { kind: "extra", row: "(b,2)" },
    ]);
  });

  it("never list more than asked for, however many differ", async () => {
    await two.run("v2", "update composite_key set v = 'all'");
    expect(await differ("composite_key", ["b", "a"])).toHaveLength(10);
  });

  it("of a table without columns are its rows", async () => {
    await two.run("both", "insert into bare default values");
    expect(await isSame("bare")).toBe(true);
    await two.run("v2", "insert into bare default values");
    expect(await isSame("bare")).toBe(false);
    expect(await differ("bare", [])).toEqual([]);
  });

  it("of a parent by inheritance are its own, of a partitioned table all of its tree", async () => {
    await two.run("both", "insert into parent values (1)");
    await two.run("v2", "insert into child values (2)");
    expect(await isSame("parent")).toBe(true);
    await two.run("both", "insert into tree values (1, 1), (2, 15)");
    expect(await isSame("tree")).toBe(true);
  });

  it("are equal when values went through another type of v2, as COPY takes them there", async () => {
    const values = `1, 'text', 'ab', 12.5, '2024-05-01 10:00', '{"b":1, "a": 2}', 'OK', true, '2024-05-01', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'w', '{OK,BAD}', row(1, null), 0.1`;
    await two.run(
      "v1",
      `insert into typed values (${values}), (null, null, null, null, null, null, null, null, null, null, null, null, row(null, null), 'NaN')`,
    );
    await two.run(
      "v2",
      `insert into typed values (1, 'text', 'ab   ', 12.5, '2024-05-01 10:00Z', '{"b":1, "a": 2}', 'OK', 't', '2024-05-01', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'w', '{OK,BAD}', row(1, null), 0.1),
       (null, null, null, null, null, null, null, null, null, null, null, null, row(null, null), 'NaN')`,
    );
    expect(await isSame("typed")).toBe(true);
    expect(await differ("typed", [])).toEqual([]);
    await two.run("v2", "update typed set flag = 'f' where flag = 't'");
    expect(await isSame("typed")).toBe(false);
  });

  it("can be compared with floats as bytes and texts as UTF-8, for old servers and other encodings", async () => {
    const before = rules;
    rules = { toUtf8: true, floatsAsBytes: true };
    await two.run("v2", "update typed set flag = 't' where flag = 'f'");
    expect(await isSame("typed")).toBe(true);
    rules = before;
  });
});
