-- Which tables of the ledger are there?
select c.relname as name
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = 'movebook' and c.relkind = 'r' and c.relname in ('ledger', 'runs', 'foreign_keys', 'imports');
