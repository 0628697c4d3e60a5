-- Which sessions of this name are in the database?
select a.pid as pid
from pg_catalog.pg_stat_activity as a
where a.datname = pg_catalog.current_database()
  and a.application_name = $1
  and a.pid <> pg_catalog.pg_backend_pid()
order by a.pid;
