-- Which other clients are connected to this database, and do they write?
-- What a role may not see of other roles' sessions is null: state and kind of the process, not the transaction's number.
select a.pid,
       coalesce(nullif(a.application_name, ''), 'without a name') as application,
       coalesce(a.usename::pg_catalog.text, 'unknown') as role,
       a.state,
       a.backend_xid is not null as writing
from pg_catalog.pg_stat_activity as a
where a.datname = pg_catalog.current_database()
  and a.pid <> pg_catalog.pg_backend_pid()
  and a.usesysid is not null
  and coalesce(a.backend_type, 'client backend') = 'client backend'
  and a.application_name !~ '^movebook '
order by a.pid;
