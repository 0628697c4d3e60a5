-- On which type does each domain stand, and what does it demand?
select n.nspname as schema,
       t.typname as name,
       pg_catalog.format_type(t.typbasetype, t.typtypmod) as base,
       bn.nspname as "baseSchema",
       b.typname as "baseName",
       b.typtype as "baseKind",
       base.typcategory = 'A' and base.typelem <> 0 as "baseIsArray",
       t.typnotnull as "notNull",
       coalesce((
         select pg_catalog.json_agg(pg_catalog.json_build_object(
                  'name', k.conname,
                  'expression', pg_catalog.pg_get_expr(k.conbin, 0),
                  'validated', k.convalidated) order by k.conname)
         from pg_catalog.pg_constraint as k
         where k.contypid = t.oid and k.contype = 'c'), '[]') as checks
from pg_catalog.pg_type as t
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
join pg_catalog.pg_type as base on base.oid = t.typbasetype
join pg_catalog.pg_type as b
  on b.oid = case when base.typcategory = 'A' and base.typelem <> 0 then base.typelem else base.oid end
join pg_catalog.pg_namespace as bn on bn.oid = b.typnamespace
where t.typtype = 'd'
  and n.nspname <> 'information_schema'
order by n.nspname, t.typname;
