-- Which unique keys does each table keep, on which columns or expressions, and for which rows?
select n.nspname as schema,
       c.relname as "table",
       x.relname as name,
       i.indisprimary as primary,
       i.indisvalid as valid,
       keys.columns,
       keys.expressions,
       keys.types,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate,
       -- a column of pg_index since 15
       coalesce((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::pg_catalog.bool, false) as "nullsNotDistinct",
       -- a column of pg_constraint since 18: the last column is compared by overlap
       coalesce((pg_catalog.to_jsonb(k) ->> 'conperiod')::pg_catalog.bool, false) as period
from pg_catalog.pg_index as i
join pg_catalog.pg_class as x on x.oid = i.indexrelid
join pg_catalog.pg_class as c on c.oid = i.indrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_constraint as k on k.conindid = i.indexrelid and k.contype in ('p', 'u')
cross join lateral (
  select pg_catalog.array_agg(a.attname order by key.place) as columns,
         pg_catalog.array_agg(pg_catalog.pg_get_indexdef(i.indexrelid, key.place::pg_catalog.int4, false) order by key.place) as expressions,
         pg_catalog.array_agg(t.typname order by key.place) as types
  from pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality as key (attnum, place)
  left join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = key.attnum and key.attnum <> 0
  join pg_catalog.pg_attribute as xa on xa.attrelid = i.indexrelid and xa.attnum = key.place
  join pg_catalog.pg_type as t on t.oid = xa.atttypid
  where key.place <= i.indnkeyatts
) as keys
where i.indisunique
  and i.indisready
  -- not the copy of a parent's key on a partition
  and not x.relispartition
  and c.relkind in ('r', 'p')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname, c.relname, x.relname;
