-- Is this role or this database set to read-only transactions?
select case when s.setrole = 0 then 'database' when s.setdatabase = 0 then 'role' else 'role in this database' end as "on"
from pg_catalog.pg_db_role_setting as s
where exists (
    select 1 from pg_catalog.unnest(s.setconfig) as c (setting)
    where c.setting ~* '^default_transaction_read_only=(on|true|yes|1)$'
  )
  and s.setdatabase in (0, (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()))
  and s.setrole in (0, (select r.oid from pg_catalog.pg_roles as r where r.rolname = current_user));
