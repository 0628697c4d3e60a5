-- Which exclusion constraints does each table keep?
select n.nspname as schema,
       c.relname as "table",
       k.conname as name,
       pg_catalog.pg_get_constraintdef(k.oid) as definition
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where k.contype = 'x'
  and k.conparentid = 0
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname, c.relname, k.conname;
