-- Which triggers stand on tables, partitions among them, and in which mode are they?
select n.nspname as schema,
       c.relname as "on",
       g.tgname as name,
       pg_catalog.pg_get_triggerdef(g.oid) as definition,
       g.tgenabled as enabled,
       pg_catalog.obj_description(g.oid, 'pg_trigger') as comment,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') as owned
from pg_catalog.pg_trigger as g
join pg_catalog.pg_class as c on c.oid = g.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where not g.tgisinternal
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by 1, 2, 3;
