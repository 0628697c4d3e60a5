-- Which tables can hold rows, whose are they, and where do partitions hang?
with recursive line as (
    select c.oid as leaf, c.oid as link, 0 as level
    from pg_catalog.pg_class as c
    where c.relispartition and c.relkind in ('r', 'p')
  union all
    select line.leaf, i.inhparent, line.level + 1
    from line
    join pg_catalog.pg_class as c on c.oid = line.link and c.relispartition
    join pg_catalog.pg_inherits as i on i.inhrelid = line.link
),
partition as (
    select line.leaf,
           pg_catalog.string_agg(
             pg_catalog.concat_ws(' ', pg_catalog.pg_get_expr(c.relpartbound, c.oid), pg_catalog.pg_get_partkeydef(c.oid)),
             ' / ' order by line.level desc) as bound,
           (pg_catalog.array_agg(line.link order by line.level desc))[1] as root
    from line
    join pg_catalog.pg_class as c on c.oid = line.link
    group by line.leaf
)
select c.oid::text as oid,
       n.nspname as schema,
       c.relname as name,
       c.relkind as kind,
       pg_catalog.pg_get_userbyid(c.relowner) as owner,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') as owned,
       pg_catalog.has_table_privilege(c.oid, 'SELECT') as readable,
       e.extname as extension,
       root_schema.nspname as "rootSchema",
       root.relname as "rootName",
       partition.bound,
       case when c.relispartition then pg_catalog.pg_get_partition_constraintdef(c.oid) end as "partitionRule"
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join partition on partition.leaf = c.oid
left join pg_catalog.pg_class as root on root.oid = partition.root
left join pg_catalog.pg_namespace as root_schema on root_schema.oid = root.relnamespace
left join pg_catalog.pg_depend as d
  on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.objsubid = 0 and d.deptype = 'e'
left join pg_catalog.pg_extension as e on e.oid = d.refobjid
where c.relkind in ('r', 'p')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname, c.relname;
