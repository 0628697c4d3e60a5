-- How many large objects does the database hold?
select pg_catalog.count(m.oid)::pg_catalog.int4 as count
from pg_catalog.pg_largeobject_metadata as m;
