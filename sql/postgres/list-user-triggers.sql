-- Which user triggers stand on the tables of this role, and in which mode?
select n.nspname as schema,
       c.relname as "table",
       t.tgname as name,
       t.tgenabled as mode
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where not t.tgisinternal
  and c.relkind in ('r', 'p')
  and pg_catalog.pg_has_role(c.relowner, 'USAGE')
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname, c.relname, t.tgname;
