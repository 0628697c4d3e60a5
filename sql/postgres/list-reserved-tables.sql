-- Which tables stand in the schema that a move takes for its own?
select n.nspname as schema,
       c.relname as name
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = 'movebook' and c.relkind in ('r', 'p', 'f', 'm')
order by c.relname;
