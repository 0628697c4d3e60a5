import { quoteIdentifier, quoteLiteral } from "../../../scripts/postgres/identifier.ts";
import type { Specimen } from "./specimen.ts";

/** Names that something on the way could read as something else, or cut. */
const names: readonly string[] = [
  "user",
  "order",
  "table",
  "select",
  "row",
  "Upper",
  "with space",
  " blank ends ",
  "dot.ted",
  'quo"ted',
  '"',
  "'single'",
  "back\\slash",
  "new\nline",
  "tab\there",
  "100%",
  "%s",
  "$1",
  "$$",
  ":var",
  ":'var'",
  "1st",
  "-- comment",
  "/*",
  "a,b",
  "(c)",
  "; drop",
  "ünïcødé 日本 🎉",
  "é".repeat(31) + "x",
  "x".repeat(63),
  "movebook",
  "moved",
  "t",
  "e",
  "value",
  "hash",
  "rows",
  "movebook row",
  "id,",
  "FROM stdin;",
  "null",
  "public",
];

const primary = quoteIdentifier('Key\n"of" it');

/** Each name is a table with a key to itself, a column, an index, a trigger and a comment; the function is not called. */
const makeTable = (schema: string, name: string): string => {
  const called = quoteIdentifier(name);
  const table = `${quoteIdentifier(schema)}.${called}`;
  return `create table ${table} (${primary} int primary key, ${called} text, "t.t" int,
      constraint ${called} foreign key ("t.t") references ${table} on delete set null deferrable);
    comment on constraint ${called} on ${table} is ${quoteLiteral(`of ${name}`)};
    create index on ${table} (${called});
    create trigger ${called} before insert or update on ${table} for each row execute function "Sch""ema".refuse();`;
};

const fillTable = (schema: string, name: string): string => {
  const table = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
  return `alter table ${table} disable trigger user;
    insert into ${table} values (1, ${quoteLiteral(name)}, 2), (2, null, 1), (3, '', null);
    alter table ${table} enable trigger user;`;
};

const holdsIt = (schema: string, name: string): string => {
  const [table, column] = [
    `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
    quoteIdentifier(name),
  ];
  return `(select count(*) = 3 and max(${column}) = ${quoteLiteral(name)} from ${table})`;
};

const strange = 'Sch"ema';

export const strangelyNamed: readonly Specimen[] = [
  {
    what: "tables, columns, keys, triggers with names of all kinds",
    schema: `create schema ${quoteIdentifier(strange)};
      create function "Sch""ema".refuse() returns trigger language plpgsql as $$ begin raise 'a trigger fired'; end $$;
      ${names.map((name) => makeTable(strange, name)).join("\n")}`,
    rows: names.map((name) => fillTable(strange, name)).join("\n"),
    // what they hold is asked by name below
    tables: [],
    holds: names.map((name) => holdsIt(strange, name)),
  },
  {
    what: "the same names in two schemas",
    schema: `create schema "sch.ema"; create schema "sch";
      create table "sch.ema".t (id int primary key, v text); create table sch."ema.t" (id int primary key, v text);
      create table sch.t (id int primary key, v text); create table public.t (id int primary key, v text);
      create table public."T" (id int primary key, v text);
      create type "sch".mood as enum ('a'); create type "sch.ema".mood as enum ('b');
      alter table sch.t add m sch.mood; alter table "sch.ema".t add m "sch.ema".mood;
      alter table public.t add foreign key (id) references sch.t; alter table sch.t add foreign key (id) references "sch.ema".t;`,
    rows: `insert into "sch.ema".t values (1, 'sch.ema|t', 'b'); insert into sch."ema.t" values (1, 'sch|ema.t');
      insert into sch.t values (1, 'sch|t', 'a'); insert into public.t values (1, 'public|t'); insert into public."T" values (1, 'public|T');`,
    tables: ['"sch.ema".t', 'sch."ema.t"', "sch.t", "public.t", 'public."T"'],
    holds: [
      `(select v = 'sch.ema|t' and m = 'b' from "sch.ema".t)`,
      `(select v = 'sch|ema.t' from sch."ema.t")`,
      "(select v = 'sch|t' and m = 'a' from sch.t)",
      "(select v = 'public|t' from public.t)",
      `(select v = 'public|T' from public."T")`,
    ],
  },
  {
    what: "a table with as many columns as there may be",
    schema: `do $$ begin execute format('create table many (%s)',
      (select string_agg(format('%I int', 'column ' || i), ', ') from generate_series(1, 1600) i)); end $$;`,
    rows: `do $$ begin execute format('insert into many values (%s)', (select string_agg(i::text, ', ') from generate_series(1, 1600) i)); end $$;`,
    tables: ["public.many"],
    holds: [`(select "column 1600" = 1600 from many)`],
  },
];
