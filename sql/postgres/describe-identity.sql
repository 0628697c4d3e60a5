-- Which database is this, whatever name it was reached by?
select d.oid::pg_catalog.text as "databaseOid",
       pg_catalog.current_database() as database,
       pg_catalog.pg_is_in_recovery() as standby,
       nullif(pg_catalog.current_setting('neon.timeline_id', true), '') as "neonTimeline",
       pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') as "mayAskSystem"
from pg_catalog.pg_database as d
where d.datname = pg_catalog.current_database();
