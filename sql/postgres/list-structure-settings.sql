-- Whose is the database, and which settings do it and its roles in it give to sessions?
select 'database' as kind,
       '' as schema,
       '' as "on",
       b.datname as name,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         'owner', pg_catalog.pg_get_userbyid(b.datdba),
         'privileges', case when b.datacl is not null then array(
           select one::pg_catalog.text from pg_catalog.unnest(b.datacl) as one order by one::pg_catalog.text collate "C") end,
         'encoding', pg_catalog.pg_encoding_to_char(b.encoding),
         'collate', b.datcollate,
         'ctype', b.datctype,
         'connections', b.datconnlimit
       )) as definition
from pg_catalog.pg_database as b
where b.datname = pg_catalog.current_database()
union all
select 'setting', '', '',
       pg_catalog.split_part(setting, '=', 1) || case s.setrole when 0 then '' else ' of ' || pg_catalog.pg_get_userbyid(s.setrole) end,
       pg_catalog.jsonb_build_object(
         'value',
         -- a product's own settings may be secrets
         case when pg_catalog.split_part(setting, '=', 1) like '%.%' then 'md5 ' || pg_catalog.md5(setting)
           else pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1) end)
from pg_catalog.pg_db_role_setting as s
cross join lateral pg_catalog.unnest(s.setconfig) as setting
where s.setdatabase = (select b.oid from pg_catalog.pg_database as b where b.datname = pg_catalog.current_database())
order by 1, 4;
