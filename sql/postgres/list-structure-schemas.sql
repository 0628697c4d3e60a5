-- Which schemas and extensions are there, and whose are they?
select 'schema' as kind,
       n.nspname as schema,
       '' as "on",
       n.nspname as name,
       pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         'owner', pg_catalog.pg_get_userbyid(n.nspowner),
         'privileges', case when n.nspacl is not null then array(
           select one::pg_catalog.text from pg_catalog.unnest(n.nspacl) as one order by one::pg_catalog.text collate "C") end
       )) as definition
from pg_catalog.pg_namespace as n
where n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
union all
select 'extension', n.nspname, '', e.extname,
       pg_catalog.jsonb_build_object('owner', pg_catalog.pg_get_userbyid(e.extowner), 'version', e.extversion)
from pg_catalog.pg_extension as e
join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
order by 1, 2, 4;
