import { afterAll, beforeAll, describe, expect, test } from "vitest";
import pg from "pg";
import { expectAll, gather } from "./support/herd.ts";
import { startZoo, type Animal, type Zoo } from "./support/zoo.ts";
import { keys } from "./structures/keys.ts";
import { partitions } from "./structures/partitions.ts";
import { views } from "./structures/views.ts";

/* What needs databases of its own. */

let zoo: Zoo;

beforeAll(async () => {
  zoo = await startZoo();
});
afterAll(() => zoo.stop());

const dev = ["--env", "dev", "--any-branch", "--allow-dirty"];

/** The steps by hand, with the keys apart. */
async function moveByHand(animal: Animal): ReturnType<Animal["moveIt"]> {
  const steps = ["preflight", "dump", "drop-foreign-keys", "import", "restore-foreign-keys"];
  for (const step of [...steps, "postimport"]) {
    const ended = await animal.movebook(["step", "data-move", step, ...dev]);
    if (ended.code !== 0) return ended;
  }
  return animal.movebook(["step", "data-move", "validate", ...dev]);
}

describe("step by step, with the keys dropped apart", () => {
  test("v2 has v1's rows and its own schema, keys of partitions with them", async () => {
    const creatures = [...partitions.slice(0, 2), ...keys.slice(0, 3)];
    const animal = await zoo.animal(gather(creatures));
    const { ended, faults } = await animal.compare(expectAll(creatures), () => moveByHand(animal));
    expect(ended.output).toContain("RESULT: PASS");
    expect(faults).toEqual([]);
  });
});

describe("an undo after the whole move", () => {
  test("brings v2 back to what it was, down to the rows of the system catalogues", async () => {
    const creatures = [...partitions, ...keys, ...views];
    const animal = await zoo.animal(gather(creatures));
    const { mustHold = [] } = expectAll(creatures);
    const { ended, faults } = await animal.compare({ mustHold, comesBack: true }, async () => {
      const moved = await animal.moveIt();
      expect(moved.code).toBe(0);
      return animal.movebook(["undo", "data-move", ...dev, "--yes"]);
    });
    expect(faults).toEqual([]);
    expect(ended.output).not.toContain("✗");
    expect(ended.code).toBe(0);
  });
});

describe("names without a schema", () => {
  const schema = `create table "Item" (id int primary key, word text);
    create table known (word text primary key);
    create function word_is_known(word text) returns bool language sql stable as 'select exists (select from known where known.word = $1)';
    create table log (what text);
    create function log_it() returns trigger language plpgsql as $$ begin insert into log values (tg_name); return new; end $$;
    create trigger logs after insert on "Item" for each row execute function log_it();
    create function two() returns int language sql immutable as 'select 2';
    create function double_of(n int) returns int language sql immutable as 'select two() * n';
    create table t (id int primary key, word text check (word_is_known(word)), twice int generated always as (double_of(id)) stored, at int default two());
    create index on t (double_of(id)); create table child (t_id int references t, item_id int references "Item");
    create materialized view words as select word, two() from known with no data`;
  const rows = `insert into known values ('a'), ('b'); alter table "Item" disable trigger logs; insert into "Item" values (1, 'x');
    alter table "Item" enable trigger logs; insert into t (id, word) values (1, 'a'), (2, 'b'), (3, 'a'); insert into child values (1, 1), (3, null);
    refresh materialized view words`;

  test("in triggers, checks, indexes, generated columns and views; there is no schema public, the database's path leads elsewhere", async () => {
    const apart = `drop schema public; create schema app; set search_path to app;
      do $$ begin execute format('alter database %I set search_path to app', current_database()); end $$;`;
    const animal = await zoo.animal({
      v1: `${apart}${schema}; commit; ${rows}`,
      v2: `${apart}${schema}`,
    });
    const { ended, faults } = await animal.compare({
      mustHold: ['app."Item"', "app.t", "app.child", "app.words"],
    });
    expect(faults).toEqual([]);
    expect(ended.output).toContain("RESULT: PASS");
  });

  test("rows of v2 under such an index give way to v1's, and come back", async () => {
    const apart = `create schema app; set search_path to app;
      do $$ begin execute format('alter database %I set search_path to app', current_database()); end $$;
      create function two() returns int language sql immutable as 'select 2';
      create function double_of(n int) returns int language sql immutable as 'select two() * n';
      create table t (id int primary key); create index on t (double_of(id)); create table c (t_id int references t)`;
    const animal = await zoo.animal({
      v1: `${apart}; commit; insert into t values (1), (2); insert into c values (1)`,
      v2: `${apart}; commit; insert into t values (7); insert into c values (7)`,
    });
    const back = { mustHold: ["app.t", "app.c"], comesBack: true };
    const { ended, faults } = await animal.compare(back, async () => {
      const moved = await animal.moveIt(["--replace", "--yes"]);
      expect(moved.output).toContain("RESULT: PASS");
      expect(await animal.v2.sql("select array_agg(id order by id) from app.t")).toBe("{1,2}");
      return animal.movebook(["undo", "data-move", ...dev, "--yes"]);
    });
    expect(faults).toEqual([]);
    expect(ended.code).toBe(0);
  });

  test("there is no schema public on one side", async () => {
    const make = `create schema app; create table app.t (id int primary key)`;
    const animal = await zoo.animal({
      v1: `${make}; insert into app.t values (1)`,
      v2: `drop schema public; ${make}`,
    });
    const { ended, faults } = await animal.compare({ mustHold: ["app.t"] });
    expect(faults).toEqual([]);
    expect(ended.output).toContain("RESULT: PASS");
  });
});

