-- Which views, materialized views and foreign tables are there, and below which partitioned table do foreign ones hang?
with recursive line as (
    select c.oid as leaf, c.oid as link
    from pg_catalog.pg_class as c
    where c.relispartition and c.relkind = 'f'
  union all
    select line.leaf, i.inhparent
    from line
    join pg_catalog.pg_class as c on c.oid = line.link and c.relispartition
    join pg_catalog.pg_inherits as i on i.inhrelid = line.link
)
select n.nspname as schema,
       c.relname as name,
       c.relkind as kind,
       root_schema.nspname as "rootSchema",
       root.relname as "rootName"
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join line on line.leaf = c.oid
  and exists (select 1 from pg_catalog.pg_class as top where top.oid = line.link and not top.relispartition)
left join pg_catalog.pg_class as root on root.oid = line.link
left join pg_catalog.pg_namespace as root_schema on root_schema.oid = root.relnamespace
where c.relkind in ('v', 'm', 'f')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname, c.relname;
