-- Which sequences belong to columns of these tables ($1 schemas, $2 names)?
select n.nspname as schema,
       c.relname as name
from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) as wanted (schema, name)
join pg_catalog.pg_namespace as tn on tn.nspname = wanted.schema
join pg_catalog.pg_class as t on t.relnamespace = tn.oid and t.relname = wanted.name
join pg_catalog.pg_depend as d
  on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = t.oid and d.refobjsubid > 0
  and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objsubid = 0 and d.deptype in ('a', 'i')
join pg_catalog.pg_class as c on c.oid = d.objid and c.relkind = 'S'
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
order by n.nspname collate "C", c.relname collate "C";
