-- Which tables have a name that migration tools give their histories, and which columns do they have?
select n.nspname as schema,
       c.relname as name,
       pg_catalog.has_table_privilege(c.oid, 'SELECT') as readable,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') as owned,
       pg_catalog.pg_get_userbyid(c.relowner) as owner,
       pg_catalog.array_agg(a.attname::pg_catalog.text order by a.attnum) as columns
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind = 'r'
  and c.relpersistence <> 't'
  and not c.relispartition
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
  and c.relname = any ($1)
group by n.nspname, c.relname, c.oid, c.relowner
order by n.nspname, c.relname;
