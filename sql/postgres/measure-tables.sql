-- How large are these tables (quoted names), and how many rows does the server estimate in them?
select coalesce(pg_catalog.sum(pg_catalog.pg_table_size(c.oid)), 0)::pg_catalog.text as bytes,
       coalesce(pg_catalog.sum(greatest(c.reltuples, 0)), 0)::pg_catalog.int8::pg_catalog.text as rows,
       (pg_catalog.count(*) filter (where c.reltuples < 0 or (c.reltuples = 0 and c.relpages = 0
         and pg_catalog.pg_relation_size(c.oid) > 0)))::pg_catalog.int4 as unknown
from pg_catalog.unnest($1::pg_catalog.text[]) as named (name)
join pg_catalog.pg_class as c on c.oid = pg_catalog.to_regclass(named.name);
