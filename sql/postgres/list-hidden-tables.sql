-- From which tables does row-level security hide rows from this role?
select n.nspname as schema,
       c.relname as name,
       c.relforcerowsecurity as forced
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relrowsecurity
  and c.relkind in ('r', 'p')
  and n.nspname !~ '^pg_'
  and pg_catalog.row_security_active(c.oid)
order by n.nspname, c.relname;
