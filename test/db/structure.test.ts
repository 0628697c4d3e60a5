import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fingerprintSchema } from "../../scripts/postgres/schema-fingerprint.ts";
import { compareStructures } from "../../scripts/postgres/structure-differences.ts";
import { parseStructure, readStructure } from "../../scripts/postgres/structure.ts";
import { startTwoDatabases, type TwoDatabases } from "./two-databases.ts";

const schema = `
  create schema audit;
  create type mood as enum ('OK');
  create table "Tenant" (id int primary key);
  create table "Animal" (id int primary key, "tenantId" int, other int, mood mood);
  alter table "Animal" add constraint "Animal_tenantId_fkey" foreign key ("tenantId") references "Tenant" (id) not valid;
  create table audit."Entry" (id int, "animalId" int references "Animal" (id) deferrable initially deferred);
  create function note() returns trigger language plpgsql as 'begin return new; end';
  create trigger touch before update on "Animal" for each row execute function note();
  create table part (id int, at int) partition by range (at);
  create table part_low partition of part for values from (0) to (10);
  create trigger touch before update on part for each row execute function note();
  create index animal_other on "Animal" (other);
`;

describe("the structure of a database", () => {
  let two: TwoDatabases;
  const changedBy = async (change: string, back: string): Promise<string[]> => {
    const before = await readStructure(two.target);
    await two.run("v2", change);
    const lines = compareStructures(before, await readStructure(two.target));
    await two.run("v2", back);
    expect(compareStructures(before, await readStructure(two.target))).toEqual([]);
    return lines;
  };

  beforeAll(async () => {
    two = await startTwoDatabases();
    await two.run("both", schema);
  });
  afterAll(() => two.stop());

  it("is the same as its JSON", async () => {
    const structure = await readStructure(two.target);
    expect(parseStructure(JSON.stringify(structure))).toEqual(structure);
  });

  it("shows a foreign key that was replaced by another one, which a count does not (fault 4)", async () => {
    const drop = 'alter table "Animal" drop constraint "Animal_tenantId_fkey"';
    const lines = await changedBy(
      `${drop}; alter table "Animal" add constraint "Animal_other_fkey" foreign key (other) references "Tenant" (id) not valid`,
      `alter table "Animal" drop constraint "Animal_other_fkey"; alter table "Animal" add constraint "Animal_tenantId_fkey" foreign key ("tenantId") references "Tenant" (id) not valid`,
    );
    expect(lines).toEqual([
      'constraint Animal_tenantId_fkey on Animal: is gone, was FOREIGN KEY ("tenantId") REFERENCES public."Tenant"(id) NOT VALID',
      'constraint Animal_other_fkey on Animal: is new: FOREIGN KEY (other) REFERENCES public."Tenant"(id) NOT VALID',
    ]);
  });

  it("shows a key that became valid, lost its comment or is in another schema", async () => {
    const key = 'audit."Entry"';
    await two.run("v2", `comment on constraint "Entry_animalId_fkey" on ${key} is 'kept'`);
    const lines = await changedBy(
      `comment on constraint "Entry_animalId_fkey" on ${key} is null`,
      `comment on constraint "Entry_animalId_fkey" on ${key} is 'kept'`,
    );
    expect(lines[0]).toMatch(
      /^constraint Entry_animalId_fkey on audit\.Entry: was FOREIGN KEY .*\(comment: kept\), is FOREIGN KEY /u,
    );
    const valid = await changedBy(
      'alter table "Animal" validate constraint "Animal_tenantId_fkey"',
      'alter table "Animal" drop constraint "Animal_tenantId_fkey"; alter table "Animal" add constraint "Animal_tenantId_fkey" foreign key ("tenantId") references "Tenant" (id) not valid',
    );
    expect(valid).toEqual([
      'constraint Animal_tenantId_fkey on Animal: was FOREIGN KEY ("tenantId") REFERENCES public."Tenant"(id) NOT VALID, is FOREIGN KEY ("tenantId") REFERENCES public."Tenant"(id)',
    ]);
  });

  it("shows a trigger in another mode, also on one partition", async () => {
    const lines = await changedBy(
      'alter table part_low disable trigger touch; alter table "Animal" enable always trigger touch',
      'alter table part_low enable trigger touch; alter table "Animal" enable trigger touch',
    );
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^trigger touch on Animal: was .*\(enabled\), is .*\(always enabled\)$/u,
    );
    expect(lines[1]).toMatch(/^trigger touch on part_low: was .*\(enabled\), is .*\(disabled\)$/u);
  });

  it("shows an index that is gone", async () => {
    expect(
      await changedBy("drop index animal_other", 'create index animal_other on "Animal" (other)'),
    ).toEqual([
      'index animal_other on Animal: is gone, was CREATE INDEX animal_other ON public."Animal" USING btree (other)',
    ]);
  });

  it("does not look at tables that are ignored", async () => {
    const before = await readStructure(two.target);
    const after = { ...before, constraints: [] };
    const ignored = new Set(
      before.constraints.map(({ schema: inside, on }) => `"${inside}"."${on}"`),
    );
    expect(compareStructures(before, after)).not.toEqual([]);
    expect(compareStructures(before, after, ignored)).toEqual([]);
  });

  it("has a fingerprint that is equal for equal schemas and changes with any part", async () => {
    const print = await fingerprintSchema(two.source);
    await two.run("v2", `comment on constraint "Entry_animalId_fkey" on audit."Entry" is null`);
    expect(await fingerprintSchema(two.target)).toBe(print);
    await two.run("v2", "alter type mood add value 'BAD'");
    expect(await fingerprintSchema(two.target)).not.toBe(print);
    await two.run("v1", "create table schema_migrations (version varchar(128) primary key)");
    expect(await fingerprintSchema(two.source)).toBe(print);
    await two.run("v1", 'create table "Other" (id int primary key)');
    expect(await fingerprintSchema(two.source)).not.toBe(print);
  });
});
