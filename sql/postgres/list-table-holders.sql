-- Which other sessions hold locks on these tables that keep writers or ALTER TABLE out?
select distinct
       coalesce(nullif(a.application_name, ''), case when l.pid is null then 'a prepared transaction' else 'a session without a name' end) as name,
       a.usename as role,
       pg_catalog.host(a.client_addr) as address,
       l.pid as pid,
       n.nspname || '.' || c.relname as "table",
       l.mode as mode,
       -- of another role's session only a member of it or of pg_read_all_stats sees more than the name
       coalesce(a.query <> '<insufficient privilege>', false) as visible,
       a.state as state,
       pg_catalog.upper(pg_catalog.substring(a.query, '^\s*([A-Za-z]+)')) as command,
       pg_catalog.to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as since
from pg_catalog.pg_locks as l
join pg_catalog.pg_class as c on c.oid = l.relation
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'relation'
  and l.granted
  and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
  -- a prepared transaction has no process
  and l.pid is distinct from pg_catalog.pg_backend_pid()
  -- all sessions of a run begin with the same name
  and pg_catalog.left(coalesce(a.application_name, ''), pg_catalog.length(pg_catalog.current_setting('application_name')))
    <> pg_catalog.current_setting('application_name')
  and c.relkind in ('r', 'p', 'm')
  and n.nspname !~ '^pg_'
order by 4, 5;
