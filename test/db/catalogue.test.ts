import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../scripts/engine/secret.ts";
import {
  findTable,
  readCatalogue,
  type Catalogue,
  type Column,
  type Table,
} from "../../scripts/postgres/catalogue.ts";
import { connect, type Database } from "../../scripts/postgres/database.ts";
import {
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";

const schema = `
create extension citext;
create extension earthdistance cascade;
create schema "Audit log";
create schema movebook;
create table movebook.ledger (id int);
create type "Status" as enum ('NEW', 'it''s', 'OLD');
create type empty as enum ();
create domain word as text check (value <> '') not null;
create domain short_word as word constraint short check (length(value) < 5) default 'x';
alter domain short_word add constraint late check (value <> 'no') not valid;
create table "Animal" (
  id int generated always as identity, "Name" varchar(20) not null, gone int,
  status "Status" default 'NEW', tags text[], states "Status"[], email citext, w short_word, ws word[],
  double int generated always as (id * 2) stored, price numeric(10,2),
  constraint name_check check ("Name" <> ''), unique nulls not distinct (email)
);
alter table "Animal" drop column gone;
alter table "Animal" add constraint late_check check (price > 0) not valid;
create unique index animal_expression on "Animal" (lower("Name"), email) include (price) where status <> 'OLD';
create table "Audit log"."Entry" (id bigserial primary key, at int4range, exclude using gist (at with &&));
create table part (id int, at int, kind text, primary key (id, at, kind), check (id > 0)) partition by range (at);
create table part_low partition of part for values from (0) to (10) partition by list (kind);
create table part_low_a partition of part_low for values in ('a', 'b');
create table part_rest partition of part default;
create table parent (id int);
create table child (extra int) inherits (parent);
create unlogged table quick (id int);
create role other; create table foreign_owned (id int); alter table foreign_owned owner to other;
create table member (id int); alter extension citext add table member;
create role plain login password 'plain'; grant usage on schema public to plain;
create view seen as select 1 as one;
select lo_create(0);
`;

describe("the catalogue", () => {
  let server: ThrowawayServer;
  let db: Database;
  let catalogue: Catalogue;
  const table = (name: string, inSchema = "public"): Table => {
    const found = findTable(catalogue, { schema: inSchema, name });
    if (found === undefined) throw new Error(`no table ${name}`);
    return found;
  };
  const column = (of: string, name: string): Column | undefined =>
    table(of).columns.find((candidate) => candidate.name === name);
  const open = (user: string, password: string): Promise<Database> =>
    connect(
      {
        host: server.host,
        port: server.port,
        database: "postgres",
        user,
        password: new Secret(password),
        parameters: {},
        poolerSigns: [],
      },
      { readOnly: true, applicationName: "test" },
    );

  beforeAll(async () => {
    server = await startThrowawayServer();
    await server.psql("postgres", schema);
    db = await open(server.superuser, server.superuserPassword);
    await db.query("set default_transaction_read_only = off");
    await db.query("create temp table gone (id int)");
    catalogue = await readCatalogue(db);
  });
  afterAll(async () => {
    await db?.close();
    await server?.stop();
  });

  test("lists tables of all schemas but the system's, ours and temporary ones", () => {
    expect(catalogue.tables.map((each) => `${each.schema}.${each.name}`)).toEqual([
      "Audit log.Entry",
      "public.Animal",
      "public.child",
      "public.foreign_owned",
      "public.member",
      "public.parent",
      "public.part",
      "public.part_low",
      "public.part_low_a",
      "public.part_rest",
      "public.quick",
    ]);
  });

  test("says where a partition hangs and how rows reach it", () => {
    expect(table("part")).toMatchObject({ kind: "p", root: null, bound: null });
    expect(table("part_low_a")).toMatchObject({
      kind: "r",
      root: { schema: "public", name: "part" },
      partitionRule: expect.stringContaining("at < 10"),
      bound: "RANGE (at) / FOR VALUES FROM (0) TO (10) LIST (kind) / FOR VALUES IN ('a', 'b')",
    });
    expect(table("part_rest").bound).toBe("RANGE (at) / DEFAULT");
    expect(table("child")).toMatchObject({ root: null, bound: null });
  });

  test("marks members of extensions and what others own", async () => {
    expect(table("member").extension).toBe("citext");
    expect(table("Animal").extension).toBeNull();
    expect(table("foreign_owned")).toMatchObject({ owner: "other", owned: true });
    const plain = await open("plain", "plain");
    try {
      const seen = await readCatalogue(plain);
      expect(seen.tables.some((each) => each.owned)).toBe(false);
      expect(seen.tables).toHaveLength(catalogue.tables.length);
    } finally {
      await plain.close();
    }
  });

  test("describes columns", () => {
    expect(
      table("Animal").columns.map((each) => `${each.position} ${each.name} ${each.type}`),
    ).toEqual([
      "1 id integer",
      "2 Name character varying(20)",
      '4 status public."Status"',
      "5 tags text[]",
      '6 states public."Status"[]',
      "7 email public.citext",
      "8 w public.short_word",
      "9 ws public.word[]",
      "10 double integer",
      "11 price numeric(10,2)",
    ]);
    expect(column("Animal", "id")).toMatchObject({ identity: "a", notNull: true, generated: "" });
    expect(column("Animal", "double")).toMatchObject({ generated: "s", hasDefault: true });
    expect(column("Animal", "states")).toMatchObject({
      isArray: true,
      typeKind: "e",
      typeSchema: "public",
      typeName: "Status",
    });
    expect(column("Animal", "w")).toMatchObject({
      typeKind: "d",
      hasDefault: true,
      isArray: false,
    });
    expect(column("Animal", "ws")).toMatchObject({ typeKind: "d", isArray: true });
    expect(column("Animal", "email")).toMatchObject({ typeName: "citext", hasDefault: false });
  });

  test("lists the labels of enums in their order", () => {
    expect(catalogue.enums).toEqual([
      { schema: "public", name: "Status", labels: ["NEW", "it's", "OLD"] },
      { schema: "public", name: "empty", labels: [] },
    ]);
  });

  test("lists domains with base and demands", () => {
    expect(catalogue.domains.find((domain) => domain.name === "word")).toMatchObject({
      base: "text",
      baseKind: "b",
      notNull: true,
      checks: [{ expression: "(VALUE <> ''::text)", validated: true }],
    });
    expect(catalogue.domains.find((domain) => domain.name === "short_word")).toMatchObject({
      base: "public.word",
      baseKind: "d",
      checks: [
        { name: "late", validated: false },
        { name: "short", validated: true },
      ],
    });
  });

  test("lists unique keys with expressions and predicates, once for a partitioned table", () => {
    const keys = catalogue.uniqueKeys.map((key) => [key.table, key.name]);
    expect(keys).toEqual([
      ["Entry", "Entry_pkey"],
      ["Animal", "Animal_email_key"],
      ["Animal", "animal_expression"],
      ["part", "part_pkey"],
    ]);
    expect(catalogue.uniqueKeys[1]).toMatchObject({ nullsNotDistinct: true, types: ["citext"] });
    expect(catalogue.uniqueKeys[2]).toMatchObject({
      columns: [null, "email"],
      expressions: ['lower(("Name")::text)', "email"],
      predicate: `(status <> 'OLD'::public."Status")`,
      nullsNotDistinct: false,
      primary: false,
      period: false,
    });
  });

  test("lists checks, those that are not valid too, and exclusions", () => {
    expect(catalogue.checks.map((check) => [check.table, check.name, check.validated])).toEqual([
      ["Animal", "late_check", false],
      ["Animal", "name_check", true],
      ["part", "part_id_check", true],
    ]);
    expect(catalogue.exclusions).toMatchObject([
      { table: "Entry", definition: "EXCLUDE USING gist (at WITH &&)" },
    ]);
  });

  test("counts large objects", () => {
    expect(catalogue.largeObjects).toBe(1);
  });
});
