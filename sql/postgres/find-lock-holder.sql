-- Who holds the advisory lock of a run on this database, and since when?
select coalesce(nullif(a.application_name, ''), 'a session without a name') as name,
       a.usename as role,
       pg_catalog.host(a.client_addr) as address,
       pg_catalog.to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as since,
       l.pid as pid
from pg_catalog.pg_locks as l
left join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'advisory'
  and l.granted
  and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
  and l.classid::pg_catalog.int8 = $1
  and l.objid::pg_catalog.int8 = $2
  and l.objsubid = 2;
