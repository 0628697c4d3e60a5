import type { Creature } from "../support/herd.ts";

/* What is not the owners' own: foreign tables, tables of extensions and of other roles. And who may see which row. */

export const guests: readonly Creature[] = [
  {
    is: "foreign tables, in a partitioned table too",
    asSuperuser: `create extension if not exists file_fdw; create server files foreign data wrapper file_fdw;
      create schema abroad; create foreign table abroad.passwords (line text) server files options (filename '/etc/hostname')`,
    both: "create schema home; create table home.t (id int)",
    rows: "insert into home.t values (1)",
    expect: { mustHold: ["home.t"] },
  },
  {
    is: "an extension with a table of settings that is dumped with the rows",
    asSuperuser: `create schema ext; create extension hstore schema ext; create table ext.settings (id int primary key, value text);
      alter extension hstore add table ext.settings; update pg_extension set extconfig = array['ext.settings'::regclass::oid], extcondition = array[''] where extname = 'hstore';
      grant select on ext.settings to public; grant usage on schema ext to public`,
    both: "create schema beside; create table beside.t (h ext.hstore, setting int)",
    rows: "insert into beside.t values ('a=>1, b=>NULL', 1)",
    v1AtLast: "insert into ext.settings values (1, 'of v1')",
    v2AtLast: "insert into ext.settings values (1, 'of v2'), (2, 'too')",
    expect: { mustHold: ["beside.t"], stays: ["ext.settings"] },
    says: [/left out: ext\.settings \(belongs to the extension hstore\)/],
  },
  {
    is: "tables of another role on both sides, with keys to and from them",
    asSuperuser:
      "create schema theirs; create table theirs.t (id int primary key, words text); grant usage on schema theirs to public; grant select, references on theirs.t to public",
    both: "create schema ours; create table ours.t (id int primary key, their_id int references theirs.t)",
    rows: "insert into ours.t values (1, null), (2, null)",
    atLast:
      "alter table theirs.t add our_id int; alter table theirs.t add constraint to_ours foreign key (our_id) references ours.t not valid",
    v1AtLast: "insert into theirs.t values (1, 'v1')",
    v2AtLast: "insert into theirs.t values (1, 'v2'), (2, 'v2')",
    expect: { mustHold: ["ours.t"], stays: ["theirs.t"] },
    says: [/left out: theirs\.t \(belongs to postgres in v2, and to postgres in v1: not ours\)/],
  },
  {
    is: "a key to another's table that may not be referenced any more: it stays and checks the rows as they come",
    asSuperuser:
      "create schema closing; create table closing.t (id int primary key); insert into closing.t values (1), (2); grant usage on schema closing to public; grant select, references on closing.t to public",
    both: "create schema bound; create table bound.t (id int primary key, closed_id int references closing.t)",
    rows: "insert into bound.t values (1, 1), (2, 2)",
    v2AtLast: "revoke references on closing.t from public",
    expect: { mustHold: ["bound.t"], stays: ["closing.t"] },
    says: [/the foreign key t_closed_id_fkey on bound\.t stays during the load/],
  },
  {
    is: "tables of a group that the owners are members of",
    asSuperuser: "do 'begin create role zoo_group; exception when duplicate_object then null; end'",
    both: "create schema shared; create table shared.t (id int primary key); create table shared.u (t_id int references shared.t); create materialized view shared.m as select id from shared.t with no data",
    rows: "insert into shared.t values (1); insert into shared.u values (1); refresh materialized view shared.m",
    atLast: `do $$ begin execute format('grant zoo_group to %I', (select pg_get_userbyid(datdba) from pg_database where datname = current_database())); end $$;
      alter table shared.t owner to zoo_group; alter table shared.u owner to zoo_group; grant create, usage on schema shared to zoo_group; alter materialized view shared.m owner to zoo_group`,
    expect: { mustHold: ["shared.t", "shared.u", "shared.m"] },
  },
  {
    is: "a materialized view of another role",
    both: "create schema other_view; create table other_view.t (id int); create materialized view other_view.m as select * from other_view.t with no data",
    rows: "insert into other_view.t values (1); refresh materialized view other_view.m",
    v2AtLast: "alter materialized view other_view.m owner to postgres",
    expect: { mustHold: ["other_view.t", "other_view.m"], judged: ["other_view.m"] },
    says: [
      /the materialized view other_view\.m of v2 is not refreshed: it belongs to another role/,
    ],
  },
  {
    is: "row-level security with policies of all kinds, to other roles; the owner passes it",
    asSuperuser:
      "do 'begin create role zoo_reader; exception when duplicate_object then null; end'; do 'begin create role zoo_writer; exception when duplicate_object then null; end'",
    both: `create schema rls; set search_path to rls; create table t (id int primary key, tenant text); create table part (id int) partition by list (id);
      create table part_1 partition of part for values in (1); alter table t enable row level security; alter table part_1 enable row level security;
      create policy one on t as permissive for select to zoo_reader using (tenant = current_user);
      create policy two on t as restrictive for all to zoo_reader, zoo_writer using (id > 0) with check (id < 1000);
      create policy three on t for insert to public with check (false); comment on policy three on t is 'nobody'`,
    rows: "insert into t values (1, 'a'), (-5, 'b'); insert into part values (1)",
    expect: { mustHold: ["rls.t", "rls.part_1"] },
  },
];
