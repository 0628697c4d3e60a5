import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findTable, listTables, type Table } from "../../scripts/postgres/catalogue.ts";
import { readDriverError } from "../../scripts/postgres/errors.ts";
import {
  buildKeptLook,
  buildLoadedLook,
  buildLooks,
  parseOtherRows,
  readKeptTables,
  type Look,
} from "../../scripts/postgres/rollback-contents.ts";
import { startTwoDatabases, type TwoDatabases } from "./two-databases.ts";

let pair: TwoDatabases;

beforeAll(async () => {
  pair = await startTwoDatabases();
  await pair.run(
    "v2",
    `create table plain (id int, note text, twice int generated always as (id * 2) stored);
     insert into plain values (1, 'one'), (2, null), (3, E'tab\\tand \\\\');
     create table parts (id int, at date) partition by range (at);
     create table parts_old partition of parts for values from ('2020-01-01') to ('2024-01-01');
     create table parts_new partition of parts for values from ('2024-01-01') to ('2030-01-01');
     insert into parts values (1, '2021-01-01'), (2, '2025-01-01');
     create table parent (id int); create table child () inherits (parent);
     insert into parent values (1); insert into child values (2);
     create table "no columns" (); insert into "no columns" default values;
     create table void (id int)`,
  );
});
afterAll(() => pair.stop());

async function tablesOf(...names: string[]): Promise<Table[]> {
  const tables = await listTables(pair.target);
  return names.map((name) => findTable({ tables }, { schema: "public", name }) as Table);
}

/** Names of the tables that the look complains about. */
async function look(looks: readonly Look[]): Promise<string[]> {
  try {
    await pair.target.query(`begin; ${buildLooks(looks).join("\n")}`);
    return [];
  } catch (error) {
    const said = readDriverError(error);
    if (said === undefined) throw error;
    const names = parseOtherRows(said);
    if (names === undefined) throw error;
    return names.map(({ name }) => name);
  } finally {
    await pair.target.query("rollback");
  }
}

describe("what a rollback point knows of tables", () => {
  const names = ["plain", "parts", "parent", "no columns", "void"];

  it("is exact: partitions as a whole, children not, tables without columns or rows too", async () => {
    const kept = await readKeptTables(pair.target, await tablesOf(...names));
    expect(kept.map(({ rows }) => rows)).toEqual([3, 2, 1, 1, 0]);
  });

  it("is found again under the import's lock, as long as nothing was written", async () => {
    const tables = await tablesOf(...names);
    const kept = await readKeptTables(pair.target, tables);
    const looks = tables.map((table, at) => buildKeptLook(table, kept[at]!));
    expect(await look(looks)).toEqual([]);
    await pair.run("v2", "update plain set note = 'uno' where id = 1; insert into void values (1)");
    expect(await look(looks)).toEqual(["plain", "void"]);
    await pair.run("v2", "update plain set note = 'one' where id = 1; delete from void");
    expect(await look(looks)).toEqual([]);
    await pair.run("v2", "update parts set at = at - 1 where id = 2");
    expect(await look(looks)).toEqual(["parts"]);
  });
});

describe("the rows of an import", () => {
  it("are told from those that others wrote, also by an update, and in partitions", async () => {
    await pair.run("v2", "delete from parts; delete from void");
    await pair.run(
      "v2",
      "begin; insert into parts values (1, '2021-01-01'), (2, '2025-01-01'); insert into void values (7); commit",
    );
    const [parts, empty] = (await tablesOf("parts", "void")) as [Table, Table];
    const { xmin } = await pair.target.one<{ xmin: string }>("select xmin from public.void");
    const looks = [buildLoadedLook(parts, 2, xmin), buildLoadedLook(empty, 1, xmin)];
    expect(await look(looks)).toEqual([]);
    await pair.run("v2", "update parts set id = 3 where id = 2");
    expect(await look(looks)).toEqual(["parts"]);
    expect(await look([buildLoadedLook(parts, 2, undefined)])).toEqual([]);
    expect(await look([buildLoadedLook(parts, 3, undefined)])).toEqual(["parts"]);
  });
});
