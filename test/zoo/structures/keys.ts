import type { Creature } from "../support/herd.ts";

export const keys: readonly Creature[] = [
  {
    is: "deferrable, initially deferred, NOT VALID with old orphans, MATCH FULL, every ON DELETE and ON UPDATE, comments",
    both: `create schema fk; set search_path to fk;
      create table parent (id int primary key, tenant int not null, code text unique, unique (id, tenant));
      create table child (id int primary key,
        a int constraint later references parent deferrable initially deferred,
        b int constraint maybe references parent deferrable,
        c int constraint casc references parent on delete cascade on update cascade,
        d int constraint nulled references parent on delete set null on update set default,
        e int default 1 constraint defaulted references parent on delete set default,
        f int constraint restricted references parent on delete restrict on update restrict,
        g text constraint by_code references parent (code),
        h int, tenant int,
        constraint some_nulled foreign key (h, tenant) references parent (id, tenant) on delete set null (h),
        constraint full_match foreign key (h, tenant) references parent (id, tenant) match full);
      comment on constraint later on child is 'it''s \\ deferred';
      comment on constraint some_nulled on child is e'two\\nlines $movebook$'`,
    rows: `insert into parent select n, 1, 'c' || n from generate_series(1, 5) n;
      insert into child select n, 1, 2, 3, 4, 5, 1, 'c' || n, n, 1 from generate_series(1, 5) n;
      insert into child (id) values (6)`,
    expect: { mustHold: ["fk.parent", "fk.child"] },
  },
  {
    is: "a NOT VALID key whose old orphans v1 keeps too",
    both: `create schema unproven; set search_path to unproven; create table parent (id int primary key); create table child (parent_id int)`,
    v2: "alter table child add constraint unproven foreign key (parent_id) references parent not valid",
    rows: `insert into parent values (1); insert into child values (1), (2), (3);
      alter table child add constraint unproven foreign key (parent_id) references parent not valid`,
    expect: { mustHold: ["unproven.child"] },
  },
  {
    is: "references to itself, a cycle of two tables, a key of int to bigint, two keys on the same columns",
    both: `create schema round; set search_path to round;
      create table tree (id int primary key, up int references tree, constraint not_own check (id <> up));
      create table hen (id bigint primary key, egg_id int); create table egg (id int primary key, hen_id int references hen);
      alter table hen add constraint hen_egg foreign key (egg_id) references egg on delete set null;
      alter table egg add constraint twice foreign key (hen_id) references hen on delete cascade`,
    rows: `insert into tree values (1, null), (3, null), (2, 3); update tree set up = 2 where id = 1;
      insert into hen values (1, null), (2, null); insert into egg values (10, 2), (11, 1); update hen set egg_id = 9 + id`,
    expect: { mustHold: ["round.tree", "round.hen", "round.egg"] },
  },
  {
    is: "int in v1 and bigint in v2, on both ends of a key",
    v1: `create schema wider; set search_path to wider; create table parent (id int primary key); create table child (parent_id int references parent)`,
    v2: `create schema wider; set search_path to wider; create table parent (id bigint primary key); create table child (parent_id bigint references parent)`,
    rows: "insert into parent values (1), (2); insert into child values (2), (null)",
    expect: { mustHold: ["wider.parent", "wider.child"] },
  },
  {
    is: "keys to and from tables that only v2 has",
    both: `create schema half; set search_path to half; create table moved (id int primary key, color text)`,
    v2: `create table color (name text primary key); insert into color values ('red'), ('blue');
      alter table moved add constraint of_color foreign key (color) references color;
      create table note (moved_id int references moved, words text); insert into note values (null, 'of v2')`,
    rows: "insert into moved values (1, 'red'), (2, 'blue'), (3, null)",
    expect: { mustHold: ["half.moved"] },
  },
  {
    is: "a key without an index in v2, and one onto a unique index that is no constraint",
    both: `create schema index_less; set search_path to index_less; create table parent (id int, name text); create unique index on parent (id);
      create table child (parent_id int references parent (id))`,
    v1: "create index on child (parent_id)",
    rows: "insert into parent values (1, 'a'), (2, 'a'); insert into child values (1), (2)",
    expect: { mustHold: ["index_less.child"] },
  },
  {
    is: "exclusion, deferrable unique, NULLS NOT DISTINCT, partial unique",
    asSuperuser:
      "create schema contrib; create extension btree_gist schema contrib; grant usage on schema contrib to public",
    both: `create schema uniq; set search_path to uniq, contrib;
      create table booking (room int, during int4range, exclude using gist (room with =, during with &&),
        constraint later exclude using gist (room with =, during with -|-) deferrable initially deferred);
      create table place (id int primary key deferrable initially deferred, at int unique deferrable, b int unique nulls not distinct, c text);
      create unique index one_active on place (c) where b is not null`,
    rows: `insert into booking values (1, '[1,3)'), (1, '[5,7)'), (2, '[1,9)'), (null, 'empty');
      insert into place values (1, 1, 1, 'x'), (2, 2, 2, 'y'), (3, 3, null, 'x');
      begin; update place set id = 4 - id, at = 4 - at; commit`,
    expect: { mustHold: ["uniq.booking", "uniq.place"] },
  },
  {
    is: "constraint triggers, deferrable too, in all states",
    both: `create schema watch; set search_path to watch; create table t (id int); create table other (id int);
      create function refuse() returns trigger language plpgsql as 'begin raise exception ''fired''; end';
      create constraint trigger now after insert on t for each row execute function refuse();
      create constraint trigger later after insert on t deferrable initially deferred for each row execute function refuse();
      create constraint trigger with_other after insert on t from other deferrable for each row execute function refuse();
      create constraint trigger never after insert on t for each row execute function refuse();
      create constraint trigger always after insert on t for each row execute function refuse();
      alter table t disable trigger never, enable always trigger always, enable replica trigger with_other`,
    rows: "alter table t disable trigger user; insert into t values (1), (2); alter table t enable trigger user",
    expect: { mustHold: ["watch.t"] },
  },
  {
    is: "a key whose triggers a superuser has switched off: it stays in place, because no owner could switch them off again",
    both: `create schema asleep; set search_path to asleep; create table parent (id int primary key); create table child (parent_id int constraint sleeping references parent)`,
    rows: "insert into parent values (1); insert into child values (1)",
    v2AtLast:
      "alter table asleep.child disable trigger all; alter table asleep.parent disable trigger all",
    says: [/the foreign key sleeping on asleep\.child stays during the load: a superuser/],
    expect: { mustHold: ["asleep.child"] },
  },
];
