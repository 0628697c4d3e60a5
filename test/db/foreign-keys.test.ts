import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ForeignKey } from "../../scripts/postgres/catalogue.ts";
import { connect, type Database } from "../../scripts/postgres/database.ts";
import { listForeignKeys } from "../../scripts/postgres/foreign-keys.ts";
import { countOrphans, sampleOrphans } from "../../scripts/postgres/orphans.ts";
import {
  startThrowawayServer,
  type ThrowawayServer,
} from "../../scripts/postgres/throwaway-server.ts";
import { Secret } from "../../scripts/engine/secret.ts";

const schema = `
create extension citext;
create schema "two words";
create table "Tenant" (id int primary key);
create table "Org" (id int, "tenantId" int, primary key (id, "tenantId"));
create table "Animal" (
  id int primary key, "orgId" int, "tenantId" int, mother int,
  constraint "org simple" foreign key ("orgId", "tenantId") references "Org" (id, "tenantId"),
  constraint animal_mother foreign key (mother) references "Animal" on delete set null deferrable initially deferred
);
comment on constraint animal_mother on "Animal" is 'it''s the mother';
create table "two words"."full" (a int, b int,
  constraint match_full foreign key (a, b) references public."Org" (id, "tenantId") match full);
create table person (email citext primary key);
create table letter (recipient citext constraint letter_recipient references person);
create table wide (id bigint primary key);
create table narrow (id int constraint narrow_wide references wide);
create table part (id int, at int, tenant int constraint part_tenant references "Tenant", primary key (id, at)) partition by range (at);
create table part_1 partition of part for values from (0) to (10);
create table part_2 partition of part for values from (10) to (20);
create table leaf_of (id int, at int, constraint leaf_of_part foreign key (id, at) references part);
create domain positive as int check (value > 0);
create table numbered (id positive primary key);
create table number_of (id int constraint number_of_numbered references numbered);
create table pair (a int, b int, primary key (a, b));
create table pair_of (a int, b int,
  constraint pair_of_pair foreign key (a, b) references pair on delete set null (b));
create table old_line (id int primary key);
create table new_line () inherits (old_line);
create table line_of (id int constraint line_of_old references old_line);
`;

const rows = `
insert into "Tenant" values (1);
insert into "Org" values (1, 1);
alter table "Animal" disable trigger all; alter table "two words"."full" disable trigger all;
insert into "Animal" values (1, 1, 1, null), (2, 9, 1, 1), (3, 9, null, 7), (4, null, null, null);
insert into "two words"."full" values (null, null), (1, null), (1, 1), (8, 8);
insert into person values ('Ann@x');
insert into letter values ('ANN@X'), (null);
alter table part disable trigger all; alter table part_1 disable trigger all; alter table part_2 disable trigger all;
insert into part values (1, 1, 1), (2, 11, 5);
insert into wide values (1); insert into narrow values (1);
insert into numbered values (1); insert into number_of values (1);
alter table line_of disable trigger all;
alter table old_line disable trigger all;
alter table "Animal" drop constraint "org simple", add constraint "org simple"
  foreign key ("orgId", "tenantId") references "Org" (id, "tenantId") not valid;
insert into old_line values (1); insert into new_line values (2); insert into line_of values (1), (2);
`;

describe("foreign keys", () => {
  let server: ThrowawayServer;
  let db: Database;
  let keys: ForeignKey[];
  const find = (name: string): ForeignKey => {
    const key = keys.find((candidate) => candidate.name === name);
    if (key === undefined) throw new Error(`no key ${name}`);
    return key;
  };

  beforeAll(async () => {
    server = await startThrowawayServer();
    await server.psql("postgres", schema);
    await server.psql("postgres", rows);
    db = await connect(
      {
        host: server.host,
        port: server.port,
        database: "postgres",
        user: server.superuser,
        password: new Secret(server.superuserPassword),
        parameters: {},
        poolerSigns: [],
      },
      { readOnly: true, applicationName: "test" },
    );
    keys = await listForeignKeys(db);
  });
  afterAll(async () => {
    await db?.close();
    await server?.stop();
  });

  test("are listed once, without the copies on partitions", () => {
    expect(keys.map((key) => `${key.schema}.${key.table}.${key.name}`)).toEqual([
      "public.Animal.animal_mother",
      "public.Animal.org simple",
      "public.leaf_of.leaf_of_part",
      "public.letter.letter_recipient",
      "public.line_of.line_of_old",
      "public.narrow.narrow_wide",
      "public.number_of.number_of_numbered",
      "public.pair_of.pair_of_pair",
      "public.part.part_tenant",
      "two words.full.match_full",
    ]);
  });

  test("keep their definition, comment and validation", () => {
    expect(find("animal_mother")).toMatchObject({
      definition:
        'FOREIGN KEY (mother) REFERENCES public."Animal"(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED',
      comment: "it's the mother",
      validated: true,
      onDelete: "n",
      match: "s",
      enforced: true,
      period: false,
      owned: true,
      mayReference: true,
      tableKind: "r",
    });
    expect(find("org simple")).toMatchObject({
      validated: false,
      columns: ["orgId", "tenantId"],
      references: { schema: "public", name: "Org" },
      referencedColumns: ["id", "tenantId"],
    });
    expect(find("part_tenant").tableKind).toBe("p");
    expect(find("leaf_of_part").referencedKind).toBe("p");
    expect(find("pair_of_pair").setOnDelete).toEqual(["b"]);
  });

  test("say how their columns are compared, qualified", () => {
    expect(find("letter_recipient").operators).toEqual(["OPERATOR(public.=)"]);
    expect(find("org simple").operators).toEqual([
      "OPERATOR(pg_catalog.=)",
      "OPERATOR(pg_catalog.=)",
    ]);
  });

  test.each([
    ["org simple", 1n],
    ["animal_mother", 1n],
    ["match_full", 2n],
    ["letter_recipient", 0n],
    ["narrow_wide", 0n],
    ["part_tenant", 1n],
    ["leaf_of_part", 0n],
    ["number_of_numbered", 0n],
    ["line_of_old", 1n],
  ])("count the orphans of %s as the server does: %s", async (name, expected) => {
    expect(await countOrphans(db, find(name))).toBe(expected);
  });

  test("give the missing key and the row of an orphan", async () => {
    const [sample] = await sampleOrphans(db, find("org simple"), 10);
    expect(JSON.parse(sample ?? "")).toEqual({
      key: { orgId: 9, tenantId: 1 },
      row: { id: 2, orgId: 9, tenantId: 1, mother: 1 },
    });
    expect(await sampleOrphans(db, find("match_full"), 1)).toHaveLength(1);
  });
});
