-- How many bytes of these tables (quoted names) are stored out of line, compressed or not?
select named.name,
       pg_catalog.pg_relation_size(c.reltoastrelid)::pg_catalog.text as bytes
from pg_catalog.unnest($1::pg_catalog.text[]) as named (name)
join pg_catalog.pg_class as c on c.oid = pg_catalog.to_regclass(named.name)
where c.reltoastrelid <> 0;
