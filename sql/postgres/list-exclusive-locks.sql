-- Which other sessions hold tables of this database so that nobody can read them?
select coalesce(nullif(a.application_name, ''), 'a session without a name') as name,
       a.usename as role,
       pg_catalog.host(a.client_addr) as address,
       l.pid as pid,
       pg_catalog.string_agg(distinct n.nspname || '.' || c.relname, ', ') as tables,
       pg_catalog.to_char(pg_catalog.min(a.xact_start) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as since
from pg_catalog.pg_locks as l
join pg_catalog.pg_class as c on c.oid = l.relation
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'relation'
  and l.granted
  and l.mode = 'AccessExclusiveLock'
  and l.database = (select b.oid from pg_catalog.pg_database as b where b.datname = pg_catalog.current_database())
  and l.pid <> pg_catalog.pg_backend_pid()
  and c.relkind in ('r', 'p')
group by a.application_name, a.usename, a.client_addr, l.pid
order by l.pid;
