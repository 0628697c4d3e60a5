import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Failure } from "../../scripts/engine/failure.ts";
import { quoteIdentifier, quoteLiteral } from "../../scripts/postgres/identifier.ts";
import { readSchemaDump } from "../../scripts/postgres/schema-dump-file.ts";
import {
  narrowScope,
  readSchemaDumpScope,
  type SchemaDumpScope,
} from "../../scripts/postgres/schema-dump.ts";
import { dumpSchema } from "../../scripts/steps/data-move/dumped-schema.ts";
import {
  compareSchemaDump,
  keepSchema,
  listSchemaChanges,
} from "../../scripts/steps/data-move/schema-changes.ts";
import { makeStepContext, type TestContext } from "./step-context.ts";
import { startTwoDatabases, type TwoDatabases } from "./two-databases.ts";

/** Names that mean something in pg_dump's patterns, in SQL or in a shell. */
const names = [
  'a"b',
  "a b",
  "a.b",
  "a*",
  "a?",
  "[ab]",
  "a|b",
  "(a)",
  "a$",
  "^a",
  "a\\d",
  "a+{2}",
  "A",
  "select",
  "ñandú",
  "小猫",
  "'; drop",
  "-- x",
  "$(id)",
  "a\nb",
  "x".repeat(63),
];
/** Names that a pattern of those above would match if it were not taken literally. */
const decoys = ["aXb", "a1", "ab", "b", "aa", "a", "a_b", "x".repeat(62)];

