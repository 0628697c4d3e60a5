-- Which indexes stand on tables and materialized views, and are they usable?
select n.nspname as schema,
       c.relname as "on",
       x.relname as name,
       pg_catalog.pg_get_indexdef(i.indexrelid) as definition,
       i.indisvalid as valid,
       i.indisclustered as clustered,
       i.indisreplident as "replicaIdentity",
       pg_catalog.obj_description(x.oid, 'pg_class') as comment,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') as owned
from pg_catalog.pg_index as i
join pg_catalog.pg_class as x on x.oid = i.indexrelid
join pg_catalog.pg_class as c on c.oid = i.indrelid
join pg_catalog.pg_namespace as n on n.oid = x.relnamespace
where c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by 1, 2, 3;
