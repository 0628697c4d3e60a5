-- Which event triggers are enabled and fire at what a move does in its target?
select e.evtname as name,
       pg_catalog.format('%I.%I', n.nspname, p.proname) as function
from pg_catalog.pg_event_trigger as e
join pg_catalog.pg_proc as p on p.oid = e.evtfoid
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where e.evtenabled in ('O', 'A')
  and e.evtevent in ('ddl_command_start', 'ddl_command_end', 'sql_drop')
  and (e.evttags is null
    or e.evttags && array['ALTER TABLE', 'COMMENT', 'CREATE SCHEMA', 'CREATE TABLE', 'CREATE INDEX', 'DROP TABLE', 'DROP SCHEMA',
                          'REFRESH MATERIALIZED VIEW'])
order by e.evtname;
