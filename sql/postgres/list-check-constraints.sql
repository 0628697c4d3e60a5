-- Which check constraints does each table keep?
select n.nspname as schema,
       c.relname as "table",
       k.conname as name,
       pg_catalog.pg_get_expr(k.conbin, k.conrelid) as expression,
       k.convalidated as validated,
       array(
         select a.attname from pg_catalog.pg_attribute as a
         where a.attrelid = k.conrelid and a.attnum = any (k.conkey) order by a.attnum) as columns
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where k.contype = 'c'
  -- a column of pg_constraint since 18: NOT ENFORCED refuses nothing
  and coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::pg_catalog.bool, true)
  -- a partition's copy of its parent's
  and not (c.relispartition and k.coninhcount > 0)
  and c.relkind in ('r', 'p')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname, c.relname, k.conname;
