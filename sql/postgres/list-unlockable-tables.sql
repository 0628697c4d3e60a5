-- Which tables may this role not lock, as pg_dump does with each, and are they an extension's?
select n.nspname as schema,
       c.relname as name,
       pg_catalog.has_schema_privilege(n.oid, 'USAGE') as open,
       e.extname as extension
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_depend as d
  on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.objsubid = 0 and d.deptype = 'e'
left join pg_catalog.pg_extension as e on e.oid = d.refobjid
where c.relkind in ('r', 'p')
  and c.relpersistence <> 't'
  and not (pg_catalog.has_schema_privilege(n.oid, 'USAGE') and pg_catalog.has_table_privilege(c.oid, 'SELECT'))
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'movebook')
order by n.nspname collate "C", c.relname collate "C";
