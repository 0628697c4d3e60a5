import { quoteLiteral } from "../../../scripts/postgres/identifier.ts";

/** Settings that would end a move, or change values in it without an error. Names that a server does not know are left out. */
const settings: Readonly<Record<string, string>> = {
  statement_timeout: "1ms",
  lock_timeout: "1ms",
  idle_in_transaction_session_timeout: "50ms",
  idle_session_timeout: "5s",
  transaction_timeout: "50ms",
  default_transaction_read_only: "on",
  default_transaction_isolation: "serializable",
  default_transaction_deferrable: "on",
  synchronous_commit: "off",
  row_security: "off",
  DateStyle: "SQL, DMY",
  IntervalStyle: "sql_standard",
  TimeZone: "Asia/Kathmandu",
  timezone_abbreviations: "India",
  bytea_output: "escape",
  extra_float_digits: "-15",
  standard_conforming_strings: "off",
  backslash_quote: "off",
  quote_all_identifiers: "on",
  array_nulls: "off",
  transform_null_equals: "on",
  xmloption: "document",
  xmlbinary: "hex",
  client_encoding: "latin1",
  client_min_messages: "debug5",
  check_function_bodies: "off",
  default_table_access_method: "second_heap",
  default_toast_compression: "lz4",
  default_text_search_config: "pg_catalog.german",
  work_mem: "64kB",
  maintenance_work_mem: "1MB",
  temp_file_limit: "10MB",
  enable_seqscan: "off",
  enable_indexscan: "off",
  enable_indexonlyscan: "off",
  enable_bitmapscan: "off",
  enable_hashjoin: "off",
  enable_hashagg: "off",
  enable_mergejoin: "off",
  enable_nestloop: "off",
  enable_sort: "off",
  geqo_threshold: "2",
  from_collapse_limit: "1",
  plan_cache_mode: "force_generic_plan",
  search_path: "hostile, pg_catalog, public",
};

/** Of one operand type each: an exact match wins over those of pg_catalog that come later in the path. */
const operators: readonly (readonly [name: string, left: string, right: string, result: string])[] =
  [
    ...["text", "int4", "int8", "oid", "name", "bool", "char"].flatMap((type) =>
      ["=", "<>", "<", ">", "<=", ">="].map((name) => [name, type, type, "bool"] as const),
    ),
    ...["~", "!~", "~~"].map((name) => [name, "text", "text", "bool"] as const),
    ["||", "text", "text", "text"],
    ["||", "text", "int4", "text"],
    ["||", "text", "int8", "text"],
    ["||", "text", "bool", "text"],
    ["+", "int4", "int4", "int4"],
    ["+", "int8", "int8", "int8"],
    ["-", "int8", "int8", "int8"],
  ];

const functions: readonly string[] = [
  "count(text)",
  "md5(text)",
  "format(text, text)",
  "quote_ident(text)",
  "now()",
  "length(text)",
  "left(text, int4)",
  "lower(text)",
  "set_config(text, text, bool)",
  "current_setting(text)",
  "setval(regclass, int8, bool)",
  "nextval(regclass)",
  "pg_get_constraintdef(oid)",
  "format_type(oid, int4)",
  "to_jsonb(text)",
  "has_table_privilege(name, text)",
  "pg_backend_pid()",
  "current_database()",
];

const operatorSql = ([name, left, right, result]: (typeof operators)[number], at: number): string =>
  `create function hostile.op_${at}(pg_catalog.${quoted(left)}, pg_catalog.${quoted(right)}) returns pg_catalog.${quoted(result)} language plpgsql as
     'begin raise exception ''the operator ${name} of a hostile schema was called''; end';
   create operator hostile.${name} (function = hostile.op_${at}, leftarg = pg_catalog.${quoted(left)}, rightarg = pg_catalog.${quoted(right)});`;

const quoted = (type: string): string => (type === "char" ? '"char"' : type);

const functionSql = (signature: string): string =>
  `create function hostile.${signature} returns pg_catalog.text language plpgsql as
     'begin raise exception ''the function ${signature} of a hostile schema was called''; end';`;

const relations = [
  "pg_class",
  "pg_namespace",
  "pg_attribute",
  "pg_constraint",
  "pg_settings",
  "pg_roles",
];

/** A schema that stands before pg_catalog in the search path and has what is called as pg_catalog's. */
export const hostileSchema = `create schema hostile;
  ${operators.map(operatorSql).join("\n")}
  ${functions.map(functionSql).join("\n")}
  ${relations.map((name) => `create view hostile.${name} as select 'hostile'::pg_catalog.text as oid;`).join("\n")}
  create domain hostile.regclass as pg_catalog.text;
  create domain hostile.int8 as pg_catalog.int4;`;

/** Needs a superuser: gives them to the role, in the present database only. */
export const giveSettings = (
  owner: string,
): string => `create access method second_heap type table handler heap_tableam_handler;
do $body$
declare setting record;
begin
  for setting in select * from pg_catalog.json_each_text(${quoteLiteral(JSON.stringify(settings))}) loop
    begin
      execute pg_catalog.format('alter role %s in database %I set %I = %s', ${quoteLiteral(owner)}, pg_catalog.current_database(),
        setting.key, case when setting.key = 'search_path' then setting.value else pg_catalog.quote_literal(setting.value) end);
    exception when undefined_object then null;
    end;
  end loop;
end $body$;`;