describe("a dump of v2's schema", () => {
  let two: TwoDatabases;
  let made: TestContext;
  const root = (sql: string): Promise<string> => two.server.psql("move_v2", sql);
  const dumpNow = async (scope: SchemaDumpScope): Promise<string> => {
    const file = join(made.context.runFolder, "now.sql");
    await dumpSchema(made.context, two.target, scope, file);
    return readSchemaDump(readFileSync(file, "utf8")).text;
  };
  const tablesIn = (text: string): string[] =>
    [...text.matchAll(/^-- Name: (.*); Type: TABLE; Schema: (.*); Owner: /gmu)].map(
      ([, name, schema]) => `${schema}.${name}`,
    );

  beforeAll(async () => {
    two = await startTwoDatabases();
    made = makeStepContext({
      source: two.urls.source,
      target: two.urls.target,
      "migration-tool": "none",
    });
    await two.run("v2", "create table mine (id serial primary key)");
  });
  afterAll(() => two.stop());

  it("is there when the role may not read tables of others, whatever their names", async () => {
    await root(
      `create schema odd; grant usage on schema odd to move_owner;
      ${names.map((name) => `create table odd.${quoteIdentifier(name)} (id int);`).join("\n")}
      ${decoys.map((name) => `create table odd.${quoteIdentifier(name)} (id int); grant select on odd.${quoteIdentifier(name)} to move_owner;`).join("\n")}`,
    );
    const scope = await readSchemaDumpScope(two.target, []);
    expect(scope.lockedTables.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    const found = tablesIn(await dumpNow(scope));
    expect(found.toSorted()).toEqual(
      [...decoys.map((name) => `odd.${name}`), "public.mine"].toSorted(),
    );
    await root("drop schema odd cascade");
  });

  it("is there when the role may not look into schemas, whatever their names", async () => {
    const schemas = ['s"1', "s.*", "s[2]", "S", "s\\1"];
    await root(
      `${schemas.map((name) => `create schema ${quoteIdentifier(name)}; create table ${quoteIdentifier(name)}.t (id int); grant select on ${quoteIdentifier(name)}.t to move_owner;`).join("\n")}
      create schema s; grant usage on schema s to move_owner; create table s.seen (id int); grant select on s.seen to move_owner`,
    );
    await keepSchema(made.context, two.target);
    const dump = await compareSchemaDump(made.context, two.target);
    expect(dump.isIdentical).toBe(true);
    expect(dump.leftOut).toEqual([
      `schemas that this role may not look into: ${schemas.toSorted().join(", ")}`,
    ]);
    const text = readFileSync(join(made.context.runFolder, "schema-before.sql"), "utf8");
    expect(tablesIn(text)).toEqual(["public.mine", "s.seen"]);
    // what the dump does not show, the catalogue does
    await root(`alter table "s.*".t add column more int`);
    expect(await listSchemaChanges(made.context, two.target)).toEqual([
      "column more of s.*.t: is new: type integer, place 2",
    ]);
    await root(
      [...schemas, "s"].map((name) => `drop schema ${quoteIdentifier(name)} cascade;`).join("\n"),
    );
  });

  it("leaves tables of extensions alone, in a pg_dump that locks them too", async () => {
    await root(
      `create extension citext; create table public.conf (id int); alter table conf enable row level security;
      alter extension citext add table public.conf; create policy all_of_it on conf`,
    );
    const scope = await readSchemaDumpScope(two.target, []);
    expect(scope.lockedTables).toEqual([]);
    const text = await dumpNow(scope);
    expect(tablesIn(text)).toEqual(["public.mine"]);
    const narrow = (await narrowScope(two.target, scope))!;
    expect(narrow.onlySchemas).toEqual(["public"]);
    expect(tablesIn(await dumpNow(narrow))).toEqual(["public.mine"]);
    // once narrow, always: the second dump takes the first one's scope
    await keepSchema(made.context, two.target);
    expect(await listSchemaChanges(made.context, two.target)).toEqual([]);
    await root("drop extension citext cascade");
    expect(await narrowScope(two.target, scope)).toBeUndefined();
  });

  it("holds partition trees, inheritance and their triggers' states the same way twice", async () => {
    await two.run(
      "v2",
      `create table tree (id int, at int, primary key (id, at)) partition by range (at);
      create table low partition of tree for values from (0) to (10) partition by list (id);
      create table low_one partition of low for values in (1); create table rest partition of tree default;
      create table leaf (id int, at int, tree int, foreign key (id, at) references tree);
      create table child (more int) inherits (mine);
      create function note() returns trigger language plpgsql as 'begin return new; end';
      create trigger touch before update on tree for each row execute function note();
      alter table only low_one disable trigger touch; alter table only rest enable replica trigger touch`,
    );
    await keepSchema(made.context, two.target);
    expect(await listSchemaChanges(made.context, two.target)).toEqual([]);
    await two.run("v2", "alter table only low_one enable trigger touch");
    const lines = await listSchemaChanges(made.context, two.target);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^trigger touch on low_one: was .*\(disabled\), is .*\(enabled\)$/u);
    expect(lines[1]).toBe(
      "schema dump: TRIGGER low_one touch: is gone: - ALTER TABLE public.low_one DISABLE TRIGGER touch;",
    );
  });

  it("misses what postimport drops on purpose, with its sequence", async () => {
    await two.run(
      "v2",
      "create table knex_migrations (id serial primary key, name varchar(255), batch int, migration_time timestamptz); create table knex_migrations_lock (index serial primary key, is_locked int)",
    );
    await keepSchema(made.context, two.target);
    await two.run("v2", "drop table knex_migrations, knex_migrations_lock");
    const dropped = ["knex_migrations", "knex_migrations_lock"];
    const gone = await listSchemaChanges(made.context, two.target);
    expect(gone.every((line) => line.includes("knex_migrations"))).toBe(true);
    expect(gone.join()).not.toContain("schema dump");
    made.context.remember(
      "history-dropped",
      dropped.map((name) => ({ schema: "public", name })),
    );
    expect(await listSchemaChanges(made.context, two.target)).toEqual([]);
  });

  it("says who holds a table that it waited for, and leaves no file", async () => {
    const program = join(made.context.runFolder, "impatient");
    const { pg_dump: real } = made.facts.get("programs") as { pg_dump: string };
    writeFileSync(program, `#!/bin/sh\nexec ${real} "$@" --lock-wait-timeout=100\n`, {
      mode: 0o700,
    });
    made.facts.set("programs", { pg_dump: program, psql: program });
    await two.run(
      "v2",
      "set application_name to 'the old worker'; begin; lock table only mine in access exclusive mode",
    );
    const scope = await readSchemaDumpScope(two.target, []);
    const error = await dumpNow(scope).catch((reason: unknown) => reason);
    await two.run("v2", "rollback; reset application_name");
    made.facts.set("programs", { pg_dump: real, psql: real });
    expect(error).toBeInstanceOf(Failure);
    const [problem] = (error as Failure).problems;
    expect(problem?.details?.[0]).toMatch(
      /^public\.mine: AccessExclusiveLock held by the old worker \(role move_owner, /u,
    );
    expect(problem?.what).toContain("pg_dump: error:");
    await expect(
      Promise.resolve().then(() => readFileSync(join(made.context.runFolder, "now.sql.partial"))),
    ).rejects.toThrow("ENOENT");
  });

  it("holds what a comment says, in any words", async () => {
    const words =
      "it's \\ \"$$\n--\n-- Name: x; Type: TABLE; Schema: public; Owner: y\n--\n\\restrict z";
    await two.run("v2", `comment on table mine is ${quoteLiteral(words)}`);
    await keepSchema(made.context, two.target);
    expect(await listSchemaChanges(made.context, two.target)).toEqual([]);
    await two.run("v2", `comment on table mine is ${quoteLiteral(words.replace("z", "y"))}`);
    expect(await listSchemaChanges(made.context, two.target)).toHaveLength(2);
  });
});
