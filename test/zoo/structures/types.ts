import type { Creature } from "../support/herd.ts";

export const types: readonly Creature[] = [
  {
    is: "domains: with checks, over arrays, over domains, over composites, NOT NULL, with defaults, in arrays",
    both: `create schema dom; set search_path to dom;
      create domain age as int check (value >= 0) default 18; create domain adult as age check (value >= 18);
      create domain a_few as int[] check (array_length(value, 1) < 5); create domain must as text not null;
      create type point2 as (x int, y int); create domain right_of as point2 check ((value).x > 0);
      create table t (id must, a age, b adult, c a_few, d right_of, e age[], f adult[])`,
    rows: `insert into t values ('1', 0, 18, '{1,null,3}', row(1, null), '{1,2}', '{18}'), ('', null, null, null, null, null, null), ('3', 5, 20, '{}', row(5, 5), '{}', '{{20,21},{22,null}}')`,
    expect: { mustHold: ["dom.t"] },
  },
  {
    is: "a domain whose NOT VALID check refuses no old row",
    both: "create schema dom_open; set search_path to dom_open; create domain d as int; create table t (d d)",
    rows: "insert into t values (1), (2)",
    v2: "alter domain d add constraint open check (value > 0) not valid",
    expect: { mustHold: ["dom_open.t"] },
  },
  {
    is: "composite types in composites, arrays of them, with nulls and quotes",
    both: `create schema comp; set search_path to comp; create type inner_one as (a int, b text, c int[]); create type outer_one as (one inner_one, many inner_one[]);
      create table t (o outer_one, os outer_one[])`,
    rows: `insert into t values (row(row(1, 'a"b,(c)\\', '{1,2}'), array[row(null, '', null)::inner_one, null])::outer_one, array[row(null, '{}')::outer_one, null]), (null, '{}')`,
    expect: { mustHold: ["comp.t"] },
  },
  {
    is: "ranges and multiranges, of a type of its own too",
    both: `create schema rng; set search_path to rng; create type floatrange as range (subtype = float8, subtype_diff = float8mi, multirange_type_name = floatmulti);
      create table t (i int4range, n numrange, ts tstzrange, d datemultirange, f floatrange, fm floatmulti, arr int4range[])`,
    rows: `insert into t values ('[1,5)', '(,3.5]', '["2024-01-01 00:00+00",infinity)', '{[2024-01-01,2024-02-01),[2025-01-01,)}', '[1.5,2.5]', '{[1,2],(3,4)}', '{"[1,2)",empty}'), ('empty', '(,)', 'empty', '{}', null, null, null)`,
    expect: { mustHold: ["rng.t"] },
  },
  {
    is: "enums with labels in another order, and more of them in v2",
    v1: `create schema en; set search_path to en; create type mood as enum ('sad', 'it''s ok', 'Happy'); create table t (m mood, ms mood[], id int primary key)`,
    v2: `create schema en; set search_path to en; create type mood as enum ('Happy', 'new', 'sad', 'it''s ok'); create table t (m mood, ms mood[], id int primary key)`,
    rows: `insert into t values ('sad', '{Happy,"it''s ok"}', 1), ('Happy', '{}', 2), (null, null, 3)`,
    expect: { mustHold: ["en.t"] },
  },
  {
    is: "xml, json, bit strings, geometry, network, text search, object names",
    both: `create schema odd; set search_path to odd; create table t (x xml, j json, jb jsonb, b bit(3), v varbit, p point, po polygon, i inet, c cidr, m macaddr8,
      ts tsvector, tq tsquery, iv interval, u uuid, n name, ch "char", rc regclass, ro oid, pl pg_lsn, jp jsonpath)`,
    rows: `insert into t values ('<a>x</a>', '{"b": 1,  "a": [1, 2 ]}', '{"b": 1, "a": null}', '101', '1', '(1,2)', '((0,0),(1,1),(1,0))', '10.0.0.1/8', '10.0.0.0/8', '08:00:2b:01:02:03:04:05',
      'a:1 b:2', 'a & !b', '1 year -2 days 3.5 sec', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'name', 'c', 'pg_class', 5, '16/B374D848', '$.a[*] ? (@ > 1)')`,
    expect: { mustHold: ["odd.t"] },
  },
];
