-- Which labels does each enum type have, in their order?
select n.nspname as schema,
       t.typname as name,
       coalesce(pg_catalog.array_agg(e.enumlabel order by e.enumsortorder) filter (where e.oid is not null),
         '{}'::pg_catalog.name[]) as labels
from pg_catalog.pg_type as t
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
left join pg_catalog.pg_enum as e on e.enumtypid = t.oid
where t.typtype = 'e'
group by n.nspname, t.typname
order by n.nspname, t.typname;
