import { quoteLiteral } from "../../../scripts/postgres/identifier.ts";
import { numbered, type Specimen } from "./specimen.ts";

/** Texts that something on the way could take for something else. */
const strange: readonly string[] = [
  "",
  " ",
  "null",
  "NULL",
  String.raw`\N`,
  String.raw`\\N`,
  String.raw`\.`,
  `before\n${String.raw`\.`}\nafter`,
  `${String.raw`\.`}\n`,
  `\n${String.raw`\.`}`,
  `${String.raw`\.`}\r\n`,
  "a\tb",
  "line\nfeed",
  "carriage\rreturn",
  "both\r\nof them",
  "\r",
  "\n",
  "\u000B\f\b\u0007\u001B[31mred\u001B[0m\u007F",
  "\u0001\u0002\u001F",
  "\u0085\u2028\u2029\u00A0\u200B\uFEFF",
  String.raw`\x00 \u0000 \0 \000 \t \n`,
  "\\",
  "\\\\",
  "ends with \\",
  "'single' \"double\" `back`",
  "''''",
  "e\u0301 is not \u00E9",
  "Zoe\u0308 \u0301",
  "\u05E2\u05D1\u05E8\u05D9\u05EA \u200F\u202Eevil\u202C",
  "👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠮷野家",
  "\u{10FFFF}\u{1F4A9}\uFFFE\uFFFF\uFFFD",
  "ǅ ß ẞ ﬁ İ ı ſ K Å",
  String.raw`\! touch /tmp/movebook-was-here`,
  String.raw`\copy texts from program 'id'`,
  String.raw`\connect postgres`,
  String.raw`\restrict abc`,
  String.raw`\q`,
  ":var :'var' :\"var\" :{?var}",
  "$$ $body$ $1",
  "'; drop table texts; --",
  "begin; commit; rollback;",
  "COPY public.texts (id, t) FROM stdin;",
  "-- PostgreSQL database dump complete",
  "x\n-- PostgreSQL database dump complete\n\n",
  "x\nCOPY public.texts (id, t, v, c) FROM stdin;\n1\ta\n\\.\n",
  "%s %d %% %I",
  '{"a": 1}',
  "{1,2}",
  "(1,2)",
  "a,b;c|d",
  "*****",
];

const listed = strange.map((text) => quoteLiteral(text));

export const texts: readonly Specimen[] = [
  {
    what: "texts that look like something else",
    schema: `create table texts (id int primary key, t text, v varchar, c text collate "C");
      create unique index on texts (md5(t));`,
    tables: ["public.texts"],
    rows: `${numbered(
      "texts",
      listed.map((text) => `${text}, ${text}, ${text}`),
    )} insert into texts values (0, null, null, null);`,
    holds: [
      ...listed.map(
        (text) => `exists (select from texts where t = ${text} and v = ${text} and c = ${text})`,
      ),
      "(select t is null and v is null and c is null from texts where id = 0)",
      "not exists (select from texts where t is null and id <> 0)",
    ],
  },
  {
    what: "every character of Unicode that Postgres takes",
    schema: "create table characters (code int primary key, c text, b bytea);",
    tables: ["public.characters"],
    rows: `insert into characters
      select block, string_agg(chr(code), '' order by code), convert_to(string_agg(chr(code), '' order by code), 'UTF8')
      from generate_series(0, 4351) block, generate_series(block * 256, block * 256 + 255) code
      where code > 0 and code not between 55296 and 57343 group by block;`,
    holds: [
      "(select sum(length(c)) from characters) = 17 * 65536 - 2048 - 1",
      "(select bool_and(convert_to(c, 'UTF8') = b) from characters)",
    ],
  },
  {
    what: "texts and bytes of many MB",
    schema: "create table large (id int primary key, t text, b bytea, parts text[]);",
    tables: ["public.large"],
    rows: `insert into large values
      (1, repeat(e'a\\t"''ä\\n\\\\.\\n', 2100000), null, null),
      (2, null, decode(repeat('00ff5c0a270d', 700000), 'hex'), null),
      (3, null, null, array_fill(e'"\\\\{},'::text, array[300000]));`,
    holds: [
      "(select octet_length(t) > 20000000 and strpos(t, e'\\n\\\\.\\n') > 0 from large where id = 1)",
      "(select octet_length(b) = 4200000 and md5(b) = md5(decode(repeat('00ff5c0a270d', 700000), 'hex')) from large where id = 2)",
      "(select cardinality(parts) = 300000 from large where id = 3)",
    ],
  },
  {
    what: "bytes",
    schema: "create table bytes (id int primary key, b bytea);",
    tables: ["public.bytes"],
    rows: `insert into bytes select 1, decode(string_agg(lpad(to_hex(i), 2, '0'), '' order by i), 'hex') from generate_series(0, 255) i;
      insert into bytes values (2, ''), (3, '\\x00'), (4, null), (5, convert_to('\\x00', 'UTF8')), (6, '\\x5c2e0a');`,
    holds: [
      "(select octet_length(b) = 256 and get_byte(b, 0) = 0 and get_byte(b, 255) = 255 from bytes where id = 1)",
      "(select octet_length(b) = 0 from bytes where id = 2)",
      "(select b is null from bytes where id = 4)",
    ],
  },
  {
    what: "blanks of char(n), names and single bytes",
    schema: `create table chars (id int primary key, c char(5), v varchar(5), n name, one "char", b char);`,
    tables: ["public.chars"],
    rows: numbered("chars", [
      "'a', 'a', 'a', 'a', 'a'",
      "'a    ', 'a    ', repeat('é', 31) || 'x', '', ' '",
      "'', '', '', e'\\\\', ''",
      "'     ', '     ', '     ', e'\\n', e'\\n'",
      "'ééééé', 'ééééé', 'é', null, 'é'",
      "e'\\t', e'\\t', e'\\t', e'\\t', e'\\t'",
    ]),
    holds: [
      "(select octet_length(c) = 5 and octet_length(v) = 5 and octet_length(n::text) = 63 from chars where id = 2)",
      "(select v = '' and octet_length(c) = 5 from chars where id = 3)",
      "(select length(c) = 5 from chars where id = 5)",
    ],
  },
];
