-- Which constraints stand on tables and domains, and how exactly?
select coalesce(cn.nspname, tn.nspname) as schema,
       coalesce(c.relname, t.typname) as "on",
       k.conname as name,
       k.contype as kind,
       pg_catalog.pg_get_constraintdef(k.oid) as definition,
       k.convalidated as validated,
       k.condeferrable as deferrable,
       k.condeferred as deferred,
       coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::pg_catalog.bool, true) as enforced,
       pg_catalog.obj_description(k.oid, 'pg_constraint') as comment,
       coalesce(pg_catalog.pg_has_role(c.relowner, 'USAGE'), pg_catalog.pg_has_role(t.typowner, 'USAGE')) as owned
from pg_catalog.pg_constraint as k
left join pg_catalog.pg_class as c on c.oid = k.conrelid and k.conrelid <> 0
left join pg_catalog.pg_namespace as cn on cn.oid = c.relnamespace
left join pg_catalog.pg_type as t on t.oid = k.contypid and k.contypid <> 0
left join pg_catalog.pg_namespace as tn on tn.oid = t.typnamespace
where (c.oid is not null or t.oid is not null)
  and c.relpersistence is distinct from 't'
  -- constraint triggers are listed as triggers
  and k.contype <> 't'
  -- the server makes and names the copies of a foreign key on partitions
  and not (k.contype = 'f' and k.conparentid <> 0)
  and coalesce(cn.nspname, tn.nspname) !~ '^pg_'
  and coalesce(cn.nspname, tn.nspname) not in ('information_schema', 'movebook')
order by 1, 2, 3;
