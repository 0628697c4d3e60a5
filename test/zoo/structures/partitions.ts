import type { Creature } from "../support/herd.ts";

export const partitions: readonly Creature[] = [
  {
    is: "range, list and hash in three levels with default partitions; keys from, to, between and onto itself; other trigger states on a partition; a partition with columns in another order; dropped columns",
    both: `create schema deep; set search_path to deep;
      create table kind (id int primary key);
      create table box (gone int, id int, at date, kind int references kind, parent_id int, parent_at date, parent_kind int, note text,
        primary key (id, at, kind), foreign key (parent_id, parent_at, parent_kind) references box deferrable) partition by range (at);
      alter table box drop column gone;
      create table box_2024 partition of box for values from ('2024-01-01') to ('2025-01-01') partition by list (kind);
      create table box_2024_1 partition of box_2024 for values in (1, 2) partition by hash (id);
      create table box_2024_1_a partition of box_2024_1 for values with (modulus 2, remainder 0);
      create table box_2024_1_b partition of box_2024_1 for values with (modulus 2, remainder 1);
      create table box_2024_rest partition of box_2024 default;
      create table box_rest partition of box default;
      create table box_2025 (note text, parent_at date, lost text, kind int not null, at date not null, id int not null, parent_kind int, parent_id int);
      alter table box_2025 drop column lost;
      alter table box attach partition box_2025 for values from ('2025-01-01') to ('2026-01-01');
      create table item (id int, box_id int, box_at date, box_kind int, primary key (id),
        constraint item_box foreign key (box_id, box_at, box_kind) references box on delete cascade) partition by hash (id);
      comment on constraint item_box on item is 'items are in boxes';
      create table item_0 partition of item for values with (modulus 2, remainder 0);
      create table item_1 partition of item for values with (modulus 2, remainder 1);
      create table label (item_id int references item on delete set null, words text);
      create index on box (kind); create unique index on box_2025 (note);
      create function log_it() returns trigger language plpgsql as 'begin raise exception ''a trigger fired''; end';
      create trigger on_box before insert or update on box for each row execute function log_it();
      alter table box_2025 disable trigger on_box; alter table box_rest enable replica trigger on_box;
      alter table only box_2024 enable always trigger on_box; alter table box_2024_1_a disable trigger on_box`,
    rows: `alter table box_2024_1_b disable trigger on_box; alter table box_2024_rest disable trigger on_box;
      insert into kind values (1), (2), (3), (4);
      insert into box (id, at, kind, parent_id, parent_at, parent_kind, note)
        select n, date '2023-06-01' + n * 20, 1 + n % 4, nullif(n - 1, 0), case when n > 1 then date '2023-06-01' + (n - 1) * 20 end,
          case when n > 1 then 1 + (n - 1) % 4 end, 'n' || n
        from generate_series(1, 60) n order by n;
      insert into item select id, id, at, kind from box; insert into label select id, 'words of ' || id from item;
      insert into label values (null, 'lost')`,
    expect: {
      mustHold: [
        "deep.box_2024_1_a",
        "deep.box_2024_1_b",
        "deep.box_2024_rest",
        "deep.box_rest",
        "deep.box_2025",
        "deep.item_0",
        "deep.item_1",
        "deep.label",
      ],
    },
  },
  {
    is: "keys of partitions with names and comments of their own, attached below the parent's",
    both: `create schema attached; set search_path to attached;
      create table owner (id int primary key);
      create table thing (id int, owner_id int) partition by list (id);
      create table thing_1 (id int, owner_id int, constraint mine foreign key (owner_id) references owner);
      comment on constraint mine on thing_1 is 'named by hand';
      alter table thing attach partition thing_1 for values in (1);
      create table thing_2 partition of thing for values in (2);
      alter table thing add constraint thing_owner foreign key (owner_id) references owner;
      alter table thing_2 rename constraint thing_owner to yours;
      create table part (id int, primary key (id)) partition by list (id);
      create table part_1 partition of part for values in (1); create table part_2 partition of part for values in (2);
      create table user_of_part (part_id int, one int, constraint user_part foreign key (part_id) references part,
        constraint of_one_part foreign key (one) references part_1 (id));
      create table orphan (part_id int)`,
    v2: "alter table orphan add constraint unproven foreign key (part_id) references part not valid",
    rows: `insert into owner values (7); insert into thing values (1, 7), (2, 7), (2, null);
      insert into part values (1), (2); insert into user_of_part values (1, 1), (2, null), (null, 1);
      insert into orphan values (1), (99); alter table orphan add constraint unproven foreign key (part_id) references part not valid`,
    expect: {
      mustHold: [
        "attached.thing_1",
        "attached.thing_2",
        "attached.user_of_part",
        "attached.orphan",
      ],
    },
  },
  {
    is: "a partition with checks, defaults, keys and triggers of its own",
    both: `create schema own_way; set search_path to own_way;
      create table other (id int primary key);
      create table base (id int not null, kind text default 'of the parent', extra int) partition by list (id);
      create table base_1 partition of base (kind default 'of the partition', constraint small check (extra < 100)) for values in (1);
      alter table base_1 add foreign key (extra) references other not valid;
      create table base_2 partition of base for values in (2, 3, null);
      create unique index on base_2 (extra);
      create function stop_it() returns trigger language plpgsql as 'begin return null; end';
      create trigger only_here before insert on base_2 for each row execute function stop_it();
      alter table base_2 enable always trigger only_here`,
    rows: `alter table base_2 disable trigger only_here; insert into other values (1), (2);
      insert into base values (1, 'a', 1), (1, null, 2), (2, 'c', 1), (3, 'd', null)`,
    expect: { mustHold: ["own_way.base_1", "own_way.base_2"] },
  },
  {
    is: "plain in v1, partitioned in v2",
    v1: `create schema cut; set search_path to cut;
      create table day (id int primary key, at date not null, note text);
      create table remark (day_id int references day)`,
    v2: `create schema cut; set search_path to cut;
      create table day (at date not null, note text, id int, primary key (id)) partition by range (id);
      create table day_low partition of day for values from (minvalue) to (10);
      create table day_high partition of day for values from (10) to (maxvalue);
      create table remark (day_id int references day)`,
    rows: `insert into day select n, date '2024-01-01' + n, 'n' || n from generate_series(1, 20) n; insert into remark select id from day`,
    expect: {
      questions: [
        {
          v1: "select id, at, note from cut.day",
          of: ["cut.day", "cut.day_low", "cut.day_high"],
        },
        { v1: "select id from cut.day where id < 10", v2: "select id from cut.day_low", of: [] },
        { v1: "select id from cut.day where id >= 10", v2: "select id from cut.day_high", of: [] },
      ],
      mustHold: ["cut.remark"],
    },
  },
  {
    is: "partitioned in v1, plain in v2",
    v1: `create schema joined; set search_path to joined;
      create table day (id int, at date not null, note text, primary key (id)) partition by hash (id);
      create table day_0 partition of day for values with (modulus 2, remainder 0);
      create table day_1 partition of day for values with (modulus 2, remainder 1)`,
    v2: `create schema joined; set search_path to joined; create table day (id int primary key, at date not null, note text)`,
    rows: `insert into day select n, date '2024-01-01' + n, 'n' || n from generate_series(1, 20) n`,
    expect: {
      questions: [
        {
          v1: "select id, at, note from joined.day",
          of: ["joined.day", "joined.day_0", "joined.day_1"],
        },
      ],
    },
  },
  {
    is: "partitioned with other bounds, other keys and more levels",
    v1: `create schema shifted; set search_path to shifted;
      create table day (id int, at date not null, kind text) partition by range (at);
      create table day_old partition of day for values from (minvalue) to ('2024-01-10');
      create table day_new partition of day for values from ('2024-01-10') to (maxvalue);
      create table word (id int, kind text) partition by list (kind);
      create table word_a partition of word for values in ('a'); create table word_b partition of word for values in ('b', 'c')`,
    v2: `create schema shifted; set search_path to shifted;
      create table day (id int, at date not null, kind text) partition by range (at);
      create table day_old partition of day for values from (minvalue) to ('2024-01-05') partition by list (kind);
      create table day_old_a partition of day_old for values in ('a'); create table day_old_rest partition of day_old default;
      create table day_new partition of day for values from ('2024-01-05') to (maxvalue);
      create table word (id int, kind text) partition by hash (id);
      create table word_a partition of word for values with (modulus 2, remainder 0); create table word_b partition of word for values with (modulus 2, remainder 1)`,
    rows: `insert into day select n, date '2024-01-01' + n, (array['a', 'b'])[1 + n % 2] from generate_series(0, 19) n;
      insert into word select n, (array['a', 'b', 'c'])[1 + n % 3] from generate_series(1, 20) n`,
    expect: {
      questions: [
        {
          v1: "select * from shifted.day",
          of: ["shifted.day_old", "shifted.day_old_a", "shifted.day_old_rest", "shifted.day_new"],
        },
        { v1: "select * from shifted.word", of: ["shifted.word_a", "shifted.word_b"] },
        {
          v1: "select id from shifted.day where at < '2024-01-05' and kind = 'a'",
          v2: "select id from shifted.day_old_a",
          of: [],
        },
      ],
    },
  },
  {
    is: "a partition that was detached in v1, and one that v2 alone has",
    v1: `create schema loose; set search_path to loose;
      create table all_of (id int) partition by list (id);
      create table part_1 partition of all_of for values in (1); create table part_2 partition of all_of for values in (2);
      insert into part_2 values (2); alter table all_of detach partition part_2`,
    v2: `create schema loose; set search_path to loose;
      create table all_of (id int) partition by list (id); create table part_1 partition of all_of for values in (1);
      create table part_3 partition of all_of for values in (3); create table part_2 (id int)`,
    rows: "insert into all_of values (1), (1)",
    expect: { mustHold: ["loose.part_1", "loose.part_2"] },
  },
  {
    is: "children by inheritance in v1, partitions in v2, one of them cut once more; a table that v2 has attached",
    v1: `create schema grown; set search_path to grown;
      create table event (id int not null, at date not null, kind text);
      create table event_2023 (check (at >= '2023-01-01' and at < '2024-01-01')) inherits (event);
      create table event_2024 (check (at >= '2024-01-01' and at < '2025-01-01')) inherits (event);
      create table word (id int) partition by list (id); create table word_1 partition of word for values in (1); create table word_2 (id int)`,
    v2: `create schema grown; set search_path to grown;
      create table event (id int not null, at date not null, kind text, primary key (id, at, kind)) partition by range (at);
      create table event_2023 partition of event for values from ('2023-01-01') to ('2024-01-01');
      create table event_2024 partition of event for values from ('2024-01-01') to ('2025-01-01') partition by list (kind);
      create table event_2024_a partition of event_2024 for values in ('a'); create table event_2024_rest partition of event_2024 default;
      create table event_rest partition of event default;
      create table word (id int) partition by list (id); create table word_1 partition of word for values in (1); create table word_2 partition of word for values in (2)`,
    rows: `insert into event values (1, '2022-01-01', 'old'); insert into event_2023 values (2, '2023-02-01', 'b'), (3, '2023-03-01', 'a');
      insert into event_2024 values (4, '2024-02-01', 'a'), (5, '2024-03-01', 'b'); insert into word values (1); insert into word_2 values (2), (2)`,
    expect: {
      questions: [
        {
          v1: "select id, at, kind from grown.event",
          of: [
            "grown.event",
            "grown.event_2024",
            "grown.event_2024_a",
            "grown.event_2024_rest",
            "grown.event_rest",
          ],
        },
        { v1: "select id from only grown.event", v2: "select id from grown.event_rest", of: [] },
        { v1: "select id from grown.event_2024", of: [] },
      ],
      mustHold: ["grown.event_2023", "grown.word_1", "grown.word_2"],
    },
  },
  {
    is: "a partitioned table without any partition",
    both: "create schema bare; create table bare.nothing (id int) partition by list (id); create table bare.something (id int)",
    rows: "insert into bare.something values (1)",
    expect: { mustHold: ["bare.something"] },
  },
];
