-- Which prepared transactions are neither committed nor rolled back, and which tables do they hold?
select p.gid as name,
       p.owner as role,
       pg_catalog.to_char(p.prepared at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as since,
       coalesce(pg_catalog.jsonb_agg(distinct pg_catalog.jsonb_build_object('schema', n.nspname, 'name', c.relname))
         filter (where c.oid is not null), '[]') as tables
from pg_catalog.pg_prepared_xacts as p
-- the lock on its own number leads to its other locks; no session holds them
left join pg_catalog.pg_locks as own
  on own.locktype = 'transactionid' and own.transactionid = p.transaction and own.granted and own.pid is null
left join pg_catalog.pg_locks as l
  on l.virtualtransaction = own.virtualtransaction and l.pid is null and l.locktype = 'relation' and l.granted
left join pg_catalog.pg_class as c on c.oid = l.relation and c.relkind in ('r', 'p')
left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where p.database = pg_catalog.current_database()
group by p.gid, p.owner, p.prepared
order by p.gid;
