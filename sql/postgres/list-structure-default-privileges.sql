-- Which privileges do new objects get?
select 'default privileges' as kind,
       coalesce(n.nspname, '') as schema,
       '' as "on",
       pg_catalog.format('of %s on %s', pg_catalog.pg_get_userbyid(d.defaclrole),
         case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
           when 'n' then 'schemas' when 'L' then 'large objects' else d.defaclobjtype::pg_catalog.text end) as name,
       pg_catalog.jsonb_build_object('privileges', array(
         select one::pg_catalog.text from pg_catalog.unnest(d.defaclacl) as one order by one::pg_catalog.text collate "C")) as definition
from pg_catalog.pg_default_acl as d
left join pg_catalog.pg_namespace as n on n.oid = d.defaclnamespace
order by 2, 4;
