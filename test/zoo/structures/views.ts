import type { Creature } from "../support/herd.ts";

const chain = `create schema mat; set search_path to mat; create table t (id int, kind text);
  create materialized view by_kind as select kind, count(*) as many from t group by kind with no data;
  create unique index on by_kind (kind); create view of_kinds as select * from by_kind where many > 0;
  create materialized view total as select sum(many) as many from of_kinds with no data;
  create materialized view "of it all" as select many from total union all select many from of_kinds with no data;
  create function kinds() returns setof text language sql stable as 'select kind from mat.by_kind';
  create materialized view through as select k from kinds() k with no data;
  create materialized view asleep as select count(*) from t with no data; create index on asleep (count);
  create materialized view "refused" as select 1 / count(*) filter (where id < 0) as x from t with no data`;

export const views: readonly Creature[] = [
  {
    is: "materialized views on views on materialized views, through functions too; what sleeps in v1 goes on sleeping in v2",
    both: chain,
    rows: `insert into t values (1, 'a'), (2, 'a'), (3, 'b'); refresh materialized view by_kind; refresh materialized view total;
      refresh materialized view "of it all"; refresh materialized view through`,
    expect: { mustHold: ["mat.by_kind", "mat.total", 'mat."of it all"', "mat.through"] },
  },
  {
    is: "a materialized view that v2 has filled already, and one of v2 alone",
    both: `create schema early; set search_path to early; create table t (id int); create materialized view m as select * from t`,
    v2: "create materialized view own as select count(*) as many from t",
    rows: "insert into t values (1), (2); refresh materialized view m",
    expect: {
      questions: [
        {
          v1: "select count(*) as many from early.t",
          v2: "select many from early.own",
          of: ["early.own"],
        },
      ],
      mustHold: ["early.m"],
    },
  },
];
