import { numbered, type Specimen } from "./specimen.ts";

export const structured: readonly Specimen[] = [
  {
    what: "json as it was written, jsonb with numbers that no double holds, both deep",
    schema: "create table documents (id int primary key, j json, b jsonb, p jsonpath);",
    tables: ["public.documents"],
    rows: numbered("documents", [
      `'{"a" : 1,  "a":2 ,\n"b":[ ]}', '{"b": [], "a": 1, "aa": null}', '$.a[*] ? (@ > 1)'`,
      `(repeat('[', 500) || repeat(']', 500))::json, (repeat('{"a":', 500) || '1' || repeat('}', 500))::jsonb, null`,
      String.raw`'"\u0000 \ud83d\ude00 \ud800"', '"\u0001\u00e4 \ud83d\ude00 \\u0000 \\ \" \/"', null`,
      `'123456789012345678901234567890.123456789', '[123456789012345678901234567890.1234567890, 1e1000, -0.0, 1.10]', null`,
      `'null', 'null', null`,
      `null, null, null`,
      `'""', '""', null`,
      `'{"": {"": ""}}', '{"": {"": ""}}', null`,
    ]),
    holds: [
      `(select j::text = e'{"a" : 1,  "a":2 ,\\n"b":[ ]}' from documents where id = 1)`,
      "(select length(j::text) = 1000 and length(b::text) > 2500 from documents where id = 2)",
      String.raw`(select j::text like '%\\u0000%' from documents where id = 3)`,
      "(select (b -> 0)::text = '123456789012345678901234567890.1234567890' and length((b -> 1)::text) = 1001 from documents where id = 4)",
      "(select b = 'null' and b is not null from documents where id = 5)",
      "(select b is null from documents where id = 6)",
    ],
  },
  {
    what: "xml, documents and fragments",
    schema: "create table markup (id int primary key, x xml);",
    tables: ["public.markup"],
    rows: numbered("markup", [
      `'<?xml version="1.0"?><a b="1">ä &amp; &#10; <![CDATA[<\\.>]]></a>'`,
      "'just text'",
      "'<a/><b/>'",
      "''",
      "null",
    ]),
    holds: [
      "(select x::text = 'just text' from markup where id = 2)",
      "(select x::text = '' from markup where id = 4)",
    ],
  },
  {
    what: "uuids, addresses, bits",
    schema:
      "create table identifiers (id int primary key, u uuid, i inet, c cidr, m macaddr, m8 macaddr8, b bit(5), v varbit);",
    tables: ["public.identifiers"],
    rows: numbered("identifiers", [
      "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '192.168.0.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', b'00101', b''",
      "'00000000-0000-0000-0000-000000000000', '::ffff:1.2.3.4/128', '2001:db8::/32', 'ff:ff:ff:ff:ff:ff', 'ff:ff:ff:ff:ff:ff:ff:ff', b'11111', b'1010101010101010101'",
      "null, '10.1.2.3/32', '::/0', null, null, null, null",
    ]),
    holds: [
      "(select host(i) = '192.168.0.1' and masklen(i) = 24 and length(v) = 0 from identifiers where id = 1)",
      "(select v is null from identifiers where id = 3)",
    ],
  },
  {
    what: "words to search for",
    schema: "create table searches (id int primary key, v tsvector, q tsquery);",
    tables: ["public.searches"],
    rows: numbered("searches", [
      `'''it''''s'':1A,3B fat:2 ''\\\\back'':16383D', 'fat & (rat | !cat:*A) <-> dog <3> hen'`,
      "'', ''",
      "null, null",
      `array_to_tsvector(array['a b', 'c:d', '''q''', 'ä']), plainto_tsquery('simple', 'a:b ''c''')`,
    ]),
    holds: [
      "(select numnode(q) > 5 and length(v) = 3 from searches where id = 1)",
      "(select v = '' and q::text = '' from searches where id = 2)",
    ],
  },
  {
    what: "shapes, with infinite and missing coordinates",
    schema:
      "create table shapes (id int primary key, p point, l line, s lseg, b box, o path, g polygon, c circle);",
    tables: ["public.shapes"],
    rows: numbered("shapes", [
      "'(1e308,NaN)', '{1,-2,3.5}', '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1),(2,0)]', '((0,0),(1,1),(2,0))', '<(1,2),3>'",
      "'(Infinity,-Infinity)', '{0,1,0}', '[(0,-0),(1e-300,1)]', '(Infinity,1),(0,0)', '((0,0),(1,1),(2,0))', '((0,0))', '<(0,0),0>'",
      "'(0.1,0.30000000000000004)', null, null, null, null, null, null",
    ]),
    holds: [
      "(select p[1] = 'NaN' and isopen(o) from shapes where id = 1)",
      "(select p[0] = 'Infinity' and isclosed(o) from shapes where id = 2)",
      "(select p[1] = 0.1::float8 + 0.2::float8 from shapes where id = 3)",
    ],
  },
  {
    what: "ranges and multiranges, empty and without end, of a type of one's own",
    schema: `create type span as range (subtype = float8, subtype_diff = float8mi, multirange_type_name = spans);
      create table spaces (id int primary key, i int4range, n numrange, d daterange, t tstzrange, m int8multirange, s span, ss spans);`,
    tables: ["public.spaces"],
    rows: numbered("spaces", [
      "'empty', 'empty', 'empty', 'empty', '{}', 'empty', '{}'",
      "'(,)', '[,]', '(,)', '(-infinity,infinity)', '{(,)}', '(-Infinity,Infinity]', '{(,1),(2,)}'",
      "'[1,1]', '(1.50,2.500]', '[2020-02-28,2020-02-29]', '[2020-01-01 00:00+00,infinity]', '{[1,2),[3,4)}', '[-0,0.1]', '{[1,1]}'",
      "null, null, null, '[4713-01-01 00:00+00 BC,294276-01-01 00:00+00)', null, null, null",
    ]),
    holds: [
      "(select isempty(i) and isempty(t) and isempty(m) and isempty(s) from spaces where id = 1)",
      "(select upper_inf(i) and not upper_inf(t) and upper(t) = 'infinity' and lower_inf(m) from spaces where id = 2)",
      "(select n::text = '(1.50,2.500]' and i = '[1,2)' from spaces where id = 3)",
    ],
  },
  {
    what: "enums, composites in arrays and domains over them, with quotes and NULLs at every depth",
    schema: String.raw`create type mood as enum ('', 'so "so"', 'it''s', 'back\slash', 'NULL', 'ü 🎉', 'a,b', '{}');
      create type pair as (a text, "B ""b""" numeric(6, 2), m mood);
      create type nest as (p pair, ps pair[], j json);
      create domain code as text check (value <> 'refused');
      create domain codes as code[] check (cardinality(value) < 9);
      create domain strict_pair as pair check ((value).a is distinct from 'refused');
      create table composites (id int primary key, e mood, es mood[], p pair, n nest, ns nest[], c code, cs codes, sp strict_pair, sps strict_pair[]);`,
    tables: ["public.composites"],
    rows: numbered("composites", [
      String.raw`'so "so"', array['it''s', null, 'NULL', '', 'back\slash', 'a,b', '{}']::mood[],
        row('a"b\c,(d)', 1.5, 'NULL'), row(row(null, null, null), array[row('', 0, '')::pair, null], '{"a":"\\"}'),
        array[row(null, null, null)::nest, null, row(row('"', 1, 'so "so"'), '{}', 'null')::nest],
        'x', '{a,NULL,""}', row('p', 1, ''), array[row('"', 2, null)::strict_pair, null]`,
      "'', '{}', row('', null, null), null, '{}', '', '{}', null, '{}'",
      "null, null, row(null, null, null), null, null, null, null, null, null",
      "'it''s', null, null, null, null, null, null, row(null, null, null), null",
    ]),
    holds: [
      String.raw`(select (p).a = 'a"b\c,(d)' and (p).m = 'NULL' and (n).ps[2] is null and es[2] is null and es[3] = 'NULL' from composites where id = 1)`,
      "(select cardinality(cs) = 3 and cs[2] is null and cs[3] = '' from composites where id = 1)",
      "(select cardinality(es) = 0 and e = '' and c = '' and (p).a = '' from composites where id = 2)",
      "(select p is not distinct from row(null, null, null)::pair from composites where id = 3)",
    ],
  },
  {
    what: "arrays of several dimensions, other lower bounds, NULLs and quotes",
    schema:
      "create table arrays (id int primary key, i int[], t text[], d date[][], j jsonb[], b bytea[], r int4range[]);",
    tables: ["public.arrays"],
    rows: numbered("arrays", [
      String.raw`'[0:1][-1:0]={{1,2},{3,NULL}}', array['NULL', null, '', '"', '\', ',', '{}', ' ', e'\n'], '{{2020-01-01,infinity}}', array['{"a": "}"}'::jsonb, null, 'null'], array['\x00ff'::bytea, ''], array['empty'::int4range, '[1,2)']`,
      "'{}', '{}', '{}', '{}', '{}', '{}'",
      "'[5:5]={1}', '[-1:0]={a,b}', null, null, null, null",
      "'{{{1},{2}},{{3},{4}}}', '{{a,b},{c,d}}', null, null, null, null",
    ]),
    holds: [
      "(select i[0][-1] = 1 and i[1][0] is null and array_lower(i, 2) = -1 from arrays where id = 1)",
      "(select t[1] = 'NULL' and t[2] is null and t[9] = e'\\n' and j[3] = 'null' from arrays where id = 1)",
      "(select i = '{}' and i is not null from arrays where id = 2)",
      "(select i[5] = 1 and t[-1] = 'a' from arrays where id = 3)",
    ],
  },
  {
    what: "columns that v2 computes, and what depends on a collation",
    schema: `create collation backwards (provider = icu, locale = 'de-u-kf-upper', deterministic = true);
      create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      create table computed (id int primary key, t text collate nocase unique, l text generated always as (lower(t) || '·' || id::text) stored,
        s text collate backwards, n numeric generated always as (id * 1.10) stored, y int generated always as (extract(year from d)::int) stored, d date);
      create index on computed (s);`,
    tables: ["public.computed"],
    rows: `insert into computed (id, t, s, d) values (1, 'ÄB', 'ä', '2020-01-01'), (2, 'ß', 'Ä', 'infinity'), (3, null, 'z', null);`.replace(
      "'infinity'",
      "'1000-01-01 BC'",
    ),
    holds: [
      "(select l = 'äb·1' and n = 1.10 and y = 2020 from computed where id = 1)",
      "(select t = 'äB' from computed where id = 1)",
    ],
  },
  {
    what: "numbers of the server's own and names of objects",
    schema: `create function public.adds(a int, b int) returns int language sql immutable as 'select a + b';
      create table objects (id int primary key, o oid, x xid8, l pg_lsn, s pg_snapshot, old txid_snapshot, t tid, xx xid, c cid,
        cl regclass, f regproc, fp regprocedure, op regoper, ops regoperator, ty regtype, ns regnamespace, co regcollation, cf regconfig, di regdictionary, v int2vector, ov oidvector);`,
    tables: ["public.objects"],
    rows: numbered("objects", [
      `4294967295, '18446744073709551615', 'FFFFFFFF/FFFFFFFF', '10:20:10,14,15', '10:20:10,14,15', '(4294967294,65534)', '4294967295', '1',
        'public.objects', 'public.adds', 'public.adds(int,int)', 'pg_catalog.||/', 'pg_catalog.+(int,int)', 'public.objects', 'public', '"C"', 'german', 'simple', '1 2 3', '1 2'`,
      "0, '0', '0/0', '10:10:', '10:10:', '(0,0)', '0', '0', '-', '-', '-', '0', '0', '-', '-', '-', '-', '-', '', ''",
      "null, null, null, null, null, null, null, null, null, null, null, null, null, 'timestamp with time zone', null, null, null, null, null, null",
    ]),
    holds: [
      "(select o = 4294967295 and cl = 'public.objects'::regclass and fp = 'public.adds(int,int)'::regprocedure and ty = 'public.objects'::regtype from objects where id = 1)",
      "(select cl = 0 and o = 0 from objects where id = 2)",
    ],
  },
];
