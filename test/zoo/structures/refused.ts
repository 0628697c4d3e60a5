import type { Creature } from "../support/herd.ts";

/* What cannot be moved: each is refused by preflight, by name and reason. All of them stand in one pair of databases. */

const shared = (schema: string, structure: string): string =>
  `create schema ${schema}; set search_path to ${schema}; ${structure}`;

export const refused: readonly Creature[] = [
  {
    is: "a NOT VALID check that old rows break: it refuses them at the import",
    both: shared("late", "create table t (id int, age int)"),
    v2: "alter table t add constraint grown check (age >= 18) not valid",
    rows: "insert into t values (1, 5), (2, 20); alter table t add constraint grown check (age >= 18) not valid",
    expect: { mustHold: ["late.t"] },
    says: [/late\.t: v2's check grown refuses 1 row of v1/],
  },
  {
    is: "a NOT VALID check of a domain that old rows break",
    both: shared("late_domain", "create domain age as int; create table t (a age, many age[])"),
    v2: "alter domain age add constraint grown check (value >= 18) not valid",
    rows: "insert into t values (5, '{6,20}'), (20, '{20}'); alter domain age add constraint grown check (value >= 18) not valid",
    says: [
      /the check grown of v2's domain late_domain\.age refuses 1 row/,
      /late_domain\.t\.many: the check grown of v2's domain late_domain\.age(?:\[\])? refuses 1 row/,
    ],
  },
  {
    is: "a column that v2 demands and v1 lacks, one that v2 lacks, a table that v2 lacks",
    both: shared("lacking", "create table t (id int)"),
    v1: "create table gone (id int); alter table t add old text",
    v2: "alter table t add needed int not null",
    rows: "insert into t values (1, 'x'); insert into gone values (1), (2)",
    says: [
      /column lacking\.t\.needed is in v2 and not in v1, is NOT NULL and has no default: 1 row of v1 would be refused/,
      /column lacking\.t\.old is in v1 and not in v2 \(filled in 1 row\)/,
      /table lacking\.gone is in v1 and not in v2 \(2 rows\)/,
    ],
  },
  {
    is: "a table that is a view, a materialized view or a foreign table in v2, and one that was a view in v1",
    asSuperuser:
      "create extension if not exists file_fdw; create server files foreign data wrapper file_fdw; grant usage on foreign server files to public",
    v1: shared(
      "kind",
      "create table as_view (id int); create table as_mat (id int); create table as_foreign (line text); create view was_view as select 1 as id",
    ),
    v2: shared(
      "kind",
      "create view as_view as select 1 as id; create materialized view as_mat as select 1 as id; create table was_view (id int)",
    ),
    rows: "insert into as_view values (1); insert into as_mat values (1)",
    v2AtLast:
      "create foreign table kind.as_foreign (line text) server files options (filename '/etc/hostname')",
    says: [
      /kind\.as_view is a table in v1 and a view in v2/,
      /kind\.as_mat is a table in v1 and a materialized view in v2/,
      /kind\.as_foreign is a table in v1 and a foreign table in v2/,
      /left out: kind\.was_view \(is a view in v1 and a table in v2/,
    ],
  },
  {
    is: "foreign partitions",
    both: shared(
      "partly",
      "create table a (line text) partition by list (line); create table b (line text) partition by list (line)",
    ),
    rows: "create table a_1 partition of a for values in ('x'); insert into a values ('x')",
    v1AtLast:
      "create foreign table partly.a_2 partition of partly.a for values in ('y') server files options (filename '/etc/hostname')",
    v2AtLast:
      "create foreign table partly.b_1 partition of partly.b for values in ('y') server files options (filename '/etc/hostname')",
    says: [
      /table partly\.a has foreign tables among its partitions in v1: its rows are in no dump/,
      /table partly\.b has foreign tables among its partitions in v2: rows would leave v2/,
    ],
  },
  {
    is: "rows that no partition of v2 takes",
    v1: shared("no_home", "create table t (id int)"),
    v2: shared(
      "no_home",
      "create table t (id int) partition by range (id); create table t_1 partition of t for values from (0) to (10)",
    ),
    rows: "insert into t values (5), (15), (25)",
    says: [/no_home\.t.*2 rows/],
  },
  {
    is: "rows that v2's partitions would mix, and rows outside of a bound",
    v1: shared(
      "mixed",
      "create table event (at date not null); create table event_2023 () inherits (event)",
    ),
    v2: shared(
      "mixed",
      "create table event (at date not null) partition by range (at); create table event_2023 partition of event for values from ('2023-01-01') to ('2024-01-01'); create table rest partition of event default",
    ),
    rows: "insert into event values ('2023-05-05'), ('2022-01-01'); insert into event_2023 values ('2023-01-01'), ('2024-02-02'), ('2024-02-03')",
    says: [
      /1 row of mixed\.event would go into v2's partition mixed\.event_2023, which takes the rows of v1's table/,
      /mixed\.event_2023 is a partition of mixed\.event in v2, whose bounds do not take 2 rows of v1/,
    ],
  },
  {
    is: "a key to a table that is left behind by decision",
    both: shared(
      "behind",
      "create table parent (id int primary key); create table child (parent_id int references parent)",
    ),
    rows: "insert into parent values (1), (2); insert into child values (1), (2), (null)",
    says: [/child_parent_id_fkey/, /left out: behind\.parent \(left out by decision/],
  },
  {
    is: "orphans, duplicates and NULLs that v2 refuses",
    both: shared(
      "rules",
      "create table parent (id int primary key); create table t (id int, word text, parent_id int)",
    ),
    v2: "alter table t add unique nulls not distinct (word), alter id set not null, add constraint to_parent foreign key (parent_id) references parent match full deferrable initially deferred",
    rows: "insert into parent values (1); insert into t values (1, 'a', 1), (2, 'a', 2), (null, null, null), (4, null, null)",
    says: [/to_parent/, /t_word_key/, /rules\.t\.id/],
  },
  {
    is: "tables seeded by v2's own migrations",
    both: shared("seeded", "create table color (name text primary key)"),
    v2: "insert into color values ('red'), ('blue')",
    rows: "insert into color values ('red')",
    says: [/1 table of v2 holds rows already/, /seeded\.color: 2 rows/],
  },
  {
    is: "large objects, with the columns that may refer to them",
    asSuperuser:
      "create schema lo_home; create extension lo schema lo_home; grant usage on schema lo_home to public",
    both: shared("docs", "create table doc (id int, file oid, picture lo_home.lo, name text)"),
    rows: "insert into doc values (1, lo_from_bytea(0, 'hello'), lo_from_bytea(0, 'world'), 'x')",
    says: [
      /v1 holds 2 large objects \(pg_largeobject\), which belong to no table and are not moved/,
      /columns that may refer to them: docs\.doc\.file, docs\.doc\.picture/,
    ],
  },
  {
    is: "a schema movebook in v1",
    v1: "create schema movebook; create table movebook.foreign_keys (id int); create table movebook.mine (id int)",
    says: [/v1 holds 2 tables in the schema movebook, which a move takes for its own/],
  },
  {
    is: "a table that a prepared transaction holds",
    both: shared("prepared", "create table t (id int primary key); create table other (id int)"),
    rows: "insert into t values (1)",
    v2AtLast:
      "begin; lock table prepared.t in row exclusive mode; prepare transaction 'the forgotten one'; begin; lock table pg_catalog.pg_description in access share mode; prepare transaction 'harmless'",
    v1AtLast: "begin; insert into prepared.other values (1); prepare transaction 'half done'",
    says: [
      /the prepared transaction 'the forgotten one' .* holds tables of v2/,
      /the prepared transaction 'half done' .* is open in v1: what it changed is not moved/,
    ],
  },
];

/** These hide what else is wrong: what a role may not see cannot be looked at. */
export const forbidden: readonly Creature[] = [
  {
    is: "privileges that are missing, on both sides",
    asSuperuser: `create schema closed; create table closed.t (id int); create schema unread; create table unread.t (id int); create sequence unread.own;
      create schema foreign_v2; create table foreign_v2.t (id int);
      grant usage on schema unread, foreign_v2 to public; grant select on foreign_v2.t to public`,
    v1AtLast: `do $$ begin execute format('alter table closed.t owner to %I; alter table foreign_v2.t owner to %1$I', (select pg_get_userbyid(datdba) from pg_database where datname = current_database())); end $$;
      insert into closed.t values (1); insert into unread.t values (1); insert into foreign_v2.t values (1)`,
    v2AtLast: `do $$ begin execute format('alter table closed.t owner to %I; alter table unread.t owner to %1$I', (select pg_get_userbyid(datdba) from pg_database where datname = current_database())); end $$`,
    says: [
      /v1's role may not use the schema closed/,
      /v2's role may not use the schema closed/,
      /v1's role may not read table unread\.t, which belongs to postgres/,
      /table foreign_v2\.t belongs to postgres in v2: v2's role could not load it/,
    ],
  },
  {
    is: "partitions of another role below a table of one's own",
    both: shared(
      "parts",
      "create table t (id int) partition by list (id); create table t_1 partition of t for values in (1); create table u (id int) partition by list (id); create table u_1 partition of u for values in (1)",
    ),
    rows: "insert into t values (1); insert into u values (1)",
    v1AtLast: "alter table parts.t_1 owner to postgres",
    v2AtLast: "alter table parts.u_1 owner to postgres",
    expect: { mustHold: ["parts.t_1", "parts.u_1"] },
    says: [
      /v1's role may not read table parts\.t_1, which belongs to postgres/,
      /table parts\.u_1 belongs to postgres in v2: v2's role could not load it/,
    ],
  },
  {
    is: "policies that hide rows of another's table from v1's role, which may read it",
    both: shared("hidden", "create table t (id int)"),
    rows: "insert into t values (1), (2)",
    v1AtLast:
      "alter table hidden.t owner to postgres; grant select on hidden.t to public; alter table hidden.t enable row level security; create policy first_only on hidden.t using (id = 1)",
    expect: { mustHold: ["hidden.t"] },
    says: [/row-level security hides rows of hidden\.t from v1's role/],
  },
];