describe("row-level security by force", () => {
  const schema = `create table t (id int primary key, tenant text); alter table t enable row level security; alter table t force row level security;
    create policy mine on t using (tenant = 'a'); create table u (t_id int references t)`;

  test("roles with BYPASSRLS move every row", async () => {
    const animal = await zoo.animal({
      v1: `${schema}; commit; insert into t values (1, 'a'), (2, 'b'); insert into u values (1), (2)`,
      v2: schema,
      v1Database: { role: "bypassrls" },
      v2Database: { role: "bypassrls" },
    });
    const { ended, faults, rows } = await animal.compare({ mustHold: ["public.t", "public.u"] });
    expect(faults).toEqual([]);
    expect(ended.output).toContain("RESULT: PASS");
    expect(rows.get("public.t")).toBe(2);
  });

  test("roles without it are refused by name, on both sides", async () => {
    const animal = await zoo.animal({
      v1: schema,
      v2: schema,
      v1AtLast: "insert into t values (1, 'a'), (2, 'b')",
    });
    const { ended, faults } = await animal.compare({ mustHold: ["public.t"] });
    expect(faults).toEqual([]);
    expect(ended.code).toBe(3);
    expect(ended.output).toContain("row-level security hides rows of t from v1's role");
    expect(ended.output).toContain("row-level security holds for v2's role on t: COPY is refused");
  });
});

describe("event triggers of v2", () => {
  const schema = "create table t (id int primary key); create table u (t_id int references t)";
  const rows = "insert into t values (1); insert into u values (1)";

  test("that are harmless fire; preflight names those that are enabled", async () => {
    const animal = await zoo.animal({
      v1: `${schema}; ${rows}`,
      v2: schema,
      v2AtLast: `create function watch() returns event_trigger language plpgsql as 'begin end';
        create event trigger on_all on ddl_command_end execute function watch();
        create event trigger on_alter on ddl_command_start when tag in ('ALTER TABLE') execute function watch();
        create event trigger on_drop on sql_drop execute function watch();
        create event trigger asleep on ddl_command_end execute function watch(); alter event trigger asleep disable;
        create event trigger of_functions on ddl_command_end when tag in ('CREATE FUNCTION') execute function watch();
        create event trigger replicas on ddl_command_end execute function watch(); alter event trigger replicas enable replica`,
    });
    const { ended, faults } = await animal.compare({ mustHold: ["public.u"] });
    expect(faults).toEqual([]);
    expect(ended.output).toContain("RESULT: PASS");
    expect(ended.output).toMatch(/event triggers .*on_all, on_alter, on_drop/);
    expect(ended.output).not.toMatch(/event triggers .*(?:asleep|of_functions|replicas)/);
  });

  test("that forbid ALTER TABLE make the import fail; v2 is as before", async () => {
    const animal = await zoo.animal({
      v1: `${schema}; ${rows}`,
      v2: schema,
      v2AtLast: `create function forbid() returns event_trigger language plpgsql as $$ begin raise exception 'not in the week of the audit'; end $$;
        create event trigger frozen on ddl_command_start when tag in ('ALTER TABLE') execute function forbid()`,
    });
    const { ended, faults } = await animal.compare({ mustHold: ["public.u"] });
    expect(faults).toEqual([]);
    expect(ended.code).toBe(1);
    expect(ended.output).toContain("frozen");
    expect(ended.output).toContain("nothing in v2: no change of this run is in it");
  });
});

describe("temporary tables of other sessions", () => {
  test("are nobody's business", async () => {
    const schema = "create table t (id int primary key)";
    const animal = await zoo.animal({ v1: `${schema}; insert into t values (1)`, v2: schema });
    const clients = [animal.v1, animal.v2].map(
      ({ url }) => new pg.Client({ connectionString: url }),
    );
    for (const client of clients) {
      await client.connect();
      await client.query(
        "create temporary table t (id int, other text); insert into t values (1, 'x'); create temporary sequence t_seq; create temporary view v as select * from t",
      );
      // what was done until now is counted now, not while preflight looks whether somebody writes to v1; new in 15
      await client.query("select pg_stat_force_next_flush()").catch(() => undefined);
      await client.query("select 1");
    }
    const { ended, faults } = await animal.compare({ mustHold: ["public.t"] });
    for (const client of clients) await client.end();
    expect(faults).toEqual([]);
    expect(ended.output).toContain("RESULT: PASS");
  });
});
