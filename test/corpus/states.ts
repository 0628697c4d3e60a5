/**
 * Questions for what `pg_dump --schema-only` does not write, or writes only in part. Each gives lines of text; all of
 * them together must be the same before and after a move. Columns that only newer servers have are read through
 * to_jsonb, so that one text serves them all.
 */

export const ours = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_toast%'
  and n.nspname not like 'pg\\_temp%'`;

const relation = "format('%I.%I', n.nspname, c.relname)";
const ofRelation = `join pg_class c on c.oid = %
  join pg_namespace n on n.oid = c.relnamespace where ${ours}`;
const of = (oid: string): string => ofRelation.replace("%", oid);

const facts = (row: string, columns: readonly string[]): string =>
  columns.map((column) => `'${column}', to_jsonb(${row}) -> '${column}'`).join(", ");

const line = (kind: string, name: string, pairs: string): string =>
  `concat('${kind} ', ${name}, ': ', jsonb_strip_nulls(jsonb_build_object(${pairs})))`;

const relationFacts = [
  "relkind",
  "relpersistence",
  "relreplident",
  "relrowsecurity",
  "relforcerowsecurity",
  "relispartition",
  "relacl",
  "reloptions",
];
const columnFacts = [
  "attnum",
  "attnotnull",
  "atthasdef",
  "attidentity",
  "attgenerated",
  "attisdropped",
  "attislocal",
  "attinhcount",
  "attstattarget",
  "attstorage",
  "attcompression",
  "attacl",
  "attoptions",
  "attfdwoptions",
];
const constraintFacts = [
  "contype",
  "condeferrable",
  "condeferred",
  "convalidated",
  "conenforced",
  "conislocal",
  "coninhcount",
  "connoinherit",
];
const indexFacts = [
  "indisunique",
  "indisprimary",
  "indimmediate",
  "indisclustered",
  "indisvalid",
  "indisready",
  "indislive",
  "indisreplident",
];
const sequenceFacts = ["seqstart", "seqincrement", "seqmax", "seqmin", "seqcache", "seqcycle"];
const publicationFacts = [
  "puballtables",
  "pubinsert",
  "pubupdate",
  "pubdelete",
  "pubtruncate",
  "pubviaroot",
];

/** Each gives one column `state`. */
export const stateQuestions: readonly string[] = [
  `select ${line(
    "relation",
    relation,
    `${facts("c", relationFacts)}, 'owner', c.relowner::regrole, 'kind', c.reloftype::regtype,
    'access method', (select amname from pg_am where oid = c.relam), 'tablespace', c.reltablespace,
    'of its toast table', (select t.reloptions from pg_class t where t.oid = c.reltoastrelid)`,
  )} as state
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours}`,
  `select ${line("column", `${relation}, '.', quote_ident(a.attname)`, `${facts("a", columnFacts)}, 'type', format_type(a.atttypid, a.atttypmod), 'collation', a.attcollation::regcollation`)}
  from pg_attribute a ${of("a.attrelid")} and a.attnum > 0`,
  `select ${line("default", `${relation}, '.', a.attname`, "'is', pg_get_expr(d.adbin, d.adrelid)")}
  from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum ${of("d.adrelid")}`,
  `select ${line(
    "sequence",
    relation,
    `${facts("s", sequenceFacts)}, 'type', s.seqtypid::regtype, 'owned', (
      select jsonb_agg(jsonb_build_array(d.deptype, d.refobjid::regclass, d.refobjsubid)) from pg_depend d
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i'))`,
  )}
  from pg_sequence s ${of("s.seqrelid")}`,
  `select ${line("trigger", `case when g.tgisinternal then g.tgfoid::regproc::text else quote_ident(g.tgname) end, ' on ', ${relation}`, `${facts("g", ["tgenabled", "tgdeferrable", "tginitdeferred", "tgisinternal"])}, 'type', g.tgtype`)}
  from pg_trigger g ${of("g.tgrelid")}`,
  `select ${line("event trigger", "quote_ident(evtname)", "'enabled', evtenabled, 'owner', evtowner::regrole")} from pg_event_trigger`,
  `select ${line("rule", `quote_ident(r.rulename), ' on ', ${relation}`, facts("r", ["ev_enabled", "ev_type", "is_instead"]))}
  from pg_rewrite r ${of("r.ev_class")}`,
  `select ${line(
    "policy",
    `quote_ident(p.polname), ' on ', ${relation}`,
    `${facts("p", ["polcmd", "polpermissive"])}, 'roles', p.polroles::regrole[],
    'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)`,
  )}
  from pg_policy p ${of("p.polrelid")}`,
  `select ${line("index", `${relation}, ' of ', i.indrelid::regclass`, facts("i", indexFacts))} from pg_index i ${of("i.indexrelid")}`,
  `select ${line("constraint", "quote_ident(k.conname), ' of ', nullif(k.conrelid, 0)::regclass, nullif(k.contypid, 0)::regtype", `${facts("k", constraintFacts)}, 'is', pg_get_constraintdef(k.oid)`)}
  from pg_constraint k join pg_namespace n on n.oid = k.connamespace where ${ours}`,
  `select ${line("inherits", `${relation}, ' from ', i.inhparent::regclass`, facts("i", ["inhseqno", "inhdetachpending"]))}
  from pg_inherits i ${of("i.inhrelid")}`,
  `select ${line("statistics", "format('%I.%I', n.nspname, s.stxname)", `${facts("s", ["stxstattarget", "stxkind"])}, 'owner', s.stxowner::regrole`)}
  from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where ${ours}`,
  `select ${line("publication", "quote_ident(pubname)", `${facts("p", publicationFacts)}, 'owner', p.pubowner::regrole`)} from pg_publication p`,
  `select ${line("published", `p.pubname, ' ', r.prrelid::regclass`, `'columns', to_jsonb(r) -> 'prattrs'`)}
  from pg_publication_rel r join pg_publication p on p.oid = r.prpubid`,
  `select ${line("published tables", "quote_ident(pubname), ' ', quote_ident(schemaname), '.', quote_ident(tablename)", "'is', true, 'where', to_jsonb(t) -> 'rowfilter'")}
  from pg_publication_tables t`,
  `select ${line("comment", "d.classoid::regclass, ' ', o.type, ' ', o.identity", "'is', d.description")}
  from pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) o
  where o.schema is distinct from 'pg_catalog' and o.schema is distinct from 'information_schema' and d.objoid >= 16384`,
  `select ${line("label", "o.type, ' ', o.identity", "'is', d.label, 'by', d.provider")}
  from pg_seclabel d, pg_identify_object(d.classoid, d.objoid, d.objsubid) o`,
  `select ${line("schema", "quote_ident(n.nspname)", "'acl', n.nspacl, 'owner', n.nspowner::regrole")} from pg_namespace n where ${ours}`,
  `select ${line("function", "p.oid::regprocedure", "'acl', p.proacl, 'owner', p.proowner::regrole, 'settings', p.proconfig")}
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${ours}`,
  `select ${line("type", "t.oid::regtype", "'acl', t.typacl, 'owner', t.typowner::regrole, 'not null', t.typnotnull, 'default', t.typdefault")}
  from pg_type t join pg_namespace n on n.oid = t.typnamespace where ${ours}`,
  `select ${line("label of enum", "e.enumtypid::regtype, ' ', quote_literal(e.enumlabel)", "'place', e.enumsortorder")} from pg_enum e`,
  `select ${line("default privileges", "d.defaclrole::regrole, ' ', d.defaclnamespace::regnamespace, ' ', d.defaclobjtype", "'acl', d.defaclacl")} from pg_default_acl d`,
  `select ${line("database", "'itself'", "'acl', d.datacl, 'owner', d.datdba::regrole, 'limit', d.datconnlimit")} from pg_database d where d.datname = current_database()`,
  `select ${line("settings", "coalesce(nullif(s.setrole, 0)::regrole::text, 'all')", "'are', s.setconfig")}
  from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = current_database()`,
  `select ${line("extension", "quote_ident(e.extname)", "'version', e.extversion, 'schema', e.extnamespace::regnamespace, 'owner', e.extowner::regrole")} from pg_extension e`,
];

/** All of them in one order that no locale changes. */
export const listStates = `select state from (
${stateQuestions.join("\nunion all ")}
) s order by state collate "C"`;
