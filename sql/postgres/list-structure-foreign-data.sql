-- Which foreign data is reached, and through what? Of a user mapping only that it is there: its options are secrets.
select 'foreign-data wrapper' as kind,
       '' as schema,
       '' as "on",
       w.fdwname as name,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         'owner', pg_catalog.pg_get_userbyid(w.fdwowner),
         'privileges', w.fdwacl::pg_catalog.text[],
         'handler', w.fdwhandler::pg_catalog.regproc::pg_catalog.text,
         'validator', w.fdwvalidator::pg_catalog.regproc::pg_catalog.text,
         'options', w.fdwoptions
       )) as definition
from pg_catalog.pg_foreign_data_wrapper as w
union all
select 'foreign server', '', '', s.srvname,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         'owner', pg_catalog.pg_get_userbyid(s.srvowner),
         'privileges', s.srvacl::pg_catalog.text[],
         'wrapper', w.fdwname,
         'type', s.srvtype,
         'version', s.srvversion,
         'options', s.srvoptions))
from pg_catalog.pg_foreign_server as s
join pg_catalog.pg_foreign_data_wrapper as w on w.oid = s.srvfdw
union all
select 'foreign table options', n.nspname, c.relname, c.relname,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('server', s.srvname, 'options', f.ftoptions))
from pg_catalog.pg_foreign_table as f
join pg_catalog.pg_class as c on c.oid = f.ftrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_foreign_server as s on s.oid = f.ftserver
union all
select 'user mapping', '', '', pg_catalog.format('of %s for %s', m.srvname, m.usename), '{}'::pg_catalog.jsonb
from pg_catalog.pg_user_mappings as m
order by 1, 2, 4;
