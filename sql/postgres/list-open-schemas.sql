-- Into which schemas may this role look?
select n.nspname as name
from pg_catalog.pg_namespace as n
where pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname collate "C";
