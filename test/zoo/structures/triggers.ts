import type { Creature } from "../support/herd.ts";

export const triggers: readonly Creature[] = [
  {
    is: "triggers in all four states: rows and statements, before and after, with transition tables, with conditions",
    both: `create schema trg; set search_path to trg; create table t (id int primary key, name text, changed timestamptz); create table audit (what text);
      create function note() returns trigger language plpgsql as $$ begin insert into trg.audit values (tg_name); return null; end $$;
      create function stamp() returns trigger language plpgsql as $$ begin new.changed := now(); return new; end $$;
      create function skip() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger on_row before insert or update on t for each row execute function stamp();
      create trigger never before insert on t for each row execute function skip(); alter table t disable trigger never;
      create trigger as_replica before insert on t for each row execute function skip(); alter table t enable replica trigger as_replica;
      create trigger always before insert on t for each row execute function skip(); alter table t enable always trigger always;
      create trigger of_statement after insert on t referencing new table as fresh for each statement execute function note();
      create trigger on_truncate before truncate on t for each statement execute function note();
      create trigger of_column after update of name on t for each row when (old.name is distinct from new.name) execute function note();
      comment on trigger always on t is 'fires always'`,
    rows: "alter table t disable trigger user; insert into t values (1, 'a', '2020-01-01'), (2, 'b', null); insert into audit values ('of old')",
    expect: { mustHold: ["trg.t", "trg.audit"] },
  },
  {
    is: "rules: instead, also, disabled, replica and always; COPY knows none of them",
    both: `create schema rul; set search_path to rul; create table t (id int); create table log (id int); create table other (id int);
      create rule instead as on insert to t do instead nothing; create rule also_it as on insert to other do also insert into rul.log values (new.id);
      create rule guard as on delete to t where old.id > 5 do instead nothing; alter table t disable rule guard;
      create rule replica_one as on update to t do instead nothing; alter table t enable replica rule replica_one;
      create rule always_one as on update to other do also notify rul_changed; alter table other enable always rule always_one`,
    rows: `alter table t disable rule instead; insert into t values (1), (9); alter table t enable rule instead; insert into other values (1), (2)`,
    expect: { mustHold: ["rul.t", "rul.other"] },
  },
  {
    is: "views with INSTEAD OF triggers, updatable views, rules on views, recursive views",
    both: `create schema vw; set search_path to vw; create table t (id int primary key, name text);
      create view simple with (security_barrier) as select * from t where id > 1 with cascaded check option;
      create view joined as select a.id, b.name from t a join t b using (id);
      create function put() returns trigger language plpgsql as $$ begin insert into vw.t values (new.id, new.name); return new; end $$;
      create trigger instead_of instead of insert on joined for each row execute function put();
      create rule away as on delete to joined do instead nothing;
      create recursive view numbers (n) as values (1) union all select n + 1 from numbers where n < 5`,
    rows: "insert into t values (1, 'a'), (2, 'b')",
    expect: { mustHold: ["vw.t"] },
  },
  {
    is: "checks, defaults, indexes and generated columns that call functions with search paths and rights of their own",
    both: `create schema fn; set search_path to fn; create table allowed (word text primary key);
      create function is_fine(text) returns bool language sql stable security definer set search_path to fn as 'select length($1) < 100';
      create function half(int) returns int language sql immutable as 'select $1 / 2';
      create function number_of() returns int language plpgsql volatile set search_path to fn as 'begin return (select count(*) from allowed); end';
      create table t (id int default number_of(), word text check (is_fine(word)), h int generated always as (half(id)) stored);
      create index on t (half(id)); create unique index on t (half(id), word)`,
    rows: "insert into allowed values ('a'), ('b'); insert into t values (4, 'a'), (6, 'b'); insert into t (word) values ('c')",
    expect: { mustHold: ["fn.t", "fn.allowed"] },
  },
];
