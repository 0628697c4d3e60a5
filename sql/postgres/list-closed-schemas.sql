-- Which of these schemas may this role not look into?
select n.nspname as schema
from pg_catalog.pg_namespace as n
where n.nspname = any ($1)
  and not pg_catalog.has_schema_privilege(n.oid, 'USAGE')
order by n.nspname;
