-- Who are we on which server, and how is this connection made?
-- Packagers add their own name to the version: 15.18 (Debian 15.18-0).
select pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1) as version,
       current_user as role,
       pg_catalog.current_database() as database,
       pg_catalog.pg_backend_pid() as pid,
       pg_catalog.pg_is_in_recovery() as standby,
       coalesce((select s.ssl from pg_catalog.pg_stat_ssl as s where s.pid = pg_catalog.pg_backend_pid()), false) as encrypted,
       pg_catalog.pg_encoding_to_char(d.encoding) as encoding,
       pg_catalog.pg_database_size(d.oid)::pg_catalog.text as bytes
from pg_catalog.pg_database as d
where d.datname = pg_catalog.current_database();
