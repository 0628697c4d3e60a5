-- Is this pair of numbers held as an advisory lock, and in which database?
select l.database::pg_catalog.text as "databaseOid"
from pg_catalog.pg_locks as l
where l.locktype = 'advisory'
  and l.objsubid = 2
  and l.classid = $1::pg_catalog.int8::pg_catalog.oid
  and l.objid = $2::pg_catalog.int8::pg_catalog.oid
  and l.granted;
